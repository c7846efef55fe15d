// SPDX-License-Identifier: GPL-2.0-or-later
// What one transaction keeps straight: counters per class, what follows from the end of a job,
// events, the workflow's end.
#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/store/sqlite_tx.h"
#include "lib/workflow/workflow.h"

#include <string.h>

int tx_init(struct tx *tx, struct db *db, int64_t workflow_id, struct error *err)
{
    *tx = (struct tx){.db = db, .workflow_id = workflow_id, .now_usec = clock_real_usec()};
    sqlite3_stmt *s = db_query(db, err, SQL_WORKFLOW_STATE, "l", workflow_id);
    int rc = s ? db_step(db, s, err) : -1;
    if (rc == 0)
        return error_set(err, ERROR_USAGE, 0,
                         "there is no workflow %lld in %s; 'torc list' shows those there are",
                         (long long)workflow_id, db->path);
    if (rc < 0)
        return -1;
    tx->state = (enum workflow_state)sqlite3_column_int(s, 0);
    tx->run_id = sqlite3_column_int(s, 1);
    sqlite3_reset(s);
    return 0;
}

void tx_fini(struct tx *tx)
{
    free(tx->deltas);
    free(tx->ended);
    *tx = (struct tx){0};
}

// ---- counters ----

static struct class_delta *delta_slot(struct class_delta *deltas, size_t space, int64_t class_id)
{
    size_t i = (size_t)((uint64_t)class_id * 0x9e3779b97f4a7c15u >> 20) & (space - 1);
    while (deltas[i].class_id && deltas[i].class_id != class_id)
        i = (i + 1) & (space - 1);
    return &deltas[i];
}

static struct class_delta *delta_of(struct tx *tx, int64_t class_id)
{
    if (tx->deltas_count * 2 >= tx->deltas_space) {
        size_t space = tx->deltas_space ? tx->deltas_space * 2 : 16;
        struct class_delta *grown = xcalloc(space, sizeof *grown);
        for (size_t i = 0; i < tx->deltas_space; i++)
            if (tx->deltas[i].class_id)
                *delta_slot(grown, space, tx->deltas[i].class_id) = tx->deltas[i];
        free(tx->deltas);
        tx->deltas = grown;
        tx->deltas_space = space;
    }
    struct class_delta *delta = delta_slot(tx->deltas, tx->deltas_space, class_id);
    if (!delta->class_id) {
        delta->class_id = class_id;
        tx->deltas_count++;
    }
    return delta;
}

void tx_count(struct tx *tx, int64_t class_id, enum job_state from, enum job_state to, int64_t n)
{
    if (!class_id)
        return;
    struct class_delta *delta = delta_of(tx, class_id);
    if (from < JOB_STATES)
        delta->by_state[from] -= n;
    if (to < JOB_STATES)
        delta->by_state[to] += n;
    tx->any_ended |= job_state_is_final(to);
    tx->made_ready |= to == JOB_READY;
    tx->change |= to == JOB_READY;
}

static int write_counts(struct tx *tx, struct error *err)
{
    for (size_t i = 0; i < tx->deltas_space; i++) {
        const struct class_delta *d = &tx->deltas[i];
        for (int state = 0; d->class_id && state < JOB_STATES; state++)
            if (d->by_state[state] &&
                db_do(tx->db, err, SQL_COUNT_ADD, "lil", d->class_id, state, d->by_state[state]))
                return -1;
    }
    if (tx->deltas)
        memset(tx->deltas, 0, tx->deltas_space * sizeof *tx->deltas);
    tx->deltas_count = 0;
    return 0;
}

// ---- events ----

static int add_event(struct tx *tx, enum event_kind kind, int64_t job, int64_t runner,
                     int64_t attempt, int64_t submission, int64_t allocation, const char *data,
                     struct error *err)
{
    return db_do(tx->db, err, SQL_EVENT_ADD, "llizzzzzs", tx->workflow_id, tx->now_usec, (int)kind,
                 job, runner, attempt, submission, allocation, data);
}

int tx_event_at(struct tx *tx, enum event_kind kind, int64_t job, int64_t runner, int64_t attempt,
                int64_t time_usec, struct error *err)
{
    return db_do(tx->db, err, SQL_EVENT_ADD, "llizzzzzs", tx->workflow_id, time_usec, (int)kind,
                 job, runner, attempt, (int64_t)0, (int64_t)0, NULL);
}

int tx_event(struct tx *tx, enum event_kind kind, int64_t job, int64_t runner, int64_t attempt,
             struct error *err)
{
    return add_event(tx, kind, job, runner, attempt, 0, 0, NULL, err);
}

int tx_event_allocation(struct tx *tx, enum event_kind kind, int64_t submission, int64_t allocation,
                        const char *data, struct error *err)
{
    return add_event(tx, kind, 0, 0, 0, submission, allocation, data, err);
}

// ---- the end of a job, and what follows ----

static void push_ended(struct tx *tx, int64_t job_id, bool good)
{
    tx->ended = array_grow(tx->ended, tx->ended_count, &tx->ended_space, sizeof *tx->ended);
    tx->ended[tx->ended_count++] = (struct ended_job){job_id, good};
}

struct dependent {
    int64_t id, class_id;
    int32_t unmet, flags;
};

static int cancel_waiting(struct tx *tx, const struct dependent *d, enum job_state from,
                          struct error *err)
{
    tx_count(tx, d->class_id, from, JOB_CANCELED, 1);
    tx->change = true;
    push_ended(tx, d->id, false);
    if (d->class_id && tx_event(tx, EVENT_JOB_CANCELED, d->id, 0, 0, err))
        return -1;
    return db_do(tx->db, err, SQL_JOB_STATE, "li", d->id, (int)JOB_CANCELED);
}

// What it reads is as it was when it completed, or it would start anew. 1: it stays completed.
static int stays_completed(struct tx *tx, const struct dependent *d, struct error *err)
{
    int64_t stale = 0;
    if (d->class_id && db_number(tx->db, err, &stale, SQL_JOB_STALE, "l", d->id) < 0)
        return -1;
    if (stale)
        return db_do(tx->db, err, SQL_JOB_RENEW, "l", d->id) ||
                       db_do(tx->db, err, SQL_DATA_FORGET, "l", d->id)
                   ? -1
                   : 0;
    tx_count(tx, d->class_id, JOB_BLOCKED, JOB_COMPLETED, 1);
    push_ended(tx, d->id, true);
    return db_do(tx->db, err, SQL_JOB_STAYS, "l", d->id) ? -1 : 1;
}

// One who needs a job that has ended. Whoever is canceled or, being a barrier, ends here has
// dependents to be told in turn.
static int tell_dependent(struct tx *tx, const struct dependent *d, bool good, struct error *err)
{
    int rc = 0;
    if (!good && (d->flags & JOB_CANCEL_ON_BLOCKING_FAILURE))
        return cancel_waiting(tx, d, JOB_BLOCKED, err);
    if (d->unmet > 1)
        return db_do(tx->db, err, SQL_JOB_UNMET, "li", d->id, (int)d->unmet - 1);
    if (d->flags & JOB_IF_CHANGED && (rc = stays_completed(tx, d, err)))
        return rc < 0 ? -1 : 0;
    enum job_state state = d->class_id ? JOB_READY : JOB_COMPLETED;
    tx_count(tx, d->class_id, JOB_BLOCKED, state, 1);
    if (!d->class_id)
        push_ended(tx, d->id, true);
    else if (tx_event(tx, EVENT_JOB_READY, d->id, 0, 0, err))
        return -1;
    return db_do(tx->db, err, SQL_JOB_FREED, "li", d->id, (int)state);
}

// A worklist instead of recursion; only blocked dependents are looked at, so each job is canceled,
// and told on, once.
static int tell_ended(struct tx *tx, struct error *err)
{
    while (tx->ended_count) {
        struct ended_job ended = tx->ended[--tx->ended_count];
        sqlite3_stmt *s = db_query(tx->db, err, SQL_DEPENDENTS, "l", ended.id);
        if (!s)
            return -1;
        int rc;
        while ((rc = db_step(tx->db, s, err)) > 0) {
            struct dependent d = {sqlite3_column_int64(s, 0), sqlite3_column_int64(s, 1),
                                  sqlite3_column_int(s, 2), sqlite3_column_int(s, 3)};
            if (tell_dependent(tx, &d, ended.good, err))
                return -1;
        }
        if (rc < 0)
            return -1;
    }
    return 0;
}

int tx_job_ended(struct tx *tx, int64_t job_id, enum job_state ended_state, struct error *err)
{
    push_ended(tx, job_id, ended_state == JOB_COMPLETED || ended_state == JOB_DISABLED);
    return tell_ended(tx, err);
}

int tx_cancel_waiting(struct tx *tx, int64_t job_id, struct error *err)
{
    sqlite3_stmt *s = db_query(tx->db, err, SQL_JOB_GET, "ll", job_id, tx->workflow_id);
    int rc = s ? db_step(tx->db, s, err) : -1;
    if (rc <= 0)
        return rc;
    struct dependent d = {.id = job_id, .class_id = sqlite3_column_int64(s, 0)};
    enum job_state from = (enum job_state)sqlite3_column_int(s, 1);
    sqlite3_reset(s);
    return cancel_waiting(tx, &d, from, err) || tell_ended(tx, err) ? -1 : 0;
}

// ---- the end of a runner ----

int tx_return(struct tx *tx, int64_t job_id, int64_t runner_id, enum job_state to,
              struct error *err)
{
    enum event_kind kind = to == JOB_READY ? EVENT_JOB_RETURNED : EVENT_JOB_CANCELED;
    return db_do(tx->db, err, SQL_JOB_RETURN, "li", job_id, (int)to) ||
                   tx_event(tx, kind, job_id, runner_id, 0, err)
               ? -1
               : 0;
}

// What an unfinished job becomes. Of a canceled workflow nothing goes on.
static enum job_state back_to(const struct tx *tx)
{
    return tx->state == WORKFLOW_RUNNING || tx->state == WORKFLOW_HELD ? JOB_READY : JOB_CANCELED;
}

static int give_back(struct tx *tx, int64_t runner_id, enum job_state last, struct error *err)
{
    enum job_state to = back_to(tx);
    sqlite3_stmt *s = db_query(tx->db, err, SQL_RUNNER_HELD, "li", runner_id, (int)last);
    int rc = -1;
    while (s && (rc = db_step(tx->db, s, err)) > 0) {
        int64_t id = sqlite3_column_int64(s, 0);
        tx_count(tx, sqlite3_column_int64(s, 1), (enum job_state)sqlite3_column_int(s, 2), to, 1);
        if (tx_return(tx, id, runner_id, to, err))
            return -1;
    }
    return rc;
}

int tx_give_back_pending(struct tx *tx, int64_t runner_id, struct error *err)
{
    return give_back(tx, runner_id, JOB_PENDING, err);
}

static const char died[] = "the runner or its node died";

int tx_start_lost(struct tx *tx, int64_t runner_id, const struct attempt_start *start,
                  struct error *err)
{
    struct db *db = tx->db;
    if (start->run_id != tx->run_id)
        return 0;
    if (db_do(db, err, SQL_JOB_STARTED_UNSEEN, "lil", start->job_id, (int)start->attempt_id,
              tx->workflow_id))
        return -1;
    if (!sqlite3_changes(db->sqlite))
        return 0;
    int64_t end_usec = tx->now_usec > start->start_usec ? tx->now_usec : start->start_usec;
    return db_do(db, err, SQL_ATTEMPT_WHOLE, "liillsslninnizssi", start->job_id, start->run_id,
                 start->attempt_id, runner_id, start->start_usec, start->stdout_path,
                 start->stderr_path, end_usec, (int64_t)UNKNOWN, (int)back_to(tx), (int64_t)UNKNOWN,
                 (int64_t)UNKNOWN, 0, (int64_t)REASON_LOST, died, NULL, 0);
}

// Who knows what a dead runner had started has told it, and given back the rest.
static int count_claimed(struct tx *tx, int64_t runner_id, struct error *err)
{
    return db_do(tx->db, err, SQL_CLAIMED_LOST, "lilis", runner_id, (int)tx->run_id, tx->now_usec,
                 (int)back_to(tx),
                 "the runner or its node died; whether the job had started is not known, so it "
                 "counts as started") ||
                   db_do(tx->db, err, SQL_CLAIMED_COUNT, "l", runner_id)
               ? -1
               : 0;
}

int tx_runner_ends(struct tx *tx, int64_t runner_id, bool lost, struct error *err)
{
    struct db *db = tx->db;
    tx->made_ready = true; // less room, so maybe more demand
    const char *message = lost ? died : "the runner left without an answer about this job";
    if (db_do(db, err, SQL_ATTEMPT_LOST, "llis", runner_id, tx->now_usec, (int)back_to(tx),
              message) ||
        (lost && count_claimed(tx, runner_id, err)) || give_back(tx, runner_id, JOB_RUNNING, err) ||
        db_do(db, err, SQL_RUNNER_END, "lli", runner_id, tx->now_usec, (int)lost) ||
        tx_event(tx, lost ? EVENT_RUNNER_LOST : EVENT_RUNNER_LEFT, 0, runner_id, 0, err))
        return -1;
    sqlite3_stmt *s = db_query(db, err, SQL_RUNNER_ALLOCATION, "l", runner_id);
    int rc = s ? db_step(db, s, err) : -1;
    if (rc <= 0)
        return rc;
    int64_t allocation = sqlite3_column_int64(s, 0), submission = sqlite3_column_int64(s, 1);
    sqlite3_reset(s);
    return db_do(db, err, SQL_ALLOCATION_END, "ll", allocation, tx->now_usec) ||
                   db_do(db, err, SQL_SUBMISSION_ENDED, "l", submission) ||
                   tx_event_allocation(tx, EVENT_ALLOCATION_ENDED, submission, allocation, NULL,
                                       err)
               ? -1
               : 0;
}

int tx_finish(struct tx *tx, struct error *err)
{
    int64_t open = 1;
    if (write_counts(tx, err))
        return -1;
    if (tx->any_ended && db_number(tx->db, err, &open, SQL_WORKFLOW_OPEN, "l", tx->workflow_id) < 0)
        return -1;
    if (!open) {
        if (tx->state != WORKFLOW_CANCELED)
            tx->state = WORKFLOW_COMPLETE;
        tx->change = true;
        if (db_do(tx->db, err, SQL_WORKFLOW_END, "lil", tx->workflow_id, (int)tx->state,
                  tx->now_usec) ||
            add_event(tx, EVENT_WORKFLOW_ENDED, 0, 0, 0, 0, 0,
                      tx->state == WORKFLOW_CANCELED ? "{\"state\":\"canceled\"}"
                                                     : "{\"state\":\"complete\"}",
                      err))
            return -1;
    }
    if (tx->change && db_do(tx->db, err, SQL_WORKFLOW_CHANGED, "l", tx->workflow_id))
        return -1;
    tx->change = tx->any_ended = false;
    return 0;
}
