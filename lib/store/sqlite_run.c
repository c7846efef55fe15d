// SPDX-License-Identifier: GPL-2.0-or-later
// A runner's sync: ends, starts, give-backs, claims and heartbeat, all in one transaction.
#include "lib/base/mem.h"
#include "lib/store/restart.h"
#include "lib/store/sqlite_action.h"
#include "lib/store/sqlite_give.h"
#include "lib/store/sqlite_seen.h"
#include "lib/store/sqlite_share.h"
#include "lib/store/sqlite_work.h"
#include "lib/workflow/workflow.h"

struct sync_state {
    struct tx tx;
    struct runner_row runner;
    const struct sync_request *request;
    struct sync_reply *reply;
    int64_t jobs_run;
    bool careful; // each record by itself: one of them is refused for good
};

struct held_job { // a job that the request names
    int64_t class_id;
    enum job_state state;
    int32_t attempts, flags;
};

// *found: there is such a runner.
static int read_runner(struct db *db, struct sync_state *st, bool *found, struct error *err)
{
    struct runner_row *r = &st->runner;
    sqlite3_stmt *s = db_query(db, err, SQL_RUNNER_GET, "l", st->request->runner_id);
    int rc = s ? db_step(db, s, err) : -1;
    if ((*found = rc > 0)) {
        struct arena *arena = st->reply->arena;
        *r = (struct runner_row){
            .id = st->request->runner_id,
            .workflow_id = sqlite3_column_int64(s, 0),
            .seq = sqlite3_column_int64(s, 1),
            .ended = sqlite3_column_int(s, 2) != 0,
            .lost = sqlite3_column_int(s, 3) != 0,
            .cpus = sqlite3_column_int(s, 4),
            .memory_bytes = sqlite3_column_int64(s, 5),
            .gpus_milli = sqlite3_column_int(s, 6),
            .labels = db_text(arena, s, 7),
            .started_usec = sqlite3_column_int64(s, 8),
            .limit_usec = sqlite3_column_int64(s, 9),
            .state = (enum workflow_state)sqlite3_column_int(s, 10),
            .scheduler = db_text(arena, s, 11),
            .allocation_start_usec = sqlite3_column_int64(s, 12),
            .allocation_id = sqlite3_column_int64(s, 13),
            .walltime_usec = sqlite3_column_int64(s, 14),
            .nodes = sqlite3_column_int(s, 15),
            .allocation_nodes = sqlite3_column_int(s, 16),
        };
        sqlite3_reset(s);
    }
    return rc < 0 ? -1 : 0;
}

// Would it be refused each time?
static bool is_for_good(const struct db *db, const struct error *err)
{
    return db->refuses || err->code == ERROR_INTERNAL;
}

static void refuse(struct sync_state *st, int64_t job_id)
{
    struct sync_reply *reply = st->reply;
    if (!reply->refused) {
        const struct sync_request *q = st->request;
        reply->refused =
            arena_alloc(reply->arena, sizeof(int64_t) * (q->starts_count + q->ends_count +
                                                         q->returned_count + 1));
    }
    reply->refused[reply->refused_count++] = job_id;
}

// A restart does not change the run that an attempt began in. (A journal of an earlier torc does
// not say it.)
static int run_of(const struct sync_state *st, const struct attempt_start *start)
{
    return start->run_id ? start->run_id : st->tx.run_id;
}

// A restart counts attempts from 1 again: what was told of one of an earlier run, and comes once
// more, is none of the present one.
static int was_told(struct sync_state *st, const struct attempt_start *b, struct error *err)
{
    int64_t ended = 0;
    if (run_of(st, b) == st->tx.run_id)
        return 0;
    return db_number(st->tx.db, err, &ended, SQL_ATTEMPT_ENDED, "lii", b->job_id, run_of(st, b),
                     (int)b->attempt_id) < 0
               ? -1
               : ended != 0;
}

// Fencing: 1 when the job is this runner's, in this very attempt; else 0, and it is refused.
static int check_job(struct sync_state *st, const struct attempt_start *b, struct held_job *held,
                     struct error *err)
{
    int32_t attempt_id = b->attempt_id;
    sqlite3_stmt *s = db_query(st->tx.db, err, SQL_JOB_GET, "ll", b->job_id, st->tx.workflow_id);
    int rc = s ? db_step(st->tx.db, s, err) : -1;
    bool mine = false;
    if (rc > 0) {
        *held =
            (struct held_job){sqlite3_column_int64(s, 0), (enum job_state)sqlite3_column_int(s, 1),
                              sqlite3_column_int(s, 3), sqlite3_column_int(s, 5)};
        mine = sqlite3_column_int64(s, 2) == st->runner.id &&
               ((held->state == JOB_PENDING && attempt_id == held->attempts + 1) ||
                (held->state == JOB_RUNNING && attempt_id == held->attempts));
        sqlite3_reset(s);
    }
    if (mine && (rc = was_told(st, b, err)) > 0)
        mine = false;
    if (rc >= 0 && !mine)
        refuse(st, b->job_id);
    return rc < 0 ? -1 : mine;
}

// What one node and step have used is there once: a second record of it is dropped, and e does not
// have it any more.
static int add_usages(struct sync_state *st, int64_t attempt, struct attempt_end *e,
                      struct error *err)
{
    struct db *db = st->tx.db;
    struct usage_record *kept = arena_alloc(st->reply->arena, e->usages_count * sizeof *kept + 1);
    uint32_t count = 0;
    for (uint32_t i = 0; i < e->usages_count; i++) {
        if (tx_usage_add(&st->tx, attempt, &e->usages[i], err))
            return -1;
        if (sqlite3_changes(db->sqlite))
            kept[count++] = e->usages[i];
    }
    e->usages = kept;
    e->usages_count = count;
    return 0;
}

// The attempt's row: a whole one when its start was never sent, as with most short jobs.
static int write_attempt(struct sync_state *st, const struct attempt_end *e, enum job_state state,
                         bool started, int64_t *attempt, struct error *err)
{
    struct db *db = st->tx.db;
    const struct attempt_start *b = &e->start;
    enum attempt_reason reason = e->reason            ? e->reason
                                 : state == JOB_READY ? REASON_TERMINATED
                                                      : REASON_NONE;
    if (!started) {
        if (db_do(db, err, SQL_ATTEMPT_WHOLE, "liillsslninnizssiz", b->job_id, run_of(st, b),
                  (int)b->attempt_id, st->runner.id, b->start_usec, b->stdout_path, b->stderr_path,
                  e->end_usec, e->wall_usec, (int)state, (int64_t)e->exit_code, (int64_t)e->signal,
                  (int)e->core, (int64_t)reason, e->message, e->stderr_tail, (int)e->warnings,
                  b->stream_at))
            return -1;
        *attempt = sqlite3_last_insert_rowid(db->sqlite);
        return 0;
    }
    int rc = db_number(db, err, attempt, SQL_ATTEMPT_OPEN, "ll", b->job_id, st->runner.id);
    if (rc <= 0)
        return rc < 0
                   ? -1
                   : error_set(err, ERROR_INTERNAL, 0,
                               "the database %s is damaged: job %lld runs, but was never started",
                               db->path, (long long)b->job_id);
    return db_do(db, err, SQL_ATTEMPT_END, "lsslninnizssiz", *attempt, b->stdout_path,
                 b->stderr_path, e->end_usec, e->wall_usec, (int)state, (int64_t)e->exit_code,
                 (int64_t)e->signal, (int)e->core, (int64_t)reason, e->message, e->stderr_tail,
                 (int)e->warnings, b->stream_at);
}

// Whoever ends well has set the data that it declares: looked at here, where no later value can
// slip in between.
static int check_output_data(struct sync_state *st, struct attempt_end *e, struct error *err)
{
    sqlite3_stmt *s = db_query(st->tx.db, err, SQL_DATA_MISSING, "l", e->start.job_id);
    int rc = s ? db_step(st->tx.db, s, err) : -1;
    if (rc <= 0)
        return rc;
    const char *name = db_text(st->reply->arena, s, 0);
    sqlite3_reset(s);
    e->state = JOB_FAILED;
    e->reason = REASON_MISSING_OUTPUT;
    e->message = arena_printf(
        st->reply->arena,
        "it ended well, but did not set its output data %s (torc data set %s JSON)", name, name);
    return 0;
}

// What is tried again with more waits in a class of its own.
static int change_class(struct sync_state *st, const struct attempt_end *e, int64_t class_id,
                        struct error *err)
{
    struct restart_more more = {e->start.job_id, class_id, e->retry_class, e->retry_memory_bytes,
                                e->retry_runtime_usec};
    int64_t now = class_id;
    if (tx_more(&st->tx, &more, JOB_READY, err) ||
        db_number(st->tx.db, err, &now, SQL_JOB_CLASS, "l", e->start.job_id) < 0)
        return -1;
    tx_count(&st->tx, class_id, JOB_READY, JOB_STATES, 1);
    tx_count(&st->tx, now, JOB_STATES, JOB_READY, 1);
    return 0;
}

static int apply_end(struct sync_state *st, const void *record, struct error *err)
{
    struct tx *tx = &st->tx;
    struct held_job held;
    struct attempt_end end = *(const struct attempt_end *)record, *e = &end;
    int64_t attempt = 0;
    if (e->state != JOB_READY && e->state != JOB_PENDING_FAILED &&
        (e->state >= JOB_STATES || !job_state_is_final(e->state))) {
        refuse(st, e->start.job_id);
        return 0;
    }
    if (e->start.taken && tx_take(tx, st->runner.id, &e->start, err))
        return -1;
    int rc = check_job(st, &e->start, &held, err);
    if (rc <= 0)
        return rc;
    if (e->state == JOB_COMPLETED && held.flags & JOB_USES_DATA && check_output_data(st, e, err))
        return -1;
    enum job_state state = e->state;
    if (state == JOB_READY && (tx->state == WORKFLOW_CANCELED || held.flags & JOB_CANCEL_ASKED))
        state = JOB_CANCELED; // it cannot go on
    if (write_attempt(st, e, state, held.state == JOB_RUNNING, &attempt, err) ||
        (held.state == JOB_RUNNING && tx_share_used(tx, held.class_id, state, attempt, err)) ||
        tx_share_end(tx, &e->start, err) || add_usages(st, attempt, e, err))
        return -1;
    bool goes_on = state == JOB_READY && (!e->reason || e->reason == REASON_TERMINATED);
    bool useful =
        state == JOB_COMPLETED || (goes_on && held.flags & JOB_SUPPORTS_TERMINATION); // saved
    if (tx_work_end(tx, &st->runner, held.class_id, e, useful, err))
        return -1;
    bool other = true;
    if (state == JOB_COMPLETED && held.flags & JOB_REWRITES &&
        tx_wrote_other(tx, st->reply->arena, e->start.job_id, e->files, e->files_count, &other,
                       err))
        return -1;
    if (state == JOB_COMPLETED &&
        (tx_files_seen(tx, st->reply->arena, e->start.job_id, e->files, e->files_count, err) ||
         (held.flags & JOB_USES_DATA &&
          db_do(tx->db, err, SQL_JOB_DATA_SEEN, "li", e->start.job_id, (int)ROLE_OUTPUT))))
        return -1;
    bool retry = state == JOB_READY && e->retry;
    tx_count(tx, held.class_id, held.state, state, 1);
    tx_ran(tx, held.class_id, state, e);
    st->jobs_run++;
    if (held.state != JOB_RUNNING && (e->exit_code != UNKNOWN || e->signal != UNKNOWN) &&
        tx_event_at(tx, EVENT_JOB_STARTED, e->start.job_id, st->runner.id, attempt,
                    e->start.start_usec, err))
        return -1;
    if (db_do(tx->db, err, SQL_JOB_END, "liiii", e->start.job_id, (int)state,
              (int)e->start.attempt_id, (int)(state == JOB_READY && !retry), (int)retry) ||
        tx_event_at(tx, EVENT_JOB_ENDED, e->start.job_id, st->runner.id, attempt, e->end_usec, err))
        return -1;
    if (retry && e->retry_class && change_class(st, e, held.class_id, err))
        return -1;
    enum job_change change = !(held.flags & JOB_REWRITES) ? CHANGE_ALL
                             : other                      ? CHANGE_WROTE
                                                          : CHANGE_NONE;
    return job_state_is_final(state) ? tx_job_ended(tx, e->start.job_id, state, change, err) : 0;
}

static int apply_start(struct sync_state *st, const void *record, struct error *err)
{
    const struct attempt_start *b = record;
    struct tx *tx = &st->tx;
    struct held_job held;
    if (b->taken && tx_take(tx, st->runner.id, b, err))
        return -1;
    int rc = check_job(st, b, &held, err);
    if (rc == 0 && !st->request->seq)
        return tx_start_lost(tx, st->runner.id, b, err);
    if (rc <= 0)
        return rc;
    if (held.state == JOB_RUNNING) // told before
        return b->message ? db_do(tx->db, err, SQL_ATTEMPT_SAYS, "lls", b->job_id, st->runner.id,
                                  b->message)
                          : 0;
    if (db_do(tx->db, err, SQL_ATTEMPT_START, "liillssz", b->job_id, run_of(st, b),
              (int)b->attempt_id, st->runner.id, b->start_usec, b->stdout_path, b->stderr_path,
              b->stream_at))
        return -1;
    int64_t attempt = sqlite3_last_insert_rowid(tx->db->sqlite);
    tx_count(tx, held.class_id, JOB_PENDING, JOB_RUNNING, 1);
    tx_work_start(tx, &st->runner, b);
    return (b->message &&
            db_do(tx->db, err, SQL_ATTEMPT_SAYS, "lls", b->job_id, st->runner.id, b->message)) ||
                   db_do(tx->db, err, SQL_JOB_START, "li", b->job_id, (int)b->attempt_id) ||
                   tx_event_at(tx, EVENT_JOB_STARTED, b->job_id, st->runner.id, attempt,
                               b->start_usec, err)
               ? -1
               : 0;
}

static int apply_return(struct sync_state *st, const void *record, struct error *err)
{
    int64_t job_id = *(const int64_t *)record;
    struct tx *tx = &st->tx;
    sqlite3_stmt *s = db_query(tx->db, err, SQL_JOB_GET, "ll", job_id, tx->workflow_id);
    int rc = s ? db_step(tx->db, s, err) : -1;
    bool mine = rc > 0 && sqlite3_column_int64(s, 2) == st->runner.id &&
                sqlite3_column_int(s, 1) == JOB_PENDING;
    int64_t class_id = rc > 0 ? sqlite3_column_int64(s, 0) : 0;
    bool canceled =
        tx->state == WORKFLOW_CANCELED || (rc > 0 && sqlite3_column_int(s, 5) & JOB_CANCEL_ASKED);
    if (rc < 0)
        return -1;
    sqlite3_reset(s);
    if (!mine) {
        refuse(st, job_id);
        return 0;
    }
    enum job_state to = canceled ? JOB_CANCELED : JOB_READY;
    tx_count(tx, class_id, JOB_PENDING, to, 1);
    return tx_share_drop(tx, job_id, err) || tx_return(tx, job_id, st->runner.id, to, err) ? -1 : 0;
}

static int apply_share(struct sync_state *st, const void *record, struct error *err)
{
    return tx_share_cleared(&st->tx, st->runner.id, record, err);
}

static int add_point(struct sync_state *st, const void *record, struct error *err)
{
    const struct usage_point *p = record;
    struct db *db = st->tx.db;
    return p->job_id ? db_do(db, err, SQL_SAMPLE_OF_JOB, "llnnlis", st->runner.id, p->time_usec,
                             p->cpu_usec, p->memory_bytes, p->job_id, (int)p->attempt_id, p->gpus)
                     : db_do(db, err, SQL_SAMPLE_OF_NODE, "llnn", st->runner.id, p->time_usec,
                             p->cpu_usec, p->memory_bytes);
}

// A job that started and ended since the last sync may come in both lists: its end is the one that
// counts.
static bool has_end(const struct sync_request *q, int64_t job_id)
{
    uint32_t i = 0;
    while (i < q->ends_count && q->ends[i].start.job_id != job_id)
        i++;
    return i < q->ends_count;
}

// Applies one record. Where the database refuses it for good (*refused), everything is as if it had
// not come; else one bad record would keep all others out for ever.
static int apply_one(struct sync_state *st,
                     int (*one)(struct sync_state *, const void *, struct error *),
                     const void *record, bool *refused, struct error *err)
{
    struct db *db = st->tx.db;
    int64_t jobs_run = st->jobs_run;
    *refused = false;
    if (!st->careful)
        return one(st, record, err);
    if (tx_finish(&st->tx, err) || db_do(db, err, SQL_SAVEPOINT, ""))
        return -1;
    int rc = one(st, record, err) || tx_finish(&st->tx, err) ? -1 : 0;
    if (rc && (*refused = is_for_good(db, err))) {
        tx_forget(&st->tx);
        st->jobs_run = jobs_run;
        db->refuses = false;
        rc = db_do(db, NULL, SQL_ROLLBACK_TO, "");
    }
    return rc || db_do(db, err, SQL_RELEASE, "") ? -1 : 0;
}

// Its job ends all the same, with what cannot be wrong; else it would be this runner's for ever.
static int apply_any_end(struct sync_state *st, const struct attempt_end *end, struct error *err)
{
    bool refused;
    struct attempt_end bare = {.start = end->start,
                               .end_usec = end->end_usec,
                               .wall_usec = end->wall_usec,
                               .state = JOB_FAILED,
                               .exit_code = end->exit_code,
                               .signal = end->signal};
    if (apply_one(st, apply_end, end, &refused, err))
        return -1;
    if (!refused)
        return 0;
    bare.message =
        arena_printf(st->reply->arena, "its result could not be recorded: %s", err->text);
    if (apply_one(st, apply_end, &bare, &refused, err))
        return -1;
    if (refused)
        refuse(st, end->start.job_id);
    return 0;
}

static int apply(struct sync_state *st, struct error *err)
{
    const struct sync_request *q = st->request;
    struct sync_reply *reply = st->reply;
    bool refused; // of what its end tells, too, or nobody misses
    for (uint32_t i = 0; i < q->ends_count; i++)
        if (apply_any_end(st, &q->ends[i], err))
            return -1;
    for (uint32_t i = 0; i < q->starts_count; i++)
        if (!has_end(q, q->starts[i].job_id) &&
            apply_one(st, apply_start, &q->starts[i], &refused, err))
            return -1;
    for (uint32_t i = 0; i < q->returned_count; i++)
        if (apply_one(st, apply_return, &q->returned[i], &refused, err))
            return -1;
    for (uint32_t i = 0; i < q->shares_count; i++)
        if (apply_one(st, apply_share, &q->shares[i], &refused, err))
            return -1;
    for (uint32_t i = 0; i < q->points_count; i++)
        if (apply_one(st, add_point, &q->points[i], &refused, err))
            return -1;
    if (q->seq == 0) // the runner itself may be dead, and takes nothing
        return (q->leave && tx_give_back_pending(&st->tx, st->runner.id, err)) ||
                       tx_finish(&st->tx, err)
                   ? -1
                   : 0;
    if (tx_actions_ended(&st->tx, st->runner.id, &q->actions, err))
        return -1;
    if (q->leave && tx_runner_ends(&st->tx, st->runner.id, false, err))
        return -1;
    if (tx_finish(&st->tx, err))
        return -1;
    bool left = false;
    if (!q->leave &&
        (tx_actions_give(&st->tx, st->runner.id, &q->actions, reply->arena, &reply->actions, err) ||
         tx_claim(&st->tx, &st->runner, &q->claim, reply, &left, err)))
        return -1;
    int unfit_cpus = work_unfit_cpus(&st->runner, &q->claim, reply, left);
    return db_do(st->tx.db, err, SQL_RUNNER_BEAT, "lllli", st->runner.id, st->tx.now_usec, q->seq,
                 st->jobs_run, unfit_cpus) ||
                   tx_finish(&st->tx, err) || (!q->leave && tx_hints(&st->tx, q, reply, err))
               ? -1
               : 0;
}

static int sync_in(struct db *db, struct sync_state *st, struct error *err)
{
    struct sync_reply *reply = st->reply;
    bool found = false;
    if (read_runner(db, st, &found, err))
        return -1;
    bool replay = st->request->seq && st->request->seq <= st->runner.seq;
    if (!found || st->runner.lost || (st->runner.ended && !replay)) {
        reply->expelled = true;
        return 0;
    }
    if (tx_init(&st->tx, db, st->runner.workflow_id, err))
        return -1;
    if (replay ? tx_claimed_before(&st->tx, &st->runner, reply, err) ||
                     tx_actions_claimed_before(&st->tx, st->runner.id, reply->arena,
                                               &reply->actions, err)
               : apply(st, err))
        return -1;
    if (tx_canceled(&st->tx, st->runner.id, reply, err) ||
        tx_shares_open(&st->tx, &st->runner, st->request, reply, err) ||
        (!replay && tx_finish(&st->tx, err)) ||
        (!replay && tx_demand_due(&st->tx, &reply->demand, err)))
        return -1;
    reply->complete = st->tx.state == WORKFLOW_COMPLETE || st->tx.state == WORKFLOW_CANCELED;
    reply->classes_change = st->tx.classes_change;
    reply->held = st->tx.state == WORKFLOW_HELD;
    reply->may_come = (reply->may_come || replay) && !reply->complete;
    reply->interval_ms =
        db->network ? 250 : 0; // a rollback journal on a network: fewer, larger transactions
    return 0;
}

static int sync_once(struct db *db, struct sync_state *st, struct error *err)
{
    if (db_begin(db, true, err))
        return -1;
    int rc = db_end(db, sync_in(db, st, err), err);
    if (rc == 0)
        db->watched = st->runner.workflow_id;
    tx_fini(&st->tx);
    return rc;
}

int sqlite_sync(void *impl, const struct sync_request *request, struct sync_reply *reply,
                struct error *err)
{
    struct db *db = impl;
    struct arena *arena = reply->arena;
    struct error why = {0};
    struct sync_state st = {.request = request, .reply = reply};
    int rc = sync_once(db, &st, &why);
    if (rc && is_for_good(db, &why)) {
        *reply = (struct sync_reply){.arena = arena};
        st = (struct sync_state){.request = request, .reply = reply, .careful = true};
        rc = sync_once(db, &st, &why);
        if (rc && is_for_good(db, &why))
            why.code = ERROR_INTERNAL; // not to be tried again
    }
    if (rc && err)
        *err = why;
    return rc;
}
