// SPDX-License-Identifier: GPL-2.0-or-later
#include "lib/plan/outlook.h"

struct outlook plan_outlook(const struct plan *plan)
{
    struct outlook o = {.enough = true};
    for (size_t i = 0; i < plan->groups_count; i++) {
        const struct plan_group *g = &plan->groups[i];
        o.enough &= (int64_t)g->count * g->slots * g->rounds >= g->jobs;
        if (!g->now || !g->count)
            continue;
        o.requests++;
        o.allocations += g->count;
        o.asked_usec += g->share * g->count * (double)g->walltime_usec;
        o.bound_usec += g->bound_usec;
        o.one_usec += g->count * g->work_usec;
        if (g->work_usec > o.at_once_usec) {
            o.at_once_usec = g->work_usec;
            o.limit = g->limit;
        }
    }
    return o;
}

const char *shape_limit_text(enum shape_limit limit)
{
    static const char *const texts[] = {
        [SHAPE_LIMIT_LONGEST] = "they would not end it sooner, as single jobs take so long",
        [SHAPE_LIMIT_MOST] = "no more are allowed at once (--max-allocations, MaxArraySize)",
        [SHAPE_LIMIT_IDLE] = "no more nodes are idle",
        [SHAPE_LIMIT_LEAST] = "they would be shorter than is worth a start (--shortest)",
        [SHAPE_LIMIT_TIGHT] =
            "no more nodes are idle than these use, or --pack=tight was given; few "
            "allocations of up to four hours start soonest on a full cluster",
    };
    return texts[limit];
}
