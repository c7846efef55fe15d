// SPDX-License-Identifier: GPL-2.0-or-later
// What a runner says to the database and gets back: one entry, then syncs (lib/store/sync.h:
// claims, starts, ends, heartbeat in one), then a sync with `leave`.
#ifndef LIB_STORE_RUN_H
#define LIB_STORE_RUN_H

#include "lib/base/record.h"
#include "lib/store/store.h"
#include "lib/store/sync.h"

struct runner_entry {
    int64_t workflow_id;
    const char *tag; // of the submission that started it; NULL: started by hand
    int64_t slurm_job_id, slurm_array_id; // of its array, or the same; 0: none
    int32_t array_task_id;                // -1: none
    int32_t restart_count;                // SLURM_RESTART_COUNT
    const char *incarnation;              // unique to this start of the runner on this host
    const char *host, *node;              // node: Slurm's name, else the host
    const char *node_list;                // SLURM_JOB_NODELIST or NULL
    int32_t pid, cpus, gpus_milli;
    int32_t nodes;                    // that jobs which it starts may have; 0, 1: one
    int64_t memory_bytes, limit_usec; // limit 0: no end
    const char *labels;               // NULL: none
    enum usage_source accounting;
    const int64_t *gone; // runners of this host that are known to be dead: their jobs go back
    uint32_t gone_count;
};

struct runner_grant {
    int64_t runner_id;
    int32_t run_id, max_parallel_jobs; // of the action that asked for its nodes; 0: any number
    const char *workflow_name, *folder, *settings; // settings: JSON, lib/workflow/settings.h
    const char *partition, *scheduler;             // of the submission, or NULL
    struct arena *arena;
};

// Registers the runner. A newer incarnation of the same allocation (same array task, higher
// restart_count or same host) declares the older ones lost: their attempts end `lost`, what they
// had claimed counts as one, their jobs become ready again, and they can no longer complete
// anything. ERROR_USAGE: no such workflow, or it is complete or canceled.
int store_enter(struct store *store, const struct runner_entry *entry, struct runner_grant *grant,
                struct error *err);
void runner_grant_fini(struct runner_grant *grant);

// A runner not heard of for silent_usec (0: no matter), and known to run no more: as in
// store_enter, it is lost. *declared: false, it has been heard of meanwhile, or has ended.
int store_runner_lost(struct store *store, int64_t workflow_id, int64_t runner_id,
                      int64_t silent_usec, bool *declared, struct error *err);

#endif
