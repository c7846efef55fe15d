// SPDX-License-Identifier: GPL-2.0-or-later
// Part of the planner: classes that may share an allocation are a pool, and allocations are asked
// for per pool. Pure.
#ifndef LIB_PLAN_POOL_H
#define LIB_PLAN_POOL_H

#include "lib/plan/fit.h"

struct pool_class { // of a request, that fits the cluster and is not for others to ask for
    const struct plan_class *class;
    struct fit fit;
    size_t pool; // from 0, in the order of the classes
};

struct pools {
    struct pool_class *list;
    size_t count, pools_count;
};

// May they share an allocation, as far as their rows say? They may still go to two partitions.
bool pool_rows_alike(const struct class_row *a, const struct class_row *b);

// What does not fit is noted. pools_fini is due.
void pools_make(struct pools *pools, struct plan *plan, const struct plan_request *request);
void pools_fini(struct pools *pools);

// By class of the request: the first, from 1, of its pool; 0: it is in none. The caller frees.
uint32_t *pools_of_classes(const struct pools *pools, const struct plan_request *request);

struct pool_need { // what is to be asked for of one class
    const struct pool_class *of;
    int64_t jobs, soon;     // soon: that follow jobs of the pool
    int64_t together, usec; // of short ones: so many one after another, and how long that takes
};

// Groups for the jobs of several classes of one pool. What can be packed only alone stays in the
// list; gives how many that are. *soon: there is room for those that follow, too.
size_t pool_pack(struct plan *plan, const struct plan_request *request, struct pool_need *needs,
                 size_t count, bool now, bool *soon);

#endif
