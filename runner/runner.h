// SPDX-License-Identifier: GPL-2.0-or-later
// The runner and its jobs: everything that the loop's modules share. One thread, the main one, uses
// it.
#ifndef RUNNER_RUNNER_H
#define RUNNER_RUNNER_H

#include <sys/resource.h>

#include "lib/base/clock.h"
#include "lib/store/run.h"
#include "runner/end_time.h"
#include "runner/environment.h"
#include "runner/job.h"
#include "runner/keeper.h"
#include "runner/link.h"
#include "runner/node.h"
#include "runner/options.h"
#include "runner/output.h"
#include "runner/series.h"

struct runner {
    const struct options *options;
    struct keeper_shared *shared;
    pid_t keeper;
    int64_t workflow_id;
    char *db; // absolute
    struct store *store;
    struct rlimit files_limit; // of open files, as this process found it: what jobs get
    struct runner_grant grant;
    struct settings settings;
    struct node node;
    struct environment *environment;
    struct output output;
    struct meter *meter;
    struct link *link;
    struct job_socket *socket; // NULL: there is none, jobs use the database
    struct series series;
    struct end_time end_time;
    int64_t now; // monotonic, without the time in which everything was suspended
    int64_t suspended_usec;

    // live: INPUTS, RUNNING, DYING; sending: ENDED and in the present request
    struct job_list held, live, ended, sending;
    uint32_t held_count, live_count, ended_count, starts_unsent;
    int64_t ended_since; // when the oldest of `ended` came
    int64_t last_sync_usec, last_active_usec;
    int64_t completed, rate_times[2];
    int32_t rate_counts[2]; // completions in the present and the last window, for the prefetch

    int64_t seq;
    bool changed, urgent;         // since the last sync: others changed the database; sync at once
    bool told_complete, may_come; // the last reply
    bool leaving, left, expelled;
    int32_t interval_ms;
    int32_t failures; // jobs that failed here
    // ends in the present request; ends in the journal, 0: there is none
    uint32_t sending_count, journaled;
    int64_t journal_failed_usec; // when it could not be written; 0: it could
    bool outage_told;
    char *incarnation;
    bool replayed;       // results of another runner were taken in; they may have been the last
    bool drain;          // nothing starts any more, what runs has been told to end
    int64_t end_usec;    // of the allocation, by `now`; 0: none
    int interrupts;      // times that the user asked to stop
    pid_t top_up;        // the child that submits more allocations; 0: none
    bool top_up_again;   // it did not reach Slurm
    int64_t top_up_usec; // when the last one was started
};

// The time now by the clock of `now`, which does not advance while everything is suspended.
static inline int64_t runner_clock_usec(const struct runner *runner)
{
    return clock_mono_usec() - runner->suspended_usec;
}

// Runs the workflow; the program's exit code. argument: const struct options *.
int runner_main(void *argument, struct keeper_shared *shared);

#endif
