// SPDX-License-Identifier: GPL-2.0-or-later
// The runner and its jobs: everything that the modules of the loop share. One thread, the main one,
// uses it.
#ifndef RUNNER_RUNNER_H
#define RUNNER_RUNNER_H

#include <sys/types.h>

#include "lib/base/clock.h"
#include "lib/store/run.h"
#include "runner/action.h"
#include "runner/end_time.h"
#include "runner/intake.h"
#include "runner/job/job.h"
#include "runner/keeper.h"
#include "runner/link.h"
#include "runner/options.h"
#include "runner/reserve.h"
#include "runner/series.h"
#include "runner/top_up.h"

struct runner {
    const struct options *options;
    struct keeper_shared *shared;
    pid_t keeper;
    bool again; // after one that was killed
    char *db;   // absolute
    struct store *store;
    struct runner_grant grant;
    char *incarnation;
    struct jobs jobs;
    struct intake intake;
    struct link *link;
    struct job_socket *socket; // NULL: there is none, jobs use the database
    struct hasher *hasher;     // NULL: nothing is hashed
    struct series series;
    struct end_time end_time;
    struct top_up top_up;
    struct runner_action action;
    int interrupts;     // times that the user asked to stop
    int64_t clock_usec; // when the clock was read, by CLOCK_MONOTONIC; 0: never

    struct job_list hashing; // completed, not to be told yet; contents.h
    uint32_t hashing_count;
    struct job_list doubted; // of several nodes, failed: has one of these died? shares.h
    uint32_t doubted_count;
    int32_t shares_open; // held or not cleared here of jobs that another runner has started
    // What is to be told: ends, oldest first, and those in the present request; flush.h
    struct job_list outbox, sending;
    uint32_t outbox_count, sending_count;
    int64_t outbox_since_usec; // when the oldest of `outbox` came
    int64_t last_sync_usec, last_active_usec;
    int64_t completed, rate_times[2];
    int32_t rate_counts[2]; // completions in the present and the last window, for the prefetch
    int64_t seq;
    struct reservation reservation;
    bool changed, urgent;   // since the last sync: others changed the database; sync at once
    int64_t classes_change; // the last reply
    bool may_come;          // likewise
    bool left, expelled;
    int32_t interval_ms;
    uint32_t journaled;          // ends in the journal beside the output; 0: there is none
    uint32_t journaled_here;     // likewise on this host
    char *journal_here;          // where that is; NULL: there was none
    int64_t journal_failed_usec; // when it could not be written; 0: it could
    bool outage_told;
};

#endif
