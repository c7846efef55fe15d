// SPDX-License-Identifier: GPL-2.0-or-later
// When actions fire. One that waits for jobs names the first of them that is not there yet; who
// changes that job's state moves the name on, which passes each job once.
#include "lib/store/sqlite_action.h"

#include <stdio.h>

#include "lib/base/mem.h"

static int tell(struct tx *tx, enum event_kind kind, int32_t position, const char *what,
                struct error *err)
{
    char data[128];
    snprintf(data, sizeof data, "{\"action\":%d%s}", position, what);
    return tx_event_allocation(tx, kind, 0, 0, data, err);
}

// ---- rows ----

static int add_jobs(struct db *db, const struct action_row *a, int64_t id, const int64_t *jobs,
                    struct error *err)
{
    struct bulk bulk;
    int rc = db_bulk_open(&bulk, db, SQL_ACTION_JOB_ADD, a->jobs_count, err);
    for (uint32_t i = 0; !rc && i < a->jobs_count; i++)
        rc = db_bulk_row(&bulk, err, "ll", id, jobs[a->jobs[i]]);
    db_bulk_close(&bulk);
    return rc;
}

static int add_action(struct tx *tx, const struct action_row *a, size_t place, const int64_t *jobs,
                      struct error *err)
{
    struct db *db = tx->db;
    bool worker = action_is_of_worker(a->trigger);
    bool each = a->type == ACTION_COMMANDS && (a->persistent || worker);
    enum action_state state = worker && each ? ACTION_FIRED : ACTION_WAITING;
    if (db_do(db, err, SQL_ACTION_ADD, "liiiissizii", tx->workflow_id, (int)place + 1,
              (int)a->trigger, (int)a->type, (int)each, a->commands, a->scheduler,
              (int)a->num_allocations, (int64_t)a->max_parallel_jobs, (int)a->jobs_count,
              (int)state))
        return -1;
    return add_jobs(db, a, sqlite3_last_insert_rowid(db->sqlite), jobs, err);
}

int tx_actions_add(struct tx *tx, const struct workflow *w, const int64_t *jobs, struct error *err)
{
    for (size_t i = 0; i < w->actions_count; i++)
        if (add_action(tx, &w->actions[i], i, jobs, err))
            return -1;
    tx->actions = w->actions_count > 0;
    return 0;
}

// Positions are given anew, so they are first taken out of the way.
int tx_actions_amend(struct tx *tx, const struct workflow *w, const int64_t *jobs,
                     struct error *err)
{
    struct db *db = tx->db;
    if (db_do(db, err, SQL_ACTIONS_ASIDE, "l", tx->workflow_id) ||
        db_do(db, err, SQL_DELETE_ACTION_JOBS, "l", tx->workflow_id))
        return -1;
    for (size_t i = 0; i < w->actions_count; i++) {
        const struct action_row *a = &w->actions[i];
        int64_t id = 0;
        int rc = db_number(db, err, &id, SQL_ACTION_SAME, "liiss", tx->workflow_id, (int)a->trigger,
                           (int)a->type, a->commands, a->scheduler);
        if (rc < 0 || (rc == 0 && add_action(tx, a, i, jobs, err)))
            return -1;
        if (rc > 0 &&
            (db_do(db, err, SQL_ACTION_SAME_SET, "liizi", id, (int)i + 1, (int)a->num_allocations,
                   (int64_t)a->max_parallel_jobs, (int)a->jobs_count) ||
             add_jobs(db, a, id, jobs, err)))
            return -1;
    }
    tx->actions = w->actions_count > 0;
    return db_do(db, err, SQL_ACTION_RUNS_DROP, "l", tx->workflow_id) ||
                   db_do(db, err, SQL_ACTIONS_DROP, "l", tx->workflow_id)
               ? -1
               : 0;
}

// ---- firing ----

static int fire(struct tx *tx, int64_t id, struct error *err)
{
    struct db *db = tx->db;
    int64_t wanted = 1;
    sqlite3_stmt *s = db_query(db, err, SQL_ACTION_GET, "l", id);
    if (!s || db_step(db, s, err) <= 0)
        return -1;
    bool nodes = sqlite3_column_int(s, 0) == ACTION_NODES, maybe = sqlite3_column_int(s, 1) != 0;
    int32_t position = sqlite3_column_int(s, 2);
    sqlite3_reset(s);
    // after a restart that may have changed nothing for it; nodes for which there is no job
    if (maybe && db_number(db, err, &wanted, SQL_ACTION_RAN, "li", id, (int)tx->run_id) < 0)
        return -1;
    if (!wanted)
        return db_do(db, err, SQL_ACTION_STATE, "li", id, (int)ACTION_DONE);
    if (nodes &&
        db_number(db, err, &wanted, SQL_ACTION_NEEDED, "li", tx->workflow_id, (int)position) < 0)
        return -1;
    tx->change = true;
    tx->made_ready |= nodes;
    return db_do(db, err, SQL_ACTION_FIRE, "liil", id, (int)(wanted ? ACTION_FIRED : ACTION_DONE),
                 (int)tx->run_id, tx->now_usec) ||
                   tell(tx, EVENT_ACTION_FIRED, position, wanted ? "" : ",\"needed\":false", err)
               ? -1
               : 0;
}

// From this job on: the first that is not there; none: it fires.
static int advance(struct tx *tx, int64_t id, int64_t from, struct error *err)
{
    int64_t next = 0;
    int rc = db_number(tx->db, err, &next, SQL_ACTION_NEXT, "ll", id, from);
    if (rc < 0)
        return -1;
    return rc ? db_do(tx->db, err, SQL_ACTION_WAITS, "ll", id, next) : fire(tx, id, err);
}

int tx_actions_job(struct tx *tx, int64_t job_id, struct error *err)
{
    int64_t id = 0;
    int rc = 0;
    if (!tx->actions)
        return 0;
    while ((rc = db_number(tx->db, err, &id, SQL_ACTIONS_OF_JOB, "l", job_id)) > 0)
        if (advance(tx, id, job_id, err))
            return -1;
    while (rc == 0 && (rc = db_number(tx->db, err, &id, SQL_ACTION_FIRST, "l", job_id)) > 0)
        if ((rc = fire(tx, id, err)))
            return -1;
    return rc < 0 ? -1 : 0;
}

static int look_at(struct tx *tx, int64_t id, struct error *err)
{
    int64_t how = 0;
    if (db_number(tx->db, err, &how, SQL_ACTION_HOW, "l", id) < 0)
        return -1;
    // 0: it waits for all of its jobs; 1: for the first, and none is ready; 2: for nothing
    return how == 2 ? fire(tx, id, err) : how == 0 ? advance(tx, id, 0, err) : 0;
}

int tx_actions_look(struct tx *tx, struct error *err)
{
    cleanup_free int64_t *ids = NULL;
    size_t count = 0, space = 0;
    if (!tx->actions)
        return 0;
    sqlite3_stmt *s = db_query(tx->db, err, SQL_ACTIONS_WAITING, "l", tx->workflow_id);
    int rc = -1;
    while (s && (rc = db_step(tx->db, s, err)) > 0) {
        ids = array_grow(ids, count, &space, sizeof *ids);
        ids[count++] = sqlite3_column_int64(s, 0);
    }
    for (size_t i = 0; rc == 0 && i < count; i++)
        rc = look_at(tx, ids[i], err);
    return rc;
}

int tx_actions_restart(struct tx *tx, struct error *err)
{
    struct db *db = tx->db;
    int64_t id = tx->workflow_id;
    if (!tx->actions)
        return 0;
    return db_do(db, err, SQL_ACTIONS_AGAIN, "l", id) ||
                   db_do(db, err, SQL_ACTIONS_AGAIN_START, "l", id) ||
                   db_do(db, err, SQL_ACTIONS_AGAIN_END, "l", id)
               ? -1
               : 0;
}

int tx_actions_worker(struct tx *tx, enum action_trigger trigger, struct error *err)
{
    int64_t id = 0;
    int rc = 0;
    while (tx->actions && (rc = db_number(tx->db, err, &id, SQL_ACTION_OF_WORKER, "lil",
                                          tx->workflow_id, (int)trigger, id)) > 0)
        if (fire(tx, id, err))
            return -1;
    return rc;
}

int tx_actions_finish(struct tx *tx, int64_t *open, struct error *err)
{
    struct db *db = tx->db;
    int64_t id = 0, alive = 0;
    int rc;
    if (!tx->actions)
        return 0;
    while ((rc = db_number(db, err, &id, SQL_ACTIONS_LAST, "l", tx->workflow_id)) > 0)
        if (fire(tx, id, err))
            return -1;
    bool canceled = tx->state == WORKFLOW_CANCELED;
    if (rc < 0 || db_do(db, err, SQL_ACTIONS_NODES_OVER, "l", tx->workflow_id) ||
        db_number(db, err, &alive, SQL_RUNNERS_ALIVE, "l", tx->workflow_id) < 0 ||
        db_number(db, err, open, SQL_ACTIONS_OPEN, "li", tx->workflow_id, (int)canceled) < 0)
        return -1;
    if (canceled && !alive)
        *open = 0; // no runner is let in any more
    return 0;
}

// ---- doing them ----

static int end_run(struct tx *tx, int64_t runner_id, const struct action_end *e, struct error *err)
{
    struct db *db = tx->db;
    enum action_state state = e->again ? ACTION_FIRED : e->good ? ACTION_DONE : ACTION_FAILED;
    int64_t position = 0;
    if (db_do(db, err, SQL_ACTION_RUN_END, "lllinnnsss", e->id, runner_id, e->end_usec, (int)state,
              (int64_t)e->commands_done, (int64_t)e->exit_code, (int64_t)e->signal, e->message,
              e->output, e->log))
        return -1;
    if (!sqlite3_changes(db->sqlite))
        return 0;
    tx->change = true;
    tx->any_ended |= !tx->ended; // it may have been what the workflow waited for
    return db_do(db, err, SQL_ACTION_SETTLE, "li", e->id, (int)state) ||
                   db_number(db, err, &position, SQL_ACTION_OF_RUN, "l", e->id) < 0 ||
                   tell(tx, e->again ? EVENT_ACTION_LOST : EVENT_ACTION_ENDED, (int32_t)position,
                        e->good ? ",\"state\":\"done\"" : ",\"state\":\"failed\"", err)
               ? -1
               : 0;
}

int tx_actions_ended(struct tx *tx, int64_t runner_id, const struct action_wish *wish,
                     struct error *err)
{
    for (uint32_t i = 0; i < wish->ended_count; i++)
        if (end_run(tx, runner_id, &wish->ended[i], err))
            return -1;
    return 0;
}

int tx_actions_runner_ends(struct tx *tx, int64_t runner_id, struct error *err)
{
    int64_t id = 0;
    int rc;
    if (!tx->actions || tx->ended)
        return 0;
    if (tx_actions_worker(tx, ACTION_WORKER_COMPLETE, err))
        return -1;
    tx->any_ended = true; // the last who could do something may be gone
    while ((rc = db_number(tx->db, err, &id, SQL_ACTION_RUN_OPEN, "l", runner_id)) > 0) {
        struct action_end end = {.id = id,
                                 .end_usec = tx->now_usec,
                                 .commands_done = UNKNOWN,
                                 .exit_code = UNKNOWN,
                                 .signal = UNKNOWN,
                                 .again = true,
                                 .message = "the runner or its node died"};
        if (end_run(tx, runner_id, &end, err))
            return -1;
    }
    return rc;
}

static int add_claim(struct tx *tx, int64_t run, sqlite3_stmt *s, struct arena *arena,
                     struct action_news *news, struct error *err)
{
    int64_t bad = 0;
    struct action_claim *c = news->claimed = arena_alloc(arena, sizeof *c);
    news->claimed_count = 1;
    *c = (struct action_claim){.id = run,
                               .position = sqlite3_column_int(s, 1),
                               .trigger = (enum action_trigger)sqlite3_column_int(s, 2),
                               .commands = db_text(arena, s, 3),
                               .run_id = tx->run_id};
    sqlite3_reset(s);
    if (db_number(tx->db, err, &bad, SQL_WORKFLOW_BAD, "l", tx->workflow_id) < 0)
        return -1;
    c->state = c->trigger != ACTION_WORKFLOW_COMPLETE ? workflow_state_names[tx->state]
               : tx->state == WORKFLOW_CANCELED       ? "canceled"
               : bad                                  ? "failed"
                                                      : "complete";
    return 0;
}

int tx_actions_claimed_before(struct tx *tx, int64_t runner_id, struct arena *arena,
                              struct action_news *news, struct error *err)
{
    news->due = tx->actions; // the next sync says it
    if (!tx->actions)
        return 0;
    sqlite3_stmt *s = db_query(tx->db, err, SQL_ACTION_CLAIMED, "l", runner_id);
    int rc = s ? db_step(tx->db, s, err) : -1;
    return rc <= 0 ? rc : add_claim(tx, sqlite3_column_int64(s, 0), s, arena, news, err);
}

static int claim(struct tx *tx, int64_t runner_id, uint32_t triggers, struct arena *arena,
                 struct action_news *news, struct error *err)
{
    struct db *db = tx->db;
    sqlite3_stmt *s =
        db_query(db, err, SQL_ACTION_DUE, "lli", tx->workflow_id, runner_id, (int)triggers);
    int rc = s ? db_step(db, s, err) : -1;
    if (rc <= 0)
        return rc;
    int64_t id = sqlite3_column_int64(s, 0);
    if (db_do(db, err, SQL_ACTION_RUN_ADD, "lill", id, (int)tx->run_id, runner_id, tx->now_usec))
        return -1;
    int64_t run = sqlite3_last_insert_rowid(db->sqlite);
    return add_claim(tx, run, s, arena, news, err) || db_do(db, err, SQL_ACTION_CLAIM, "l", id) ||
                   tell(tx, EVENT_ACTION_STARTED, news->claimed->position, "", err)
               ? -1
               : 0;
}

// Of a workflow that has ended, or is held, only what its end brings.
int tx_actions_give(struct tx *tx, int64_t runner_id, const struct action_wish *wish,
                    struct arena *arena, struct action_news *news, struct error *err)
{
    enum { LAST = 1u << ACTION_WORKFLOW_COMPLETE | 1u << ACTION_WORKER_COMPLETE };
    uint32_t triggers = tx->state == WORKFLOW_RUNNING ? wish->triggers : wish->triggers & LAST;
    int64_t due = 0, last = 0, starts = 0;
    if (!tx->actions)
        return 0;
    if (wish->free && triggers && claim(tx, runner_id, triggers, arena, news, err))
        return -1;
    if (db_number(tx->db, err, &due, SQL_ACTION_DUE, "lli", tx->workflow_id, runner_id,
                  (int)triggers) < 0 ||
        db_number(tx->db, err, &last, SQL_ACTION_DUE, "lli", tx->workflow_id, runner_id,
                  1 << ACTION_WORKER_COMPLETE) < 0 ||
        db_number(tx->db, err, &starts, SQL_ACTIONS_HOLD, "ll", tx->workflow_id, runner_id) < 0)
        return -1;
    tx->starts = news->starts = starts != 0;
    news->due = due != 0;
    news->last = last != 0;
    return 0;
}

int tx_action_submitted(struct tx *tx, int32_t position, bool *due, struct error *err)
{
    if (db_do(tx->db, err, SQL_ACTION_SUBMITTED, "li", tx->workflow_id, (int)position))
        return -1;
    *due = sqlite3_changes(tx->db->sqlite) > 0;
    return 0;
}
