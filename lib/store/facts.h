// SPDX-License-Identifier: GPL-2.0-or-later
// What a restart is decided from: lib/restart/decide.h.
#ifndef LIB_STORE_FACTS_H
#define LIB_STORE_FACTS_H

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
    bool spawns;                // it has added jobs to the workflow
    bool left; // it completed, and waits to write what an earlier restart found missing
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

#endif
