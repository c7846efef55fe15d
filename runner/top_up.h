// SPDX-License-Identifier: GPL-2.0-or-later
// More allocations, when the store says that some class needs them: torc-sbatch --top-up, in a
// child, so that the loop does not wait for Slurm.
#ifndef RUNNER_TOP_UP_H
#define RUNNER_TOP_UP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "runner/job/job.h"

struct top_up {
    pid_t pid;            // the child; 0: none
    int64_t started_usec; // when the last one was started; 0: never
    int64_t pause_usec;   // before the next; grows while Slurm refuses. 0: none has ended yet
    bool again;           // it did not reach Slurm
    bool due;             // the store's last word: more is needed
};

// Outside allocations, while one is under way, or 10 s after it, longer after a refusal: nothing.
// db: the database.
void top_up_start(struct top_up *top_up, const struct jobs *jobs, const char *db);
// Before the end: what the store found due when this runner left it, as nobody may be left to ask;
// when the workflow is complete, allocations that still wait for Slurm are given back.
void top_up_last(struct top_up *top_up, const struct jobs *jobs, const char *db);
// True: it was that child.
bool top_up_reaped(struct top_up *top_up, const struct jobs *jobs, pid_t pid, int status);

#endif
