// SPDX-License-Identifier: GPL-2.0-or-later
// What a runner says and hears of actions (run_commands), as part of its syncs: run.h.
#ifndef LIB_STORE_ACTION_H
#define LIB_STORE_ACTION_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/states.h"
#include "lib/workflow/action.h"

struct action_claim { // to be done by this runner, at once
    int64_t id;       // of this time that it is done
    int32_t position, run_id;
    enum action_trigger trigger;
    const char *commands; // JSON array
    const char *state; // of the workflow: complete, failed (some jobs did not complete), canceled
};

struct action_end {
    int64_t id, end_usec;
    int32_t commands_done;     // that ended well
    int32_t exit_code, signal; // of the last one; both UNKNOWN: it could not be started
    bool good;                 // all of them did
    bool again; // it was ended because the runner had to leave: somebody else does it
    const char *message, *output, *log; // output: the end of what they printed
};

struct action_wish {
    uint32_t triggers;              // bits 1 << enum action_trigger: what this runner would do now
    bool free;                      // and it does nothing of it
    const struct action_end *ended; // or NULL
    uint32_t ended_count;
};

struct action_news {
    struct action_claim *claimed; // 0 or 1
    uint32_t claimed_count;
    bool due;    // there is more that this runner would do
    bool last;   // there is what it is to do before it leaves (on_worker_complete)
    bool starts; // no job is given out until commands have ended
};

struct action_run_info { // one time that a runner did it; state RUNNING: does it
    int64_t runner_id, start_usec, end_usec;
    int32_t run_id, commands_done, exit_code, signal; // or UNKNOWN
    enum action_state state;
    const char *node, *message, *output, *log;
};
struct action_info { // for reports
    int64_t id, fired_usec;
    int32_t position, num_allocations, max_parallel_jobs, jobs, run_id; // jobs: that it selects
    bool each_runner, asked; // asked: for its allocations, since it fired
    enum action_state state;
    const char *trigger, *type, *commands, *scheduler;
    const char *refused;   // what Slurm said when it was asked last; NULL: it took it
    const char *waits_for; // the first of its jobs that is not there yet; NULL: none
    enum job_state waits_state;
    struct action_run_info *runs;
    uint32_t runs_count;
};

#endif
