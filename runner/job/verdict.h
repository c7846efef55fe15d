// SPDX-License-Identifier: GPL-2.0-or-later
// What an attempt has become: from how its process ended and from why the runner stopped it, if it
// did. Pure.
#ifndef RUNNER_JOB_VERDICT_H
#define RUNNER_JOB_VERDICT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/record.h"

enum stop { // why the runner ended a job; a later one that is greater replaces it
    STOP_NONE,
    STOP_ALLOCATION, // the allocation ends, is drained or preempted
    STOP_TIMEOUT,    // it has had its runtime
    STOP_OOM,        // it is over its memory, and only the runner could stop it
    STOP_USER,       // the user stopped the runner
    STOP_CANCELED,   // the user canceled the job
    STOP_REFUSED,    // it is no longer ours: nothing is recorded
};

struct verdict_input {
    enum stop stop;
    int status;                 // as from wait
    bool oom;                   // the kernel killed one of its processes for memory
    const char *missing_output; // NULL: none
    bool limit_used;            // it ran as long as a job of its runtime may
    bool supports_termination;
    int32_t continuations, max_continuations;
};

struct verdict {
    enum job_state state;
    enum attempt_reason reason;
    int32_t exit_code, signal; // one of them UNKNOWN
    bool core;
};

struct verdict verdict_give(const struct verdict_input *input);

#endif
