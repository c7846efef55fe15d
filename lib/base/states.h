// SPDX-License-Identifier: GPL-2.0-or-later
// The states of jobs, workflows and allocations, how an attempt ended and who measured it. The
// numbers are those of lib/store/schema.sql.
#ifndef LIB_BASE_STATES_H
#define LIB_BASE_STATES_H

#include <stdbool.h>
#include <stdint.h>

enum job_state {
    JOB_UNINITIALIZED,
    JOB_BLOCKED,
    JOB_READY,
    JOB_PENDING,
    JOB_RUNNING,
    JOB_COMPLETED,
    JOB_FAILED,
    JOB_CANCELED,
    JOB_TERMINATED,
    JOB_DISABLED,
    JOB_PENDING_FAILED,
    JOB_STATES,
};

enum workflow_state {
    WORKFLOW_RUNNING,
    WORKFLOW_COMPLETE,
    WORKFLOW_CANCELED,
    WORKFLOW_HELD,
    WORKFLOW_STATES
};

enum attempt_reason {
    REASON_NONE,
    REASON_EXIT,
    REASON_SIGNAL,
    REASON_OOM,
    REASON_TIMEOUT,
    REASON_MISSING_INPUT,
    REASON_MISSING_OUTPUT,
    REASON_LOST,
    REASON_SPAWN_ERROR,
    REASON_CANCELED,
    REASON_TERMINATED,
    REASON_STRICT, // it completed, but with a warning, in a workflow that is strict
    REASONS,
};

// It completed, but: bits, as an attempt may have several.
enum attempt_warning {
    WARNING_OOM = 1,          // the kernel killed one of its processes for memory
    WARNING_OUTPUT_OLD = 2,   // a declared output file was there before, and it did not write it
    WARNING_BACKGROUND = 4,   // processes that it had left running were killed
    WARNING_STEPS = 8,        // it called srun, and what its steps used is not counted
    WARNING_OUTPUT_LOST = 16, // what it printed could not be written, or not all of it
    WARNING_GPU = 32,         // it used a GPU that was not given to it
};
enum { WARNINGS = 6 };

enum usage_source {
    SOURCE_NONE,
    SOURCE_PROC,
    SOURCE_CGROUP1,
    SOURCE_CGROUP2,
    SOURCE_SPANK,
    SOURCES
};

enum allocation_state {
    ALLOCATION_PLANNED,
    ALLOCATION_QUEUED,
    ALLOCATION_RUNNING,
    ALLOCATION_ENDED,
    ALLOCATION_CANCELED,
    ALLOCATION_UNKNOWN,
    ALLOCATION_STATES,
};

// The last one is "unknown": what a database of somebody else may have.
extern const char *const job_state_names[JOB_STATES + 1];
extern const char *const workflow_state_names[WORKFLOW_STATES + 1];
extern const char *const attempt_reason_names[REASONS + 1];
extern const char *const attempt_warning_names[WARNINGS]; // of bit 1 << i
extern const char *const usage_source_names[SOURCES + 1];
extern const char *const allocation_state_names[ALLOCATION_STATES];

// Has a job of this state ended, for this run?
bool job_state_is_final(enum job_state state);

// Into which states a job of this one can go (1u << state): lib/base/transitions.def.
uint32_t job_state_next(enum job_state state);

// How many of the jobs counted by state are in one of these (1u << state, or JOB_STATES_ALL).
int64_t job_states_count(const int64_t counts[JOB_STATES], uint32_t states);
enum { JOB_STATES_ALL = (1u << JOB_STATES) - 1 };

#endif
