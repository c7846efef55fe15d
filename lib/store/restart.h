// SPDX-License-Identifier: GPL-2.0-or-later
// What a restart does to the database: lib/restart/decide.h says to which jobs.
#ifndef LIB_STORE_RESTART_H
#define LIB_STORE_RESTART_H

#include "lib/store/facts.h"

struct restart_seen { // a file that was looked at, and has changed its identity
    int64_t file_id;
    struct file_seen seen;
};
struct restart_more { // a job that gets more than its class gives: in a class like that, made if
                      // need be
    int64_t job_id, class_id;
    const char *name;
    int64_t memory_bytes, runtime_usec;
};
struct restart_request {
    int64_t workflow_id;
    int32_t run_id; // of the facts
    // ids, barriers among them. jobs: run again. rewrites: run again, but may write what they wrote
    // before. maybe: run again if what they read has other content once their needs have ended, or
    // they come after one that ran for such a reason or wrote another content; else they stay
    // completed.
    const int64_t *jobs, *rewrites, *maybe;
    const struct restart_seen *seen;
    const struct restart_more *more; // not with a changed file
    uint32_t jobs_count, rewrites_count, maybe_count, seen_count, more_count;
};
struct restart_reply {
    int32_t run_id;        // the new run
    int64_t reset, passed; // jobs that were reset (maybe ones too); that were not, as they had not
                           // ended, or run again since the facts were read
};

// Resets these jobs in one transaction, with what it means for those that wait: a job is ready or
// blocked by its needs. Attempts that run are not touched. ERROR_USAGE: the workflow was restarted
// since the facts were read (nothing has changed).
int store_restart(struct store *store, const struct restart_request *request,
                  struct restart_reply *reply, struct error *err);

#endif
