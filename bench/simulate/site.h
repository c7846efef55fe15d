// SPDX-License-Identifier: GPL-2.0-or-later
// The clusters that are simulated.
#ifndef BENCH_SIMULATE_SITE_H
#define BENCH_SIMULATE_SITE_H

#include "bench/simulate/queue.h"

enum site_kind { SITE_PLAIN, SITE_KINDS, SITE_GPUS };

struct site {
    const char *partitions[QUEUE_PARTITIONS]; // names; the first is the default one
    struct {                                  // runs of equal nodes
        int32_t count;
        struct queue_node node;
    } runs[4];
};
extern const struct site sites[];

// The caller frees.
struct queue_node *site_nodes(const struct site *site, size_t *count);

// All that a partition has.
struct queue_shape site_all(const struct site *site, int32_t partition, int32_t *nodes);

// Part of all of the partition that this is, by the resource of which it is most, in nodes: a node
// is the mean of the partition's.
double site_share(const struct site *site, int32_t partition, const struct queue_shape *shape);

// What slurm-query would print of it now; the caller frees.
char *site_text(const struct site *site, const struct queue *queue);

#endif
