// SPDX-License-Identifier: GPL-2.0-or-later
// Actions of a workflow file: what happens when, besides jobs. The numbers are those of the
// database. Pure.
#ifndef LIB_WORKFLOW_ACTION_H
#define LIB_WORKFLOW_ACTION_H

#include <stdbool.h>
#include <stdint.h>

enum action_trigger {
    ACTION_WORKFLOW_START,
    ACTION_WORKFLOW_COMPLETE,
    ACTION_JOBS_READY,
    ACTION_JOBS_COMPLETE,
    ACTION_WORKER_START,
    ACTION_WORKER_COMPLETE,
    ACTION_TRIGGERS,
};
enum action_type { ACTION_COMMANDS, ACTION_NODES, ACTION_TYPES };
enum action_state {
    ACTION_WAITING,
    ACTION_FIRED,   // to be claimed by a runner, or its allocations to be asked for
    ACTION_RUNNING, // a runner has claimed it; what is once a runner stays FIRED
    ACTION_DONE,
    ACTION_FAILED,
    ACTION_STATES,
};

// NULL at the end
extern const char *const action_trigger_names[], *const action_type_names[],
                                                     *const action_state_names[];

// Those that happen once in each runner, whatever the file says.
static inline bool action_is_of_worker(enum action_trigger trigger)
{
    return trigger == ACTION_WORKER_START || trigger == ACTION_WORKER_COMPLETE;
}

struct action_row {
    enum action_trigger trigger;
    enum action_type type;
    bool persistent;                            // once a runner
    const char *commands;                       // COMMANDS: JSON array of texts
    const char *scheduler;                      // NODES: its name
    int32_t num_allocations, max_parallel_jobs; // NODES; max_parallel_jobs 0: any number
    uint32_t *jobs;                             // that it selects, ascending
    uint32_t jobs_count;
};

#endif
