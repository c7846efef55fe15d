// SPDX-License-Identifier: GPL-2.0-or-later
// For how many waiting jobs the allocations that there are have time and room. Pure arithmetic.
#ifndef LIB_STORE_ROOM_H
#define LIB_STORE_ROOM_H

#include <stddef.h>

#include "lib/plan/demand.h"

struct need { // a class whose jobs have not all ended
    struct class_demand demand;
    size_t pool;      // of the demand: not looked at here
    int64_t busy;     // pending and running
    int64_t unplaced; // of busy + ready + soon, those that no allocation has taken yet
};

enum { CPUS, MEMORY, GPUS, RESOURCES };

struct supply { // a live allocation, or the waiting elements of one submission
    int64_t class_id, pool, memory_bytes, left_usec, count;
    int32_t classes;                                // that it was made for
    int32_t cpus, gpus_milli, nodes, slots, rounds; // cpus, gpus and memory of a node
    int32_t gone;                                   // of its nodes, those whose runner has ended
    const char *scheduler;
    bool live;
    double free[RESOURCES]; // share of it times time that nobody has taken
};

// Sets the room of each class, by what it has ready and soon, and what runs.
void rooms_set(struct need *needs, size_t count, struct supply *supplies, size_t supplies_count);

#endif
