// SPDX-License-Identifier: GPL-2.0-or-later
// One workflow on one cluster, from the moment of its submission on: what all ways to run it share.
#ifndef BENCH_SIMULATE_WORLD_H
#define BENCH_SIMULATE_WORLD_H

#include "bench/simulate/load.h"
#include "bench/simulate/queue.h"
#include "bench/simulate/workload.h"

struct scene {   // what the cluster is like
    double busy; // share of it that others would keep busy; 0: nobody else is there
    bool stuck;  // of the jobs of Slurm that a request makes, one in four never starts, but for
                 // the first
    uint64_t seed;
};

struct world_run {      // of one job
    int64_t start, end; // end 0: it runs, or never did
    int64_t on;         // the job of Slurm in which
    int32_t times;      // that it ended
};

struct world {
    const struct workload *w;
    struct scene scene;
    struct queue queue;
    struct load load;
    int64_t begin;       // when the workflow is submitted
    uint32_t *unmet;     // by job: needs that have not ended
    unsigned char *done; // by job
    struct world_run *runs;
    size_t done_count;
    int64_t requests; // calls of sbatch
    int64_t again;    // jobs that were ended before they were done
};

struct outcome {
    int64_t requests, again;
    double node_usec;      // that was asked for and came
    int64_t makespan_usec; // 0: it never ended
    double done;           // share of the jobs
};

// When the queue has been as busy as it will be for a while, the workflow is submitted: now.
void world_init(struct world *world, const struct workload *w, const struct scene *scene);
void world_fini(struct world *world);

void world_start(struct world *world, uint32_t job, int64_t on);
// Jobs that need it and now wait for nothing else: ready is called for each.
void world_end(struct world *world, uint32_t job, void (*ready)(void *context, uint32_t job),
               void *context);

// Does the job of Slurm with this place in its request never start?
bool world_is_stuck(const struct world *world, int64_t element);

// Until the workflow has ended, or no longer can.
void world_run(struct world *world);
struct outcome world_outcome(const struct world *world);

enum way { WAY_TORC, WAY_JOBS, WAY_ARRAYS, WAY_PILOTS, WAYS };
extern const char *const way_names[WAYS];

// The world is due for world_fini.
void others_run(struct world *world, enum way way); // one sbatch a job, one array a class
void pilots_run(struct world *world);               // pilots of whole nodes
void torc_run(struct world *world);                 // torc

void world_simulate(struct world *world, const struct workload *w, const struct scene *scene,
                    enum way way);

#endif
