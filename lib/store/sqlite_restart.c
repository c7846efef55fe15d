// SPDX-License-Identifier: GPL-2.0-or-later
// A restart: jobs that ended go back, in one transaction. What is to run again is uninitialized for
// as long as the needs are counted; then each job that waits is ready or blocked by what it needs.
#include "lib/store/restart.h"

#include "lib/base/mem.h"
#include "lib/store/sqlite_action.h"
#include "lib/store/sqlite_seen.h"

static int add_seen(struct db *db, const struct restart_seen *seen, struct error *err)
{
    int64_t version = 0;
    return tx_version(db, seen->file_id, &seen->seen, &version, err) ||
                   db_do(db, err, SQL_FILE_WRITTEN, "ll", seen->file_id, version)
               ? -1
               : 0;
}

static void count(struct tx *tx, struct restart_reply *reply)
{
    bool reset = sqlite3_changes(tx->db->sqlite) > 0;
    reply->reset += reset;
    reply->passed += !reset;
}

// A job that rewrites is compared with what it wrote before.
static int reset_again(struct tx *tx, const int64_t *jobs, uint32_t jobs_count, int flags,
                       struct restart_reply *reply, struct error *err)
{
    struct db *db = tx->db;
    for (uint32_t i = 0; i < jobs_count; i++) {
        if (db_do(db, err, SQL_RESTART_JOB, "lli", jobs[i], tx->workflow_id, flags))
            return -1;
        int64_t before = reply->reset;
        count(tx, reply);
        if (reply->reset > before &&
            ((!flags && db_do(db, err, SQL_RESTART_FORGET, "l", jobs[i])) ||
             db_do(db, err, SQL_DATA_FORGET, "l", jobs[i])))
            return -1;
    }
    return 0;
}

static int reset_jobs(struct tx *tx, const struct restart_request *q, struct restart_reply *reply,
                      struct error *err)
{
    if (reset_again(tx, q->jobs, q->jobs_count, 0, reply, err) ||
        reset_again(tx, q->rewrites, q->rewrites_count, JOB_IF_CHANGED | JOB_REWRITES, reply, err))
        return -1;
    for (uint32_t i = 0; i < q->maybe_count; i++) {
        if (db_do(tx->db, err, SQL_RESTART_MAYBE, "ll", q->maybe[i], tx->workflow_id))
            return -1;
        count(tx, reply);
    }
    return 0;
}

int tx_more(struct tx *tx, const struct restart_more *m, enum job_state state, struct error *err)
{
    int64_t classes = 0;
    if (db_do(tx->db, err, SQL_MORE_CLASS, "lsll", m->class_id, m->name, m->memory_bytes,
              m->runtime_usec))
        return -1;
    bool made = sqlite3_changes(tx->db->sqlite) > 0;
    if (db_do(tx->db, err, SQL_MORE_JOB, "llsi", m->job_id, m->class_id, m->name, (int)state) ||
        (made && db_number(tx->db, err, &classes, SQL_CLASSES_UP_TO, "li", tx->workflow_id,
                           MANY_CLASSES + 1) < 0))
        return -1;
    return made && classes == MANY_CLASSES
               ? db_do(tx->db, err, SQL_JOBS_IN_ORDER, "li", tx->workflow_id, (int)MANY_CLASSES)
               : 0;
}

static int give_more(struct tx *tx, const struct restart_request *q, struct error *err)
{
    for (uint32_t i = 0; i < q->more_count; i++)
        if (tx_more(tx, &q->more[i], JOB_UNINITIALIZED, err))
            return -1;
    if (!q->more_count) // attempts count for the class that their job has now
        return 0;
    return db_do(tx->db, err, SQL_DELETE_USED, "l", tx->workflow_id) ||
                   db_do(tx->db, err, SQL_USED_FILL, "l", tx->workflow_id)
               ? -1
               : 0;
}

// Jobs whose needs have failed for good, and barriers without an open need: as if that had just
// happened.
static int settle_states(struct tx *tx, struct error *err)
{
    struct db *db = tx->db;
    int64_t id = 0;
    int rc;
    while ((rc = db_number(db, err, &id, SQL_RESTART_BARRIER, "l", tx->workflow_id)) > 0)
        if (db_do(db, err, SQL_JOB_FREED, "li", id, (int)JOB_COMPLETED) ||
            tx_job_ended(tx, id, JOB_COMPLETED, CHANGE_NONE, err))
            return -1;
    if (rc < 0)
        return -1;
    while ((rc = db_number(db, err, &id, SQL_RESTART_DOOMED, "l", tx->workflow_id)) > 0)
        if (tx_cancel_waiting(tx, id, err))
            return -1;
    return rc;
}

// Uninitialized jobs get their state, all that wait are counted anew, and a run begins.
int tx_start_run(struct tx *tx, struct error *err)
{
    struct db *db = tx->db;
    int64_t id = tx->workflow_id;
    if (tx_actions_restart(tx, err) || db_do(db, err, SQL_RESTART_EPHEMERAL, "l", id) ||
        db_do(db, err, SQL_JOBS_IN_ORDER, "li", id, (int)MANY_CLASSES) ||
        db_do(db, err, SQL_RESTART_UNMET, "l", id) || db_do(db, err, SQL_RESTART_STATES, "l", id) ||
        db_do(db, err, SQL_RESTART_COUNTS_ZERO, "l", id) ||
        db_do(db, err, SQL_RESTART_COUNTS, "l", id) ||
        db_do(db, err, SQL_RESTART_WORKFLOW, "l", id))
        return -1;
    if (tx->state != WORKFLOW_HELD)
        tx->state = WORKFLOW_RUNNING;
    tx->run_id++;
    tx->change = tx->made_ready = tx->any_ended = true;
    tx->ended = false;
    return tx_actions_look(tx, err) || settle_states(tx, err) ||
                   tx_event(tx, EVENT_WORKFLOW_RESTARTED, 0, 0, 0, err) || tx_finish(tx, err)
               ? -1
               : 0;
}

int tx_restarted_meanwhile(const struct tx *tx, struct error *err)
{
    return error_set(err, ERROR_USAGE, 0,
                     "workflow %lld was restarted by somebody else meanwhile; look again",
                     (long long)tx->workflow_id);
}

int tx_restart(struct tx *tx, const struct restart_request *q, bool amended,
               struct restart_reply *reply, struct error *err)
{
    struct db *db = tx->db;
    if (tx->run_id != q->run_id)
        return tx_restarted_meanwhile(tx, err);
    for (uint32_t i = 0; i < q->seen_count; i++)
        if (add_seen(db, &q->seen[i], err))
            return -1;
    if (!q->jobs_count && !q->rewrites_count && !q->maybe_count && !amended)
        return 0;
    if (reset_jobs(tx, q, reply, err) || tx_drop_spawned(tx, amended, err) ||
        give_more(tx, q, err) || tx_start_run(tx, err))
        return -1;
    reply->run_id = tx->run_id;
    return 0;
}

int sqlite_restart(void *impl, const struct restart_request *request, struct restart_reply *reply,
                   struct error *err)
{
    struct db *db = impl;
    struct tx tx = {0};
    reply->run_id = request->run_id;
    int rc = db_do(db, err, SQL_FOREIGN_KEYS_OFF, "") || db_begin(db, true, err) ? -1 : 0;
    if (rc == 0) {
        rc = tx_init(&tx, db, request->workflow_id, err) ||
                     tx_restart(&tx, request, false, reply, err)
                 ? -1
                 : 0;
        rc = db_end(db, rc, err);
    }
    tx_fini(&tx);
    return db_do(db, rc ? NULL : err, SQL_FOREIGN_KEYS_ON, "") ? -1 : rc;
}
