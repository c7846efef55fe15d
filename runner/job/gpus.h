// SPDX-License-Identifier: GPL-2.0-or-later
// The GPUs of this node and its jobs: by what names jobs are told them, and what was seen on them
// (lib/meter/gpu_watch.h). Where the runner has none, nothing of it is started.
#ifndef RUNNER_JOB_GPUS_H
#define RUNNER_JOB_GPUS_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/arena.h"

struct job;
struct jobs;

struct gpus {                // of the runner
    struct gpu_watch *watch; // NULL: there are none
    int64_t names_usec;      // until then jobs wait for names of the devices; 0: no more
};
struct job_gpus {
    struct gpu_job *watched; // from its start to its end, where the runner has GPUs; else NULL
    const char *not_given;   // the UUID of one that it used all the same, or NULL
};

void gpus_init(struct jobs *jobs);
// True: its thread hangs in the driver's library; leave with _exit.
bool gpus_fini(struct jobs *jobs);
int gpus_fd(const struct jobs *jobs); // readable: gpus_hear; -1: there is none
void gpus_hear(struct jobs *jobs);

// May a job that asks for GPUs start? Not before the devices have their names, which a driver that
// hangs can put off by a few seconds only.
bool gpus_are_settled(struct jobs *jobs);

void gpus_start(struct jobs *jobs, struct job *job); // its process was started
// Its process has ended: true: come again in a moment.
bool gpus_linger(struct job *job);
void gpus_collect(struct job *job); // into job->usage; nothing more is seen of it
void gpus_forget(struct job *job);
// For a time series: JSON in the arena, or NULL.
const char *gpus_now(const struct job *job, struct arena *arena);

#endif
