// SPDX-License-Identifier: GPL-2.0-or-later
// Which allocations hold jobs of unlike shape with the least node time: how many, how long, how
// much of a node each. Resources are packed as vectors (place.h). Pure, on classes with counts.
#ifndef LIB_PLAN_SHAPE_H
#define LIB_PLAN_SHAPE_H

#include <stdbool.h>

#include "lib/plan/place.h"

enum { SHAPES_MOST = 3 };

struct shape_type { // of nodes
    struct place_room room;
    int64_t idle; // nodes at least as large that are; 0: none, or none are known
};

enum shape_limit { // why there are no more allocations
    SHAPE_LIMIT_NONE,
    SHAPE_LIMIT_LONGEST, // they would not end sooner: the longest job
    SHAPE_LIMIT_MOST,    // --max-allocations, or what an array may have
    SHAPE_LIMIT_IDLE,    // no more nodes are idle
    SHAPE_LIMIT_LEAST,   // they would be shorter than is worth a start
    SHAPE_LIMIT_TIGHT,   // few long ones were asked for, or no node is idle
};

struct shape_ask {
    const struct place_jobs *jobs; // the longest first; each fits every type
    const struct place_jobs *soon; // as many, the counts of those that follow them; NULL: none do
    size_t jobs_count;
    const struct shape_type *types; // the narrowest first
    size_t types_count;
    bool whole_nodes;     // an allocation gets all of its node
    bool wide;            // as many as could start now, else as few as do it
    int64_t longest_usec; // that an allocation has for jobs at most
    int64_t extra_usec;   // of its walltime, not for jobs
    int64_t least_usec;   // wide: not shorter, unless the work is
    int64_t most;         // allocations
};

struct shape {
    int64_t left;      // jobs for which there is no room, as there may be no more
    double bound_usec; // node time that its jobs need at least
    int64_t count, work_usec;
    struct place_room each; // of an allocation
    int32_t side;           // most jobs side by side
    size_t type;
    bool soon; // it has room for the jobs that follow, too
    enum shape_limit limit;
};

// One shape, or up to three where one would waste more than a quarter. Gives how many; of: by
// class, the shape that was made for it.
size_t shapes_make(struct shape shapes[SHAPES_MOST], unsigned char *of,
                   const struct shape_ask *ask);

// Node time that the jobs need at least, on nodes of that room: no packing takes less.
double shape_bound_usec(const struct place_jobs *jobs, size_t count, const struct place_room *room);

// The share of a node that an allocation has.
double shape_share(const struct place_room *each, const struct place_room *room);

#endif
