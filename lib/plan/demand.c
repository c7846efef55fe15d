// SPDX-License-Identifier: GPL-2.0-or-later
// The store fills a demand, and the planner reads it: the struct is here, where both can see it.
#include "lib/plan/demand.h"

#include "lib/base/arena.h"

void demand_fini(struct demand *demand)
{
    arena_destroy(demand->arena);
    *demand = (struct demand){0};
}
