// SPDX-License-Identifier: GPL-2.0-or-later
// What will be free on a node, and from when on, by the walltimes of what runs there and of what
// has been promised its place.
#ifndef BENCH_SIMULATE_QUEUE_AHEAD_H
#define BENCH_SIMULATE_QUEUE_AHEAD_H

#include "bench/simulate/queue.h"

struct queue_step { // until the next one; the last has no end
    int64_t from;
    struct queue_shape free;
};

bool shape_fits(const struct queue_shape *shape, const struct queue_shape *room);
void shape_add(struct queue_shape *to, const struct queue_shape *shape, int32_t sign);

// What a job takes of a node.
struct queue_shape ahead_need(const struct queue_ask *ask, const struct queue_node *node);

void ahead_make(struct queue *queue);
// When the job could start, at the earliest; INT64_MAX: never on this node.
int64_t ahead_earliest(const struct queue_node *node, const struct queue_ask *ask);
// It is to have its place from then on.
void ahead_take(struct queue_node *node, const struct queue_ask *ask, int64_t from);

#endif
