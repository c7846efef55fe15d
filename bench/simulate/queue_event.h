// SPDX-License-Identifier: GPL-2.0-or-later
// What is to happen, and when: a heap. Of what happens at one time, what was asked for first comes
// first.
#ifndef BENCH_SIMULATE_QUEUE_EVENT_H
#define BENCH_SIMULATE_QUEUE_EVENT_H

#include "bench/simulate/queue.h"

enum event_kind { EVENT_PASS, EVENT_BACKFILL, EVENT_BEGIN, EVENT_OVER, EVENT_DUE, EVENT_ARRIVAL };

struct queue_event {
    int64_t time, order, id; // id: a job, or a token
    enum event_kind kind;
};

void event_put(struct queue *queue, int64_t time, enum event_kind kind, int64_t id);
struct queue_event event_take(struct queue *queue); // of at least one

#endif
