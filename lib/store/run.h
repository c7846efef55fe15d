// SPDX-License-Identifier: GPL-2.0-or-later
// What a runner says to the database and gets back: one entry, then syncs (claims, starts, ends,
// heartbeat in one), then a sync with `leave`. A sync is one transaction, and may be sent again.
#ifndef LIB_STORE_RUN_H
#define LIB_STORE_RUN_H

#include "lib/base/record.h"
#include "lib/store/action.h"
#include "lib/store/store.h"

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

struct claim_request {                  // what may be claimed now; max_jobs 0: nothing
    int32_t max_jobs, cpus, gpus_milli; // the last two: free now
    int64_t memory_bytes;               // likewise
    int32_t prefetch; // besides, so many to have at hand: each fits the runner's whole capacity
    int64_t time_left_usec; // until jobs get their termination signal; 0: no end
};

struct sync_request {
    int64_t runner_id, seq; // seq: 1, 2, …; 0: outside of it, by journal.h or start_log.h
    const struct attempt_start *starts;
    const struct attempt_end *ends;   // also of attempts whose start was never sent on its own
    const int64_t *returned;          // claimed jobs given back, never started
    const int64_t *ahead;             // jobs here, or hints, of which it would know what follows
    const struct usage_point *points; // of attempts of this runner, those that end in this request
                                      // too; others are dropped
    uint32_t starts_count, ends_count, returned_count, ahead_count, points_count;
    struct claim_request claim;
    struct action_wish actions;
    bool leave; // the runner's last; what it still holds becomes ready; seq 0: it died, `starts`
                // are all that it had started, and what it claimed besides becomes ready
};

struct sync_reply {
    struct claimed_job *claimed; // in the order to start them
    // What becomes ready as soon as a job named in `ahead`, or claimed here, completes, in order
    // along each chain (hint.after); of the same class; only while nothing else is ready. The
    // runner may start it at once then, before it has told anybody: with attempt_start.taken, after
    // the end of hint.after in the same request or an earlier one.
    struct claimed_job *hints;
    int64_t *canceled; // jobs of this runner that the user canceled: end them
    int64_t *refused;  // jobs that are not this runner's (any more): kill, forget
    uint32_t claimed_count, hints_count, canceled_count, refused_count;
    bool expelled; // declared lost: kill everything, leave without another sync
    bool complete; // the workflow is complete or canceled
    bool held;     // nothing is given out now
    bool may_come; // jobs that fit this runner's capacity and labels may still become ready
    bool demand;   // some class needs more than live and queued allocations give: see plan.h
    struct action_news actions;
    int64_t classes_change; // another number than before: what is held is out of date
    int32_t interval_ms;    // to wait before the next sync that is not urgent; 0: the runner's own
    struct arena *arena;
};

// A request sent again (seq not above the last one applied) changes nothing, and gets every job
// that is pending at the runner: those that it has already are to be skipped. Ends, starts,
// give-backs, claims, heartbeat: in this order, in one transaction. Failure propagates and
// dependents become ready in it. Codes: ERROR_UNREACHABLE: try again, with the same request.
int store_sync(struct store *store, const struct sync_request *request, struct sync_reply *reply,
               struct error *err);
void sync_reply_fini(struct sync_reply *reply);

// A runner not heard of for silent_usec (0: no matter), and known to run no more: as in
// store_enter, it is lost. *declared: false, it has been heard of meanwhile, or has ended.
int store_runner_lost(struct store *store, int64_t workflow_id, int64_t runner_id,
                      int64_t silent_usec, bool *declared, struct error *err);

#endif
