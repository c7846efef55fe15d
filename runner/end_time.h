// SPDX-License-Identifier: GPL-2.0-or-later
// When the runner's time ends, and what is left of it. That can change: Slurm is asked once more
// before the runner begins to drain, and after a suspension.
#ifndef RUNNER_END_TIME_H
#define RUNNER_END_TIME_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/slurm/end.h"
#include "runner/job/job.h"

struct end_time {
    int64_t end_usec;       // of the allocation, by jobs.now; 0: none
    bool fixed;             // nothing changes it any more: it came from --time, or the drain began
    struct slurm_end ask;   // the question that is under way
    int64_t asked_usec;     // when it was asked last; 0: never
    int64_t suspended_usec; // the runner's, then
    int64_t asked_for_usec; // what the end was when the drain was near: asked for once
};

// jobs: node and settings are known.
void end_time_init(struct end_time *end, const struct jobs *jobs);

// How long jobs that start now may run before their termination signal; 0: no end.
int64_t end_time_left_usec(const struct end_time *end, const struct jobs *jobs);

// Asks when the drain is near; it does not wait for the answer.
void end_time_tick(struct end_time *end, struct jobs *jobs);
// When to call that next; INT64_MAX: never.
int64_t end_time_due(const struct end_time *end, const struct jobs *jobs);
// At once, but not twice within 10 seconds.
void end_time_ask(struct end_time *end, const struct jobs *jobs);
// Was it the child that asked? Then the answer holds.
bool end_time_reaped(struct end_time *end, struct jobs *jobs, pid_t pid);
void end_time_fini(struct end_time *end);

#endif
