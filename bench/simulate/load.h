// SPDX-License-Identifier: GPL-2.0-or-later
// Other users: jobs of all sizes that come at random, so many that they would keep a share of the
// cluster busy.
#ifndef BENCH_SIMULATE_LOAD_H
#define BENCH_SIMULATE_LOAD_H

#include "bench/simulate/queue.h"

struct load {
    uint64_t seed;                             // changes as numbers are drawn
    double gap_usec[QUEUE_PARTITIONS];         // between two that come, in the mean
    int64_t next[QUEUE_PARTITIONS];            // when; 0: none ever
    struct queue_shape node[QUEUE_PARTITIONS]; // the least of the partition: nobody asks for more
};

// busy: the share of CPUs, or GPUs where there are some, that they would keep busy.
void load_init(struct load *load, const struct queue_node *nodes, size_t count, uint64_t seed,
               double busy);

// The one that comes now, and when the next one does.
struct queue_ask load_draw(struct load *load, int32_t partition);

#endif
