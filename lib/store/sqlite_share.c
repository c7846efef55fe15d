// SPDX-License-Identifier: GPL-2.0-or-later
// A job of several nodes runs at the first of them, and holds a share at the runners of the others:
// a row each, from the claim until that runner has cleared up. What a runner holds is counted here,
// in the transaction of the claim, so that nobody need be asked.
#include "lib/store/sqlite_share.h"

#include "lib/base/mem.h"
#include "lib/workflow/workflow.h"

enum { COMING_USEC = 60 * 1000000 }; // after the first runner of an allocation, those of the others

static const char died[] = "the runner of one of its nodes, or the node, died";

static void keep_smaller(struct pack_shape *to, const struct pack_shape *other)
{
    to->cpus = other->cpus < to->cpus ? other->cpus : to->cpus;
    to->gpus_milli = other->gpus_milli < to->gpus_milli ? other->gpus_milli : to->gpus_milli;
    to->memory_bytes =
        other->memory_bytes < to->memory_bytes ? other->memory_bytes : to->memory_bytes;
}

int tx_wide(struct tx *tx, const struct runner_row *runner, struct wide *wide, struct error *err)
{
    struct pack_shape most = {runner->cpus, runner->gpus_milli, runner->memory_bytes};
    int64_t gone = 0, alive = 0;
    *wide = (struct wide){.nodes = runner->allocation_nodes, .own = most, .shared = most};
    if (wide->nodes <= 1)
        return 0;
    if (db_number(tx->db, err, &gone, SQL_SHARE_GONE, "ll", runner->allocation_id,
                  runner->allocation_start_usec) < 0)
        return -1;
    sqlite3_stmt *s = db_query(tx->db, err, SQL_SHARE_ROOM, "l", runner->allocation_id);
    int rc = -1;
    while (s && (rc = db_step(tx->db, s, err)) > 0) {
        struct pack_shape room = {sqlite3_column_int(s, 1), sqlite3_column_int(s, 2),
                                  sqlite3_column_int64(s, 3)};
        if (sqlite3_column_int64(s, 0) == runner->id)
            wide->own = room;
        keep_smaller(&wide->shared, &room);
        alive++;
    }
    wide->whole = !gone && (alive == runner->allocation_nodes ||
                            tx->now_usec < runner->allocation_start_usec + COMING_USEC);
    wide->ready = wide->whole && alive == runner->allocation_nodes;
    return rc;
}

int tx_share_take(struct tx *tx, const struct runner_row *runner, const struct claimed_job *job,
                  struct error *err)
{
    tx->change = true;
    return db_do(tx->db, err, SQL_SHARE_ADD, "lilll", job->job_id, (int)tx->run_id,
                 (int64_t)job->attempt_id, runner->allocation_id, runner->id);
}

int tx_share_drop(struct tx *tx, int64_t job_id, struct error *err)
{
    return db_do(tx->db, err, SQL_SHARE_DROP, "l", job_id);
}

int tx_share_end(struct tx *tx, const struct attempt_start *start, struct error *err)
{
    if (db_do(tx->db, err, SQL_SHARE_END, "li", start->job_id, (int)start->attempt_id))
        return -1;
    tx->change |= sqlite3_changes(tx->db->sqlite) > 0;
    return 0;
}

struct sharer {                          // a job that has a share at a runner that is lost
    int64_t job_id, class_id, runner_id; // runner: that has started it
    enum job_state state;
    bool canceled;
};

// As when the runner that has started it was lost; that one is told to end what is left of it.
static int lose(struct tx *tx, const struct sharer *j, struct error *err)
{
    struct db *db = tx->db;
    enum job_state to = j->canceled || (tx->state != WORKFLOW_RUNNING && tx->state != WORKFLOW_HELD)
                            ? JOB_CANCELED
                            : JOB_READY;
    if (db_do(db, err, SQL_SHARE_TO_STARTER, "l", j->job_id) ||
        db_do(db, err, SQL_WORK_LOST_OF_JOB, "ll", j->job_id, tx->now_usec) ||
        db_do(db, err, SQL_SHARE_END_ALL, "l", j->job_id) ||
        db_do(db, err, j->state == JOB_RUNNING ? SQL_SHARE_ATTEMPT_LOST : SQL_SHARE_CLAIMED_LOST,
              "llisi", j->job_id, tx->now_usec, (int)to, died, (int)tx->run_id) ||
        (j->state == JOB_PENDING && db_do(db, err, SQL_SHARE_CLAIMED_COUNT, "l", j->job_id)))
        return -1;
    tx_count(tx, j->class_id, j->state, to, 1);
    tx_ran(tx, j->class_id, to, NULL);
    tx->change = true;
    return tx_return(tx, j->job_id, j->runner_id, to, err);
}

int tx_share_runner_ends(struct tx *tx, int64_t runner_id, bool lost, struct error *err)
{
    cleanup_free struct sharer *list = NULL;
    size_t count = 0, space = 0;
    sqlite3_stmt *s = NULL;
    int rc = lost ? -1 : 0;
    if (db_do(tx->db, err, SQL_SHARE_END_HELD, "l", runner_id))
        return -1;
    tx->change |= sqlite3_changes(tx->db->sqlite) > 0;
    if (lost)
        s = db_query(tx->db, err, SQL_SHARE_SHARERS, "l", runner_id);
    while (s && (rc = db_step(tx->db, s, err)) > 0) {
        list = array_grow(list, count, &space, sizeof *list);
        list[count++] = (struct sharer){
            sqlite3_column_int64(s, 0), sqlite3_column_int64(s, 1), sqlite3_column_int64(s, 2),
            (enum job_state)sqlite3_column_int(s, 3), sqlite3_column_int(s, 4) & JOB_CANCEL_ASKED};
    }
    for (size_t i = 0; !rc && i < count; i++)
        rc = lose(tx, &list[i], err);
    return rc ? -1 : db_do(tx->db, err, SQL_SHARE_FORGET, "l", runner_id);
}

int tx_usage_add(struct tx *tx, int64_t attempt, const struct usage_record *u, struct error *err)
{
    return db_do(tx->db, err, SQL_USAGE_ADD, "lssinnnnnnnnnnnnnszz", attempt, u->node, u->step,
                 (int)u->source, u->cpu_user_usec, u->cpu_system_usec, u->throttled_usec,
                 u->memory_peak_bytes, u->memory_anon_bytes, u->memory_anon_low_bytes,
                 u->memory_anon_high_bytes, u->memory_limit_bytes, u->swap_peak_bytes,
                 u->io_read_bytes, u->io_write_bytes, u->oom_kills, u->processes_peak, u->gpus,
                 u->start_usec, u->end_usec);
}

int tx_share_cleared(struct tx *tx, int64_t runner_id, const struct share_end *share,
                     struct error *err)
{
    struct db *db = tx->db;
    if (share->signal) {
        tx->change = true;
        return db_do(db, err, SQL_SHARE_SIGNAL, "liili", share->job_id, (int)share->run_id,
                     (int)share->attempt_id, runner_id, (int)share->signal);
    }
    sqlite3_stmt *s = db_query(db, err, SQL_SHARE_ATTEMPT, "lii", share->job_id, (int)share->run_id,
                               (int)share->attempt_id);
    int rc = s ? db_step(db, s, err) : -1;
    if (rc < 0)
        return -1;
    int64_t attempt = rc ? sqlite3_column_int64(s, 0) : 0;
    int64_t class_id = rc ? sqlite3_column_int64(s, 1) : 0;
    bool ended = rc && sqlite3_column_type(s, 2) != SQLITE_NULL;
    enum job_state state = rc ? (enum job_state)sqlite3_column_int(s, 2) : JOB_STATES;
    sqlite3_reset(s);
    for (uint32_t i = 0; attempt && i < share->usages_count; i++) {
        if (tx_usage_add(tx, attempt, &share->usages[i], err))
            return -1;
        if (ended && sqlite3_changes(db->sqlite))
            tx_used(tx, class_id, state, &share->usages[i]);
    }
    tx->change = true;
    return db_do(db, err, SQL_SHARE_CLEAR, "llii", runner_id, share->job_id, (int)share->run_id,
                 (int)share->attempt_id);
}

// Of jobs whose end is in doubt here: has every other node been cleared?
static int read_settled(struct tx *tx, const struct runner_row *runner,
                        const struct sync_request *request, struct sync_reply *reply,
                        struct error *err)
{
    reply->settled = arena_alloc(reply->arena, sizeof(int64_t) * request->doubts_count + 1);
    for (uint32_t i = 0; i < request->doubts_count; i++) {
        int64_t left = 0;
        if (db_do(tx->db, err, SQL_SHARE_DOUBT, "ll", request->doubts[i], runner->id))
            return -1;
        tx->change |= sqlite3_changes(tx->db->sqlite) > 0;
        if (db_number(tx->db, err, &left, SQL_SHARE_LEFT, "l", request->doubts[i]) < 0)
            return -1;
        if (!left)
            reply->settled[reply->settled_count++] = request->doubts[i];
    }
    return 0;
}

int tx_shares_open(struct tx *tx, const struct runner_row *runner,
                   const struct sync_request *request, struct sync_reply *reply, struct error *err)
{
    cleanup_free struct share_end *list = NULL;
    size_t count = 0, space = 0;
    if (runner->allocation_nodes <= 1)
        return 0;
    if (read_settled(tx, runner, request, reply, err))
        return -1;
    sqlite3_stmt *s = db_query(tx->db, err, SQL_SHARES_OF, "l", runner->id);
    int rc = -1;
    while (s && (rc = db_step(tx->db, s, err)) > 0) {
        bool ended = sqlite3_column_int(s, 3);
        int sig = ended ? 0 : sqlite3_column_int(s, 4);
        reply->shares_open += !ended;
        if (!ended && !sig)
            continue;
        list = array_grow(list, count, &space, sizeof *list);
        list[count++] = (struct share_end){.job_id = sqlite3_column_int64(s, 0),
                                           .run_id = sqlite3_column_int(s, 1),
                                           .attempt_id = sqlite3_column_int(s, 2),
                                           .signal = sig};
    }
    reply->shares = arena_alloc(reply->arena, count * sizeof *list + 1);
    if (count)
        memcpy(reply->shares, list, count * sizeof *list);
    reply->shares_count = (uint32_t)count;
    return rc;
}

int tx_share_used(struct tx *tx, int64_t class_id, enum job_state state, int64_t attempt,
                  struct error *err)
{
    sqlite3_stmt *s = db_query(tx->db, err, SQL_SHARE_USED, "l", attempt);
    int rc = -1;
    while (s && (rc = db_step(tx->db, s, err)) > 0) {
        struct usage_record usage;
        usage_record_init(&usage);
        usage.source = (enum usage_source)sqlite3_column_int(s, 0);
        usage.cpu_user_usec = db_known(s, 1);
        usage.cpu_system_usec = db_known(s, 2);
        usage.memory_peak_bytes = db_known(s, 3);
        usage.memory_anon_bytes = db_known(s, 4);
        tx_used(tx, class_id, state, &usage);
    }
    return rc;
}
