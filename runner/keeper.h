// SPDX-License-Identifier: GPL-2.0-or-later
// The keeper: a small parent of the runner. It relays signals, and when the runner dies of a signal
// it kills every process that the runner leaves, and, in an allocation, starts the runner again.
#ifndef RUNNER_KEEPER_H
#define RUNNER_KEEPER_H

#include <stdbool.h>
#include <stdint.h>

struct keeper_shared {   // memory that keeper and runner share
    int64_t workflow_id; // set by the runner once it is known, for the keeper's advice
    char socket[112];    // the runner's, for its jobs: removed when it can't; "": none
};

// Runs run(argument, shared) in a child: its result is the exit code. When a signal kills it: in an
// allocation it is started again, at most 3 times; else the user is told how to go on. Returns the
// program's exit code.
int keeper_run(int (*run)(void *argument, struct keeper_shared *shared), void *argument,
               bool in_allocation);

#endif
