// SPDX-License-Identifier: GPL-2.0-or-later
// What one transaction keeps straight: counters per class, what follows from the end of a job,
// events, the workflow's end.
#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/meter/usage.h"
#include "lib/store/sqlite_action.h"
#include "lib/store/sqlite_share.h"
#include "lib/store/sqlite_work.h"
#include "lib/workflow/workflow.h"

#include <string.h>

struct used_delta { // a row of class_used: sums and the largest of attempts; or UNKNOWN
    int64_t class_id, attempts, wall_usec, wall_max_usec, cpu_usec, memory_peak_bytes,
        memory_anon_bytes;
    enum job_state state;
    enum usage_source source;
    size_t next; // of its class
};

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
    tx->classes_change = sqlite3_column_int64(s, 2);
    tx->ended = sqlite3_column_int(s, 3) != 0;
    tx->actions = sqlite3_column_int(s, 4) != 0;
    sqlite3_reset(s);
    return 0;
}

void tx_fini(struct tx *tx)
{
    free(tx->deltas);
    free(tx->used);
    free(tx->ended_jobs);
    *tx = (struct tx){0};
}

void tx_forget(struct tx *tx)
{
    if (tx->deltas)
        memset(tx->deltas, 0, tx->deltas_space * sizeof *tx->deltas);
    tx->deltas_count = tx->used_count = tx->ended_count = 0;
    tx->work = (struct work){0};
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
        delta->jobs[from] -= n;
    if (to < JOB_STATES)
        delta->jobs[to] += n;
    tx->any_ended |= job_state_is_final(to);
    tx->made_ready |= to == JOB_READY;
    tx->change |= to == JOB_READY;
}

static struct used_delta *used_of(struct tx *tx, int64_t class_id, enum job_state state,
                                  enum usage_source source)
{
    struct class_delta *delta = delta_of(tx, class_id);
    for (size_t i = delta->used; i; i = tx->used[i - 1].next)
        if (tx->used[i - 1].state == state && tx->used[i - 1].source == source)
            return &tx->used[i - 1];
    tx->used = array_grow(tx->used, tx->used_count, &tx->used_space, sizeof *tx->used);
    struct used_delta *used = &tx->used[tx->used_count++];
    *used = (struct used_delta){.class_id = class_id,
                                .wall_usec = UNKNOWN,
                                .wall_max_usec = UNKNOWN,
                                .cpu_usec = UNKNOWN,
                                .memory_peak_bytes = UNKNOWN,
                                .memory_anon_bytes = UNKNOWN,
                                .state = state,
                                .source = source,
                                .next = delta->used};
    delta->used = tx->used_count;
    return used;
}

static void add_known(int64_t *sum, int64_t number)
{
    if (number >= 0)
        *sum = *sum < 0 ? number : *sum + number;
}

static void keep_larger(int64_t *most, int64_t number)
{
    if (number > *most)
        *most = number;
}

static void add_usage(struct used_delta *used, const struct usage_record *usage)
{
    add_known(&used->cpu_usec, usage_cpu_usec(usage));
    keep_larger(&used->memory_peak_bytes, usage->memory_peak_bytes);
    keep_larger(&used->memory_anon_bytes, usage->memory_anon_bytes);
}

void tx_ran(struct tx *tx, int64_t class_id, enum job_state state, const struct attempt_end *end)
{
    struct usage_record total = {0};
    if (!class_id)
        return;
    if (end)
        usage_total(end, true, &total);
    struct used_delta *used = used_of(tx, class_id, state, total.source);
    used->attempts++;
    if (!end)
        return;
    add_known(&used->wall_usec, end->wall_usec);
    keep_larger(&used->wall_max_usec, end->wall_usec);
    for (uint32_t i = 0; i < end->usages_count; i++)
        add_usage(used, &end->usages[i]);
}

void tx_used(struct tx *tx, int64_t class_id, enum job_state state,
             const struct usage_record *usage)
{
    if (class_id)
        add_usage(used_of(tx, class_id, state, usage->source), usage);
}

static int write_counts(struct tx *tx, struct error *err)
{
    for (size_t i = 0; i < tx->deltas_space; i++) {
        const struct class_delta *d = &tx->deltas[i];
        for (int state = 0; d->class_id && state < JOB_STATES; state++)
            if (d->jobs[state] &&
                db_do(tx->db, err, SQL_COUNT_ADD, "lil", d->class_id, state, d->jobs[state]))
                return -1;
    }
    for (size_t i = 0; i < tx->used_count; i++) {
        const struct used_delta *u = &tx->used[i];
        if (db_do(tx->db, err, SQL_USED_ADD, "liilnnnnn", u->class_id, (int)u->state,
                  (int)u->source, u->attempts, u->wall_usec, u->wall_max_usec, u->cpu_usec,
                  u->memory_peak_bytes, u->memory_anon_bytes))
            return -1;
    }
    int rc = tx_work_write(tx, err);
    tx_forget(tx);
    return rc;
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

static void push_ended(struct tx *tx, int64_t job_id, bool good, enum job_change change)
{
    tx->ended_jobs =
        array_grow(tx->ended_jobs, tx->ended_count, &tx->ended_space, sizeof *tx->ended_jobs);
    tx->ended_jobs[tx->ended_count++] = (struct ended_job){job_id, good, change};
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
    push_ended(tx, d->id, false, CHANGE_ALL);
    if (d->class_id && tx_event(tx, EVENT_JOB_CANCELED, d->id, 0, 0, err))
        return -1;
    return db_do(tx->db, err, SQL_JOB_STATE, "li", d->id, (int)JOB_CANCELED);
}

// Of one that runs again only if something has changed: is this it? What has failed may have left
// anything.
static int note_change(struct tx *tx, struct dependent *d, const struct ended_job *ended,
                       struct error *err)
{
    int64_t reads = 0;
    if (!(d->flags & JOB_IF_CHANGED) || (ended->good && ended->change == CHANGE_NONE))
        return 0;
    if (ended->good && ended->change == CHANGE_WROTE &&
        db_number(tx->db, err, &reads, SQL_JOB_READS_OF, "ll", d->id, ended->id) < 0)
        return -1;
    if (reads)
        return 0;
    d->flags |= JOB_CHANGED;
    return db_do(tx->db, err, SQL_JOB_CHANGED, "l", d->id);
}

// All its needs have ended. What it reads is as it was when it completed, and so is what it comes
// after, or it starts anew. 1: it stays completed.
static int stays_completed(struct tx *tx, struct dependent *d, struct error *err)
{
    int64_t stale = d->flags & JOB_CHANGED;
    if (!stale && d->class_id && db_number(tx->db, err, &stale, SQL_JOB_STALE, "l", d->id) < 0)
        return -1;
    int done = stale ? JOB_IF_CHANGED | JOB_REWRITES | JOB_CHANGED : JOB_IF_CHANGED;
    if (stale || d->flags & JOB_REWRITES) {
        d->flags &= ~done;
        return db_do(tx->db, err, SQL_JOB_RENEW, "li", d->id, done) ||
                       db_do(tx->db, err, SQL_DATA_FORGET, "l", d->id)
                   ? -1
                   : 0;
    }
    tx_count(tx, d->class_id, JOB_BLOCKED, JOB_COMPLETED, 1);
    push_ended(tx, d->id, true, CHANGE_NONE);
    return db_do(tx->db, err, SQL_JOB_STAYS, "l", d->id) ? -1 : 1;
}

// One who needs a job that has ended. Whoever is canceled or, being a barrier, ends here has
// dependents to be told in turn.
static int tell_dependent(struct tx *tx, struct dependent *d, const struct ended_job *ended,
                          struct error *err)
{
    int rc = 0;
    if (!ended->good && (d->flags & JOB_CANCEL_ON_BLOCKING_FAILURE))
        return cancel_waiting(tx, d, JOB_BLOCKED, err);
    if (note_change(tx, d, ended, err))
        return -1;
    if (d->unmet > 1)
        return db_do(tx->db, err, SQL_JOB_UNMET, "li", d->id, (int)d->unmet - 1);
    if (d->flags & JOB_IF_CHANGED && (rc = stays_completed(tx, d, err)))
        return rc < 0 ? -1 : 0;
    enum job_state state = d->class_id ? JOB_READY : JOB_COMPLETED;
    tx_count(tx, d->class_id, JOB_BLOCKED, state, 1);
    if (!d->class_id)
        push_ended(tx, d->id, true, CHANGE_ALL);
    else if (tx_event(tx, EVENT_JOB_READY, d->id, 0, 0, err))
        return -1;
    return db_do(tx->db, err, SQL_JOB_FREED, "li", d->id, (int)state) ||
                   (d->class_id && tx_actions_job(tx, d->id, err))
               ? -1
               : 0;
}

// A worklist instead of recursion; only blocked dependents are looked at, so each job is canceled,
// and told on, once.
static int tell_ended(struct tx *tx, struct error *err)
{
    while (tx->ended_count) {
        struct ended_job ended = tx->ended_jobs[--tx->ended_count];
        if (tx_actions_job(tx, ended.id, err))
            return -1;
        sqlite3_stmt *s = db_query(tx->db, err, SQL_DEPENDENTS, "l", ended.id);
        if (!s)
            return -1;
        int rc;
        while ((rc = db_step(tx->db, s, err)) > 0) {
            struct dependent d = {sqlite3_column_int64(s, 0), sqlite3_column_int64(s, 1),
                                  sqlite3_column_int(s, 2), sqlite3_column_int(s, 3)};
            if (tell_dependent(tx, &d, &ended, err))
                return -1;
        }
        if (rc < 0)
            return -1;
    }
    return 0;
}

int tx_job_ended(struct tx *tx, int64_t job_id, enum job_state ended_state, enum job_change change,
                 struct error *err)
{
    push_ended(tx, job_id, ended_state == JOB_COMPLETED || ended_state == JOB_DISABLED, change);
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
    if (db_do(tx->db, err, SQL_JOB_RETURN, "li", job_id, (int)to) ||
        tx_event(tx, kind, job_id, runner_id, 0, err))
        return -1;
    return to == JOB_CANCELED ? tx_job_ended(tx, job_id, to, CHANGE_ALL, err) : 0;
}

// What an unfinished job becomes. Of a canceled workflow nothing goes on.
static enum job_state back_to(const struct tx *tx)
{
    return tx->state == WORKFLOW_RUNNING || tx->state == WORKFLOW_HELD ? JOB_READY : JOB_CANCELED;
}

// counted: what was claimed has got an attempt.
static int give_back(struct tx *tx, int64_t runner_id, enum job_state last, bool counted,
                     struct error *err)
{
    enum job_state to = back_to(tx);
    sqlite3_stmt *s = db_query(tx->db, err, SQL_RUNNER_HELD, "li", runner_id, (int)last);
    int rc = -1;
    while (s && (rc = db_step(tx->db, s, err)) > 0) {
        int64_t id = sqlite3_column_int64(s, 0), class_id = sqlite3_column_int64(s, 1);
        enum job_state from = (enum job_state)sqlite3_column_int(s, 2);
        enum job_state job_to = sqlite3_column_int(s, 3) & JOB_CANCEL_ASKED ? JOB_CANCELED : to;
        tx_count(tx, class_id, from, job_to, 1);
        if (from == JOB_RUNNING || counted)
            tx_ran(tx, class_id, to, NULL); // as its attempt says
        if (tx_return(tx, id, runner_id, job_to, err))
            return -1;
    }
    return rc;
}

int tx_give_back_pending(struct tx *tx, int64_t runner_id, struct error *err)
{
    return give_back(tx, runner_id, JOB_PENDING, false, err);
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
    int64_t class_id = 0;
    if (db_number(db, err, &class_id, SQL_JOB_GET, "ll", start->job_id, tx->workflow_id) < 0)
        return -1;
    tx_ran(tx, class_id, back_to(tx), NULL);
    return db_do(db, err, SQL_ATTEMPT_START, "liillssz", start->job_id, (int)start->run_id,
                 (int)start->attempt_id, runner_id, start->start_usec, start->stdout_path,
                 start->stderr_path, start->stream_at) ||
                   db_do(db, err, SQL_WORK_LOST_OF_JOB, "ll", start->job_id, tx->now_usec) ||
                   db_do(db, err, SQL_SHARE_ATTEMPT_LOST, "llisi", start->job_id, tx->now_usec,
                         (int)back_to(tx), died, 0)
               ? -1
               : 0;
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
    if (tx_work_runner_ends(tx, runner_id, lost, err) ||
        tx_share_runner_ends(tx, runner_id, lost, err) ||
        db_do(db, err, SQL_ATTEMPT_LOST, "llis", runner_id, tx->now_usec, (int)back_to(tx),
              message) ||
        (lost && count_claimed(tx, runner_id, err)) ||
        give_back(tx, runner_id, JOB_RUNNING, lost, err) ||
        tx_actions_runner_ends(tx, runner_id, err) ||
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
    if (!open && tx_actions_finish(tx, &open, err))
        return -1;
    if (!open) {
        tx->ended = true;
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
