// SPDX-License-Identifier: GPL-2.0-or-later
// Names of states, reasons and sources, as users see them.
#include "lib/base/states.h"

#include <stddef.h>

const char *const job_state_names[JOB_STATES + 1] = {
    [JOB_UNINITIALIZED] = "uninitialized",
    [JOB_BLOCKED] = "blocked",
    [JOB_READY] = "ready",
    [JOB_PENDING] = "pending",
    [JOB_RUNNING] = "running",
    [JOB_COMPLETED] = "completed",
    [JOB_FAILED] = "failed",
    [JOB_CANCELED] = "canceled",
    [JOB_TERMINATED] = "terminated",
    [JOB_DISABLED] = "disabled",
    [JOB_PENDING_FAILED] = "pending_failed",
    [JOB_STATES] = "unknown",
};

const char *const workflow_state_names[WORKFLOW_STATES + 1] = {
    [WORKFLOW_RUNNING] = "running",   [WORKFLOW_COMPLETE] = "complete",
    [WORKFLOW_CANCELED] = "canceled", [WORKFLOW_HELD] = "held",
    [WORKFLOW_STATES] = "unknown",
};

const char *const attempt_reason_names[REASONS + 1] = {
    [REASON_NONE] = "",
    [REASON_EXIT] = "exit",
    [REASON_SIGNAL] = "signal",
    [REASON_OOM] = "oom",
    [REASON_TIMEOUT] = "timeout",
    [REASON_MISSING_INPUT] = "missing_input",
    [REASON_MISSING_OUTPUT] = "missing_output",
    [REASON_LOST] = "lost",
    [REASON_SPAWN_ERROR] = "spawn_error",
    [REASON_CANCELED] = "canceled",
    [REASON_TERMINATED] = "terminated",
    [REASON_STRICT] = "strict",
    [REASONS] = "unknown",
};

const char *const attempt_warning_names[WARNINGS] = {
    "oom_killed",        "output_not_written", "background_killed",
    "steps_not_counted", "output_lost",        "gpu_not_given",
};

const char *const usage_source_names[SOURCES + 1] = {
    [SOURCE_NONE] = "",           [SOURCE_PROC] = "proc",   [SOURCE_CGROUP1] = "cgroup1",
    [SOURCE_CGROUP2] = "cgroup2", [SOURCE_SPANK] = "spank", [SOURCES] = "unknown",
};

const char *const allocation_state_names[ALLOCATION_STATES] = {
    [ALLOCATION_PLANNED] = "planned",   [ALLOCATION_QUEUED] = "queued",
    [ALLOCATION_RUNNING] = "running",   [ALLOCATION_ENDED] = "ended",
    [ALLOCATION_CANCELED] = "canceled", [ALLOCATION_UNKNOWN] = "unknown",
};

bool job_state_is_final(enum job_state state)
{
    return state == JOB_COMPLETED || state == JOB_FAILED || state == JOB_CANCELED ||
           state == JOB_TERMINATED || state == JOB_DISABLED;
}

uint32_t job_state_next(enum job_state state)
{
#define TRANSITION(FROM, TO, WHEN) {JOB_##FROM, JOB_##TO},
    static const struct {
        enum job_state from, to;
    } transitions[] = {
#include "lib/base/transitions.def"
    };
#undef TRANSITION
    uint32_t next = 0;
    for (size_t i = 0; i < sizeof transitions / sizeof *transitions; i++)
        if (transitions[i].from == state)
            next |= 1u << transitions[i].to;
    return next;
}

int64_t job_states_count(const int64_t counts[JOB_STATES], uint32_t states)
{
    int64_t count = 0;
    for (int state = 0; state < JOB_STATES; state++)
        count += states & 1u << state ? counts[state] : 0;
    return count;
}
