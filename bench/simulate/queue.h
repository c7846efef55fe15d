// SPDX-License-Identifier: GPL-2.0-or-later
// A model of Slurm's queue, in virtual time: nodes of any kinds in partitions, jobs of one node in
// the order in which they were submitted, with backfill by the walltimes that they declare. What it
// is and what it leaves out: doc/planning.md.
#ifndef BENCH_SIMULATE_QUEUE_H
#define BENCH_SIMULATE_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { QUEUE_PARTITIONS = 2 };

struct queue_shape {
    int32_t cpus, gpus;
    int64_t memory_mib;
};

struct queue_ask { // one job of Slurm, as sbatch asks for it
    int32_t partition;
    struct queue_shape shape;
    bool whole; // a node of its own, whatever it has
    bool held;  // until queue_release: it waits for other jobs
    bool never; // Slurm never starts it
    bool ours;  // the hooks hear of it; else somebody else's
    int64_t walltime_usec;
    int64_t runtime_usec; // until it ends of its own; 0: queue_end, or its limit, ends it
    int64_t tag;          // its owner's
};

enum queue_state { QUEUE_PENDING, QUEUE_RUNNING, QUEUE_ENDED, QUEUE_CANCELED };

struct queue_job {
    struct queue_ask ask;
    enum queue_state state;
    int32_t node;                      // when it runs, or has run
    struct queue_shape has;            // of that node
    int64_t submitted, started, ended; // started: the node is its; its script begins seconds later
};

struct queue_node {
    int32_t partition;
    struct queue_shape has, free;
    int64_t *jobs; // that run on it
    size_t jobs_count, jobs_space;
    struct queue_step *steps; // while Slurm looks ahead: what is free from when on
    size_t steps_count, steps_space;
};

struct queue_hooks {
    void *context;
    void (*started)(void *context, int64_t job); // its script begins
    void (*ended)(void *context, int64_t job);   // it has, or its limit has ended it
    void (*due)(void *context, int64_t token);   // what queue_at asked for
};

struct load; // other users: load.h

struct queue {
    int64_t now; // microseconds
    struct queue_node *nodes;
    struct queue_job *jobs;
    struct queue_event *events; // a heap
    int64_t *pending;           // in order
    size_t nodes_count, jobs_count, jobs_space, events_count, events_space, pending_count,
        pending_space;
    int64_t order; // of the next event
    struct queue_hooks hooks;
    struct load *load;       // NULL: nobody else is there
    bool dirty, pass_due;    // something has changed since the last backfill; a pass is coming
    bool backfill_due, stop; // stop: queue_run comes back
};

// Nodes: partition and `has` of each are copied.
void queue_init(struct queue *queue, const struct queue_node *nodes, size_t nodes_count,
                struct load *load);
void queue_fini(struct queue *queue);

int64_t queue_submit(struct queue *queue, const struct queue_ask *ask); // gives its number, from 1
void queue_release(struct queue *queue, int64_t job);
void queue_end(struct queue *queue, int64_t job);    // one that runs
void queue_cancel(struct queue *queue, int64_t job); // one that waits
void queue_at(struct queue *queue, int64_t time, int64_t token);
const struct queue_job *queue_job(const struct queue *queue, int64_t job);

// Until `stop` is set, nothing is left to happen, or this time.
void queue_run(struct queue *queue, int64_t until);

#endif
