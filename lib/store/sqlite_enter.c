// SPDX-License-Identifier: GPL-2.0-or-later
// A runner comes: it is registered, its allocation starts, and what earlier runners in its place
// held goes back.
#include "lib/store/sqlite_action.h"

struct entry_submission { // of the tag, all 0 when there is none
    int64_t id, allocation_id;
    bool restarted; // the allocation runs again, after Slurm requeued it
};

static int read_workflow(struct tx *tx, struct runner_grant *grant, struct error *err)
{
    sqlite3_stmt *s = db_query(tx->db, err, SQL_ENTRY_WORKFLOW, "l", tx->workflow_id);
    if (!s || db_step(tx->db, s, err) < 0)
        return -1;
    grant->workflow_name = db_text(grant->arena, s, 0);
    grant->folder = db_text(grant->arena, s, 1);
    grant->settings = db_text(grant->arena, s, 2);
    grant->run_id = sqlite3_column_int(s, 4);
    if (tx->state == WORKFLOW_COMPLETE || tx->state == WORKFLOW_CANCELED)
        return error_set(err, ERROR_USAGE, 0,
                         "workflow %lld (%s) is %s; torc restart %lld runs again what must",
                         (long long)tx->workflow_id, grant->workflow_name,
                         workflow_state_names[tx->state], (long long)tx->workflow_id);
    return 0;
}

static int find_submission(struct tx *tx, const struct runner_entry *entry,
                           struct runner_grant *grant, struct entry_submission *sub,
                           struct error *err)
{
    sqlite3_stmt *s = db_query(tx->db, err, SQL_ENTRY_SUBMISSION, "s", entry->tag);
    int rc = s ? db_step(tx->db, s, err) : -1;
    if (rc < 0)
        return -1;
    if (rc == 0 || sqlite3_column_int64(s, 3) != tx->workflow_id)
        return error_set(
            err, ERROR_USAGE, 0,
            "workflow %lld has no submission with the tag %s; was this job made by torc-sbatch?",
            (long long)tx->workflow_id, entry->tag);
    sub->id = sqlite3_column_int64(s, 0);
    grant->partition = db_text(grant->arena, s, 1);
    grant->scheduler = db_text(grant->arena, s, 2);
    grant->max_parallel_jobs = sqlite3_column_int(s, 6);
    sqlite3_reset(s);

    s = db_query(tx->db, err, SQL_ENTRY_ALLOCATION, "ln", sub->id, (int64_t)entry->array_task_id);
    if (!s || (rc = db_step(tx->db, s, err)) < 0)
        return -1;
    if (rc > 0) {
        int32_t known = sqlite3_column_int(s, 1);
        sub->allocation_id = sqlite3_column_int64(s, 0);
        sub->restarted = entry->restart_count > known;
        if (entry->restart_count < known)
            return error_set(
                err, ERROR_USAGE, 0,
                "a later start of Slurm job %lld is at work already (restart %d, this is %d)",
                (long long)entry->slurm_job_id, (int)known, (int)entry->restart_count);
        sqlite3_reset(s);
        return 0;
    }
    if (db_do(tx->db, err, SQL_ALLOCATION_ADD, "ln", sub->id, (int64_t)entry->array_task_id))
        return -1;
    sub->allocation_id = sqlite3_last_insert_rowid(tx->db->sqlite);
    return 0;
}

// The runners that a query names have died. One after another, as the query's result changes with
// each.
static int end_runners(struct tx *tx, const struct runner_entry *entry,
                       const struct entry_submission *sub, struct error *err)
{
    int64_t id;
    int rc;
    while ((rc = db_number(tx->db, err, &id, SQL_OLDER_RUNNERS, "liss", sub->allocation_id,
                           (int)sub->restarted, entry->host, entry->node)) > 0)
        if (tx_runner_ends(tx, id, true, err))
            return -1;
    for (uint32_t i = 0; rc == 0 && i < entry->gone_count; i++) {
        int found = db_number(tx->db, err, &id, SQL_GONE_RUNNER, "lls", entry->gone[i],
                              tx->workflow_id, entry->host);
        rc = found < 0 || (found > 0 && tx_runner_ends(tx, id, true, err)) ? -1 : 0;
    }
    return rc;
}

static int start_allocation(struct tx *tx, const struct runner_entry *entry,
                            const struct entry_submission *sub, struct error *err)
{
    struct db *db = tx->db;
    return db_do(db, err, SQL_ALLOCATION_START, "lzislz", sub->allocation_id, entry->slurm_job_id,
                 (int)entry->restart_count, entry->node_list, tx->now_usec, entry->limit_usec) ||
                   db_do(db, err, SQL_SUBMISSION_STARTED, "lzl", sub->id, entry->slurm_array_id,
                         tx->now_usec) ||
                   db_do(db, err, SQL_CLASS_SATISFIED, "ll", tx->workflow_id, sub->id) ||
                   tx_event_allocation(tx, EVENT_ALLOCATION_STARTED, sub->id, sub->allocation_id,
                                       NULL, err)
               ? -1
               : 0;
}

static int enter(struct tx *tx, const struct runner_entry *entry, struct runner_grant *grant,
                 struct error *err)
{
    struct db *db = tx->db;
    struct entry_submission sub = {0};
    if (read_workflow(tx, grant, err) ||
        (entry->tag && find_submission(tx, entry, grant, &sub, err)))
        return -1;
    int64_t same = 0; // a lost reply: this very runner is registered already
    int rc = db_number(db, err, &same, SQL_SAME_RUNNER, "sl", entry->incarnation, tx->workflow_id);
    grant->runner_id = same;
    if (rc)
        return rc < 0 ? -1 : 0;
    if (end_runners(tx, entry, &sub, err) || (sub.id && start_allocation(tx, entry, &sub, err)) ||
        db_do(db, err, SQL_RUNNER_ADD, "lzsssilzilisz", tx->workflow_id, sub.allocation_id,
              entry->incarnation, entry->host, entry->node, (int)entry->pid, tx->now_usec,
              entry->limit_usec, (int)entry->cpus, entry->memory_bytes, (int)entry->gpus_milli,
              entry->labels, (int64_t)entry->accounting))
        return -1;
    grant->runner_id = sqlite3_last_insert_rowid(db->sqlite);
    return tx_event(tx, EVENT_RUNNER_STARTED, 0, grant->runner_id, 0, err) ||
                   tx_actions_worker(tx, ACTION_WORKER_START, err) || tx_finish(tx, err)
               ? -1
               : 0;
}

int sqlite_enter(void *impl, const struct runner_entry *entry, struct runner_grant *grant,
                 struct error *err)
{
    struct db *db = impl;
    struct tx tx;
    if (db_begin(db, true, err))
        return -1;
    int rc = tx_init(&tx, db, entry->workflow_id, err) || enter(&tx, entry, grant, err) ? -1 : 0;
    rc = db_end(db, rc, err);
    tx_fini(&tx);
    if (rc == 0)
        db->watched = entry->workflow_id;
    return rc;
}

int sqlite_runner_lost(void *impl, int64_t workflow_id, int64_t runner_id, int64_t silent_usec,
                       bool *declared, struct error *err)
{
    struct db *db = impl;
    struct tx tx;
    int64_t id = 0;
    if (db_begin(db, true, err))
        return -1;
    int rc = tx_init(&tx, db, workflow_id, err);
    if (rc == 0)
        rc = db_number(db, err, &id, SQL_SILENT_RUNNER, "lll", runner_id, workflow_id,
                       silent_usec ? tx.now_usec - silent_usec : INT64_MAX);
    *declared = rc > 0;
    if (rc > 0)
        rc = tx_runner_ends(&tx, runner_id, true, err) || tx_finish(&tx, err) ? -1 : 0;
    rc = db_end(db, rc, err);
    tx_fini(&tx);
    return rc;
}
