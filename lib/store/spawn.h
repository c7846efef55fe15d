// SPDX-License-Identifier: GPL-2.0-or-later
// A job that runs adds jobs to its workflow.
#ifndef LIB_STORE_SPAWN_H
#define LIB_STORE_SPAWN_H

#include "lib/store/store.h"
#include "lib/workflow/workflow.h"

// What the workflow was made of.
struct spawn_base {
    const char *file, *file_text; // NULL: not kept
    struct arena *arena;
};
int store_spawn_base(struct store *store, int64_t workflow_id, struct spawn_base *base,
                     struct error *err);
void spawn_base_fini(struct spawn_base *base);

struct spawn_request {
    int64_t workflow_id, job_id; // the job that asks
    int32_t run_id, attempt_id;  // which of its attempts it is
    const char *lineage;
    const char *state; // JSON, or NULL
    int32_t most;      // generations of the lineage that may add jobs
    // of the lists of the workflow: how many are new, and how many after them it has already
    uint32_t jobs, known_jobs, files, known_files, data, known_data;
};
struct spawn_reply {
    int32_t generation;   // of the lineage; 0: nothing was asked for
    uint32_t added, same; // jobs that are new; that this job had added before
};

// Adds, in one transaction, what is new of `workflow` (lib/workflow/workflow.h, workflow_more);
// each new job needs the one that asks. What it had added before, in this attempt or an earlier
// one, stays as it is. ERROR_USAGE, and nothing is added: the job does not run (any more), a name
// that is taken, or was added with another meaning, something that is gone, too many generations.
int store_spawn(struct store *store, const struct spawn_request *request,
                const struct workflow *workflow, struct spawn_reply *reply, struct error *err);

#endif
