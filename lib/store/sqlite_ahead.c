// SPDX-License-Identifier: GPL-2.0-or-later
// Looking ahead: a runner is told what follows its jobs, so that a chain goes on without waiting
// for a commit between any two.
#include "lib/base/mem.h"
#include "lib/store/sqlite.h"
#include "lib/store/sqlite_give.h"

enum { CHAIN_MOST = 64, HINTS_MOST = 256, PARENTS_MOST = 16 };

int tx_take(struct tx *tx, int64_t runner_id, const struct attempt_start *start, struct error *err)
{
    sqlite3_stmt *s = db_query(tx->db, err, SQL_JOB_GET, "ll", start->job_id, tx->workflow_id);
    int rc = s ? db_step(tx->db, s, err) : -1;
    bool ready = rc > 0 && tx->state == WORKFLOW_RUNNING && sqlite3_column_int(s, 1) == JOB_READY &&
                 sqlite3_column_int(s, 3) + 1 ==
                     start->attempt_id; // what is told again may be ready for its next attempt
    int64_t class_id = rc > 0 ? sqlite3_column_int64(s, 0) : 0;
    if (rc < 0)
        return -1;
    sqlite3_reset(s);
    if (!ready)
        return 0; // taken before, or somebody else's: the fence says which
    tx_count(tx, class_id, JOB_READY, JOB_PENDING, 1);
    return db_do(tx->db, err, SQL_JOB_CLAIM, "ll", start->job_id, runner_id) ||
                   tx_event_at(tx, EVENT_JOB_CLAIMED, start->job_id, runner_id, 0,
                               start->start_usec, err)
               ? -1
               : 0;
}

// 1: *job is the one that waits for `after` alone; 0: there is none.
static int next_job(struct tx *tx, struct arena *arena, int64_t after, struct claimed_job *job,
                    struct error *err)
{
    sqlite3_stmt *s = db_query(tx->db, err, SQL_JOB_NEXT, "l", after);
    int rc = s ? db_step(tx->db, s, err) : -1;
    if (rc <= 0)
        return rc;
    *job = tx_claimed_row(arena, s);
    job->after = after;
    sqlite3_reset(s);
    return tx_job_files(tx, arena, job, err) ? -1 : 1;
}

static int follow(struct tx *tx, struct sync_reply *reply, int64_t job_id, struct error *err)
{
    for (int i = 0; i < CHAIN_MOST && reply->hints_count < HINTS_MOST; i++) {
        struct claimed_job *hint = &reply->hints[reply->hints_count];
        int rc = next_job(tx, reply->arena, job_id, hint, err);
        if (rc <= 0)
            return rc;
        reply->hints_count++;
        job_id = hint->job_id;
    }
    return 0;
}

int tx_hints(struct tx *tx, const struct sync_request *request, struct sync_reply *reply,
             struct error *err)
{
    int64_t ready = 0;
    if (tx->state != WORKFLOW_RUNNING || request->claim.max_jobs + request->claim.prefetch <= 0 ||
        (!request->ahead_count && !reply->claimed_count))
        return 0;
    if (db_number(tx->db, err, &ready, SQL_READY_LEFT, "l", tx->workflow_id) < 0)
        return -1;
    if (ready)
        return 0; // what is ready comes first
    reply->hints = arena_alloc(reply->arena, HINTS_MOST * sizeof *reply->hints);
    for (uint32_t i = 0; i < request->ahead_count && i < PARENTS_MOST; i++)
        if (follow(tx, reply, request->ahead[i], err))
            return -1;
    for (uint32_t i = 0; i < reply->claimed_count && i < PARENTS_MOST; i++)
        if (follow(tx, reply, reply->claimed[i].job_id, err))
            return -1;
    return 0;
}
