// SPDX-License-Identifier: GPL-2.0-or-later
// The keeper: a small parent of the runner. It relays signals, and when the runner dies of a signal
// it kills every process that the runner leaves, and starts the runner again.
#ifndef RUNNER_KEEPER_H
#define RUNNER_KEEPER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct keeper_shared { // memory that keeper and runner share
    // set by the runner once it is known: without, it isn't started again, as it would create a
    // second one
    int64_t workflow_id;
    int64_t begin_usec; // of the first runner, by the monotonic clock; 0: this is the first
    bool gives_back;    // set by the runner: a peer (peers.h) has nothing left to do, others have
    pid_t parent;       // of the keeper, when it began
    bool progress;      // set by the runner: a job has ended, and the store knows
    char socket[112];   // the runner's, for its jobs: removed when it can't; "": none
};

// Runs run(argument, shared) in a child: its result is the exit code. (argument: struct options; in
// an allocation of several nodes the runners of the others are started beside it, peers.h, and
// waited for in the end.) When a signal kills it, it is
// run again, at most 3 times without progress in between; then, or when the program had been told
// to end, the user is told how to go on. Returns the program's exit code.
int keeper_run(int (*run)(void *argument, struct keeper_shared *shared), void *argument);

// Was the parent that started the keeper killed, in an allocation slurmstepd? Slurm misses the
// allocation then, and starts it again.
bool keeper_is_orphan(pid_t keeper, const struct keeper_shared *shared);

#endif
