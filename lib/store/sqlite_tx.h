// SPDX-License-Identifier: GPL-2.0-or-later
// The bookkeeping of one transaction on a workflow: counters per class, what follows from the end
// of a job or of a runner, claims. Only sqlite*.c include it.
#ifndef LIB_STORE_SQLITE_TX_H
#define LIB_STORE_SQLITE_TX_H

#include "lib/store/events.h"
#include "lib/store/sqlite.h"

// From so many classes on jobs are claimed in order, not class by class.
enum { MANY_CLASSES = 32 };

struct class_delta {
    int64_t class_id; // 0: free
    int64_t jobs[JOB_STATES];
    size_t used; // the first of its used_deltas, from 1 on; 0: none
};
enum job_change {
    CHANGE_NONE,  // nothing that it wrote
    CHANGE_WROTE, // some of it: who reads from it sees for itself
    CHANGE_ALL,   // it ran for a reason of its own: all that comes after it runs
};
struct ended_job {
    int64_t id;
    bool good; // completed or disabled: met for those who need it
    enum job_change change;
};

struct work { // what attempts of a runner (0: none) took, to be added to its row: sqlite_work.h
    int64_t runner_id, used_usec, lost_usec, first_usec, last_usec;
    int64_t class_id, class_cpus; // the last class looked at, and what one of its jobs holds
};
struct tx { // one transaction on one workflow
    struct db *db;
    int64_t workflow_id, now_usec;
    enum workflow_state state;
    int32_t run_id;
    int64_t classes_change;
    struct class_delta *deltas; // hashed by class
    size_t deltas_count, deltas_space;
    struct used_delta *used; // of classes that jobs ran of
    size_t used_count, used_space;
    struct ended_job *ended_jobs; // jobs whose dependents are still to be told
    size_t ended_count, ended_space;
    struct work work;
    bool any_ended, made_ready, change;
    bool actions, ended; // it has actions; it has ended
    bool starts;         // no job is given out: commands come before
};

// ERROR_USAGE: no such workflow
int tx_init(struct tx *tx, struct db *db, int64_t workflow_id, struct error *err);
void tx_fini(struct tx *tx);
void tx_forget(struct tx *tx); // what it has counted since tx_finish, as that was rolled back
// n jobs of a class (0: barriers) went from one state to another; JOB_STATES: from nowhere.
void tx_count(struct tx *tx, int64_t class_id, enum job_state from, enum job_state to, int64_t n);
// An attempt that ended so gave a job of the class this state. end NULL: lost.
void tx_ran(struct tx *tx, int64_t class_id, enum job_state state, const struct attempt_end *end);
// What such an attempt has used besides, on another node.
void tx_used(struct tx *tx, int64_t class_id, enum job_state state,
             const struct usage_record *usage);
// A job came to a final state: its dependents become ready or canceled, through any number of
// levels. change: for those that a restart runs again only if something has changed.
int tx_job_ended(struct tx *tx, int64_t job_id, enum job_state state, enum job_change change,
                 struct error *err);
int tx_event(struct tx *tx, enum event_kind kind, int64_t job, int64_t runner, int64_t attempt,
             struct error *err);
// The same, of a time that a runner's clock gave.
int tx_event_at(struct tx *tx, enum event_kind kind, int64_t job, int64_t runner, int64_t attempt,
                int64_t time_usec, struct error *err);
int tx_event_allocation(struct tx *tx, enum event_kind kind, int64_t submission, int64_t allocation,
                        const char *data, struct error *err);
// Writes the counters, and the end of the workflow if this was it; raises workflow.change if
// somebody should look.
int tx_finish(struct tx *tx, struct error *err);
// A job that a runner holds goes back: to READY, or CANCELED.
int tx_return(struct tx *tx, int64_t job_id, int64_t runner_id, enum job_state to,
              struct error *err);
// A job that waits for what has failed is canceled, with all that waits for it.
int tx_cancel_waiting(struct tx *tx, int64_t job_id, struct error *err);

// What a runner holds goes back: attempts that run end `lost`; pending jobs become ready, and count
// as started if it is lost; then the runner ends, and its allocation with its last runner.
int tx_runner_ends(struct tx *tx, int64_t runner_id, bool lost, struct error *err);

// It has started these and no others: pending jobs become ready.
int tx_give_back_pending(struct tx *tx, int64_t runner_id, struct error *err);
// It started this on a hint, and nobody will tell that the job before it had ended. If the job is
// nobody's, and this its next attempt, it counts.
int tx_start_lost(struct tx *tx, int64_t runner_id, const struct attempt_start *start,
                  struct error *err);

#define SUBMISSION_PAUSE_USEC INT64_C(10000000) // between two for the same
// Is a request for the pool of the class still to start, or was the last one a moment ago?
// Allocations that ran none of its jobs, one after another, make that moment longer, so that nobody
// submits for ever what does not fit.
int tx_pool_waits(struct tx *tx, int64_t class_id, bool *waits, struct error *err);
int tx_demand_due(struct tx *tx, bool *due, struct error *err);

#endif
