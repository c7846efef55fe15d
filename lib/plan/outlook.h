// SPDX-License-Identifier: GPL-2.0-or-later
// What a plan comes to: node time asked for and needed, and when all would be done. Pure.
#ifndef LIB_PLAN_OUTLOOK_H
#define LIB_PLAN_OUTLOOK_H

#include "lib/plan/plan.h"

struct outlook { // of what is asked for now, by the runtimes that jobs may take
    size_t requests;
    int64_t allocations;
    double asked_usec, bound_usec; // node time, with a part of a node for a part; bound: jobs need
                                   // so much at least
    int64_t at_once_usec;          // until all is done if all allocations start at once
    int64_t one_usec;              // and if one runs after another
    enum shape_limit limit;        // of the group that takes longest
    bool enough;                   // it is room for all jobs
};

struct outlook plan_outlook(const struct plan *plan);

// Why there are no more allocations: "no more nodes are idle"; NULL: there is nothing to say.
const char *shape_limit_text(enum shape_limit limit);

#endif
