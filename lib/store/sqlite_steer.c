// SPDX-License-Identifier: GPL-2.0-or-later
// Single jobs, classes and whole workflows, as their user wishes.
#include "lib/store/steer.h"

#include "lib/base/mem.h"
#include "lib/store/sqlite_give.h"
#include "lib/store/sqlite_seen.h"

struct steering {
    struct tx tx;
    struct steer_reply *reply;
    int64_t id, class_id; // of the present job
    enum job_state state;
};

// 0: the workflow has no such job.
static int read_job(struct steering *st, int64_t id, struct error *err)
{
    sqlite3_stmt *s = db_query(st->tx.db, err, SQL_JOB_GET, "ll", id, st->tx.workflow_id);
    int rc = s ? db_step(st->tx.db, s, err) : -1;
    if (rc <= 0)
        return rc;
    st->id = id;
    st->class_id = sqlite3_column_int64(s, 0);
    st->state = (enum job_state)sqlite3_column_int(s, 1);
    sqlite3_reset(s);
    return 1;
}

static bool is_waiting(enum job_state state)
{
    return state == JOB_UNINITIALIZED || state == JOB_BLOCKED || state == JOB_READY ||
           state == JOB_PENDING_FAILED;
}

// What a runner holds is marked: the runner is told with its next reply, at once as workflow.change
// is raised.
static int cancel_job(struct steering *st, struct error *err)
{
    struct db *db = st->tx.db;
    if (st->state == JOB_PENDING || st->state == JOB_RUNNING) {
        st->reply->ending++;
        st->tx.change = true;
        return db_do(db, err, SQL_STEER_CANCEL, "l", st->id);
    }
    bool waits = is_waiting(st->state);
    st->reply->done += waits;
    st->reply->left += !waits;
    return waits ? tx_cancel_waiting(&st->tx, st->id, err) : 0;
}

static int disable_job(struct steering *st, struct error *err)
{
    if (st->state == JOB_PENDING || st->state == JOB_RUNNING || st->state == JOB_DISABLED) {
        st->reply->left++;
        return 0;
    }
    st->reply->done++;
    tx_count(&st->tx, st->class_id, st->state, JOB_DISABLED, 1);
    if (db_do(st->tx.db, err, SQL_JOB_STATE, "li", st->id, (int)JOB_DISABLED))
        return -1;
    return is_waiting(st->state) ? tx_job_ended(&st->tx, st->id, JOB_DISABLED, CHANGE_NONE, err)
                                 : 0;
}

// Its needs are counted with those of all that wait.
static int enable_job(struct steering *st, struct error *err)
{
    bool disabled = st->state == JOB_DISABLED;
    st->reply->done += disabled;
    st->reply->left += !disabled;
    return disabled ? db_do(st->tx.db, err, SQL_STEER_ENABLE, "l", st->id) : 0;
}

static int steer_jobs(struct steering *st, const struct steer_request *q,
                      int (*steer)(struct steering *, struct error *), struct error *err)
{
    for (uint32_t i = 0; i < q->jobs_count; i++) {
        int rc = read_job(st, q->jobs[i], err);
        if (rc < 0 || (rc > 0 && steer(st, err)))
            return -1;
    }
    return 0;
}

static int hold(struct steering *st, bool held, struct error *err)
{
    struct tx *tx = &st->tx;
    if (tx->state == WORKFLOW_COMPLETE || tx->state == WORKFLOW_CANCELED)
        return error_set(err, ERROR_USAGE, 0, "workflow %lld is %s; there is nothing to %s",
                         (long long)tx->workflow_id, workflow_state_names[tx->state],
                         held ? "hold" : "release");
    enum workflow_state state = held ? WORKFLOW_HELD : WORKFLOW_RUNNING;
    st->reply->done = tx->state != state;
    tx->state = state;
    tx->change = tx->made_ready = true;
    return db_do(tx->db, err, SQL_WORKFLOW_SET, "li", tx->workflow_id, (int)state);
}

static int steer(struct steering *st, const struct steer_request *q, struct error *err)
{
    int rc = 0;
    switch (q->op) {
    case STEER_CANCEL:
        rc = steer_jobs(st, q, cancel_job, err);
        break;
    case STEER_DISABLE:
        rc = steer_jobs(st, q, disable_job, err);
        break;
    case STEER_ENABLE:
        rc = steer_jobs(st, q, enable_job, err);
        if (!rc && st->reply->done)
            rc = tx_start_run(&st->tx, err);
        break;
    case STEER_HOLD:
    case STEER_RELEASE:
        rc = hold(st, q->op == STEER_HOLD, err);
        break;
    case STEER_OPS:
        break;
    }
    return rc ? -1 : tx_finish(&st->tx, err);
}

int sqlite_steer(void *impl, const struct steer_request *q, struct steer_reply *reply,
                 struct error *err)
{
    struct db *db = impl;
    struct steering st = {.reply = reply};
    if (db_begin(db, true, err))
        return -1;
    int rc = tx_init(&st.tx, db, q->workflow_id, err) || steer(&st, q, err) ? -1 : 0;
    rc = db_end(db, rc, err);
    tx_fini(&st.tx);
    return rc;
}

static int update(struct tx *tx, const struct class_update *u, int64_t *jobs, struct error *err)
{
    struct db *db = tx->db;
    if (db_do(db, err, SQL_UPDATE_CLASS, "lsznzz", tx->workflow_id, u->name, (int64_t)u->cpus,
              (int64_t)u->gpus_milli, u->memory_bytes, u->runtime_usec))
        return -1;
    if (!sqlite3_changes(db->sqlite))
        return error_set(
            err, ERROR_USAGE, 0,
            "workflow %lld has no class \"%s\"; 'torc-report classes %lld' shows those "
            "there are",
            (long long)tx->workflow_id, u->name, (long long)tx->workflow_id);
    tx->change = true;
    return db_do(db, err, SQL_CLASSES_CHANGED, "l", tx->workflow_id) ||
                   db_number(db, err, jobs, SQL_CLASS_OPEN, "ls", tx->workflow_id, u->name) < 0 ||
                   tx_finish(tx, err)
               ? -1
               : 0;
}

int sqlite_update_class(void *impl, const struct class_update *u, int64_t *jobs, struct error *err)
{
    struct db *db = impl;
    struct tx tx;
    *jobs = 0;
    if (db_begin(db, true, err))
        return -1;
    int rc = tx_init(&tx, db, u->workflow_id, err) || update(&tx, u, jobs, err) ? -1 : 0;
    rc = db_end(db, rc, err);
    tx_fini(&tx);
    return rc;
}

// What the user canceled: of a canceled workflow, everything that the runner holds.
int tx_canceled(struct tx *tx, int64_t runner_id, struct sync_reply *reply, struct error *err)
{
    size_t count = 0, space = 0;
    cleanup_free int64_t *ids = NULL;
    sqlite3_stmt *s =
        tx->state == WORKFLOW_CANCELED
            ? db_query(tx->db, err, SQL_RUNNER_HELD, "li", runner_id, (int)JOB_RUNNING)
            : db_query(tx->db, err, SQL_STEER_CANCELED, "l", runner_id);
    int rc = -1;
    while (s && (rc = db_step(tx->db, s, err)) > 0) {
        ids = array_grow(ids, count, &space, sizeof *ids);
        ids[count++] = sqlite3_column_int64(s, 0);
    }
    if (!count)
        return rc;
    reply->canceled = arena_alloc(reply->arena, count * sizeof *ids);
    memcpy(reply->canceled, ids, count * sizeof *ids);
    reply->canceled_count = (uint32_t)count;
    return rc;
}
