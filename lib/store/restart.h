// SPDX-License-Identifier: GPL-2.0-or-later
// What a restart is decided from (lib/restart/decide.h), and what it does to the database.
#ifndef LIB_STORE_RESTART_H
#define LIB_STORE_RESTART_H

#include "lib/base/record.h"
#include "lib/store/store.h"

enum { NO_VERSION = -1 };

struct restart_job {
    int64_t id;
    const char *name;
    enum job_state state;
    enum attempt_reason reason; // of its last attempt, where that failed
    int32_t class_index;        // into classes; -1: a barrier
    int64_t memory_peak_bytes;  // of its last attempt, where that failed; UNKNOWN: not measured
    int64_t signature;          // lib/workflow/signature.h; UNKNOWN: of an earlier torc
    bool barrier;               // stands for many needs, and is no job of the user's
};
struct restart_pair { // a need (job, the job it needs), or (job, file or data)
    uint32_t job, other;
    int32_t role;
    int64_t seen; // what the job had when it last completed: of a file an index into versions or
                  // NO_VERSION, of data a hash or UNKNOWN
};
struct restart_file {
    int64_t id;
    const char *path; // relative to the submission folder, or absolute
    bool temporary;
};
struct restart_version {
    uint32_t file;
    struct file_seen seen;
};
struct restart_data {
    const char *name;
    bool ephemeral;
    int64_t hash, initial_hash; // of its value now, and of what the file gave; UNKNOWN: none
};

struct restart_class {
    int64_t id, memory_bytes, runtime_usec;
    const char *name;
};

// Everything is in the order of ids; indices are into these lists.
struct restart_facts {
    int64_t workflow_id;
    int32_t run_id;
    enum workflow_state state;
    const char *folder;
    struct restart_job *jobs;
    struct restart_pair *needs, *job_files, *job_data;
    struct restart_file *files;
    struct restart_version *versions; // by file
    struct restart_data *data;
    struct restart_class *classes;
    uint32_t classes_count, jobs_count, needs_count, job_files_count, job_data_count, files_count,
        versions_count, data_count;
    struct arena *arena;
};

int store_restart_facts(struct store *store, int64_t workflow_id, struct restart_facts *facts,
                        struct error *err);
void restart_facts_fini(struct restart_facts *facts);

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
