// SPDX-License-Identifier: GPL-2.0-or-later
#include "lib/plan/demand.h"

#include "lib/base/arena.h"

void demand_fini(struct demand *demand)
{
    arena_destroy(demand->arena);
    *demand = (struct demand){0};
}
