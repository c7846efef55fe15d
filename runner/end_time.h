// SPDX-License-Identifier: GPL-2.0-or-later
// When the allocation ends can change: Slurm is asked once more before the runner begins to drain,
// and after a suspension.
#ifndef RUNNER_END_TIME_H
#define RUNNER_END_TIME_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct runner;

struct end_time {
    pid_t pid;              // of squeue; 0: it does not run
    int answer;             // the file that it writes to
    int64_t asked_usec;     // when it was started last; 0: never
    int64_t suspended_usec; // the runner's, then
    int64_t asked_for_usec; // what the end was then: an end is asked for once
};

// asks when the drain is near; it does not wait for the answer
void end_time_tick(struct runner *runner);
int64_t end_time_due(const struct runner *runner); // when to call that next; INT64_MAX: never
void end_time_ask(struct runner *runner);          // at once, but not twice within 10 seconds
// was it the child that asked? Then the answer holds
bool end_time_reaped(struct runner *runner, pid_t pid);
void end_time_fini(struct runner *runner);

#endif
