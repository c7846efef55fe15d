// SPDX-License-Identifier: GPL-2.0-or-later
// One turn of the talk between a runner and the database: one transaction, which may be sent again.
#ifndef LIB_STORE_SYNC_H
#define LIB_STORE_SYNC_H

#include "lib/base/record.h"
#include "lib/store/action.h"
#include "lib/store/store.h"

struct claim_request { // what may be claimed now; max_jobs 0: nothing
    int32_t max_jobs;
    int32_t cpus, gpus_milli; // free now
    int64_t memory_bytes;     // free now
    int32_t prefetch; // besides, so many to have at hand: each fits the runner's whole capacity
    int32_t at_hand;  // so many that it has do not fit what is free
    int64_t time_left_usec; // until jobs get their termination signal; 0: no end
    // longer ones are left to others: what is free is kept for a job that waits for more; 0: none
    int64_t runtime_most_usec;
};

struct sync_request {
    // seq: 1, 2, …; 0: outside the sequence, by journal.h or start_log.h
    int64_t runner_id, seq;
    const struct attempt_start *starts;
    const struct attempt_end *ends; // also of attempts whose start was never sent on its own
    const int64_t *returned;        // claimed jobs given back, never started
    // jobs of this runner, or hints it has, of which it would know what follows
    const int64_t *ahead;
    const struct usage_point *points; // of attempts of this runner, those that end in this request
                                      // too; others are dropped
    const struct share_end *shares;   // cleared: nothing of these jobs is left on this node; with a
                                      // signal: a job of this runner, for its other nodes
    const int64_t *doubts; // jobs of several nodes that failed here: has one of their nodes died?
    uint32_t starts_count, ends_count, returned_count, ahead_count, points_count, shares_count,
        doubts_count;
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
    int64_t *canceled;        // jobs of this runner that the user canceled: end them
    int64_t *refused;         // jobs that are not this runner's (any more): kill, forget
    struct share_end *shares; // to be cleared; also of a job of this runner: it is not any more;
                              // with a signal: to be sent once to what the job has here
    int64_t *settled; // of the doubts: on all other nodes the job is cleared, none of them has died
    int32_t shares_open; // shares that jobs of several nodes hold here while they run
    uint32_t claimed_count, hints_count, canceled_count, refused_count, shares_count, settled_count;
    int64_t passed_usec; // runtime of the first job that fits the runner, but not what was free
                         // when it asked: others pass it; 0: there is none
    bool expelled;       // declared lost: kill everything, leave without another sync
    bool complete;       // the workflow is complete or canceled
    bool held;           // nothing is given out now
    bool may_come;       // jobs that fit this runner's capacity and labels may still become ready
    bool demand;         // some class needs more than live and queued allocations give: see plan.h
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

#endif
