// SPDX-License-Identifier: GPL-2.0-or-later
// Submissions: a row per sbatch call before the call, what sbatch answered, and the end of it all
// by cancellation.
#include "lib/base/mem.h"
#include "lib/store/sqlite_action.h"

int tx_pool_waits(struct tx *tx, int64_t class_id, bool *waits, struct error *err)
{
    enum { DOUBLINGS = 8 };
    // unless the last has ended and ran jobs: its runner may be the last that could ask
    int64_t vain = 0, waiting = 0;
    if (db_number(tx->db, err, &vain, SQL_POOL_IN_VAIN, "ll", class_id, tx->workflow_id) < 0)
        return -1;
    int64_t doublings = vain > DOUBLINGS ? DOUBLINGS : vain > 1 ? vain - 1 : 0;
    if (db_number(tx->db, err, &waiting, SQL_POOL_WAITING, "llli", class_id, tx->workflow_id,
                  tx->now_usec - (SUBMISSION_PAUSE_USEC << doublings), vain > 0) < 0)
        return -1;
    *waits = waiting != 0;
    return 0;
}

// Left out when the pool of its class has one that is still to start, or had one a moment ago.
// Looked at before any is inserted, since one call may make several for a pool.
static int choose(struct tx *tx, struct submission *list, uint32_t count, bool force,
                  struct error *err)
{
    for (uint32_t i = 0; i < count; i++) {
        bool waits = false;
        list[i].id = 1;
        if (list[i].action) {
            if (tx_action_submitted(tx, list[i].action, &waits, err))
                return -1;
            // with none it is done; what replaces a part of it is made in any case
            list[i].id = list[i].replaces || (waits && list[i].allocations > 0);
            continue;
        }
        if (force || !list[i].class_id)
            continue;
        if (tx_pool_waits(tx, list[i].class_id, &waits, err))
            return -1;
        list[i].id = !waits;
    }
    return 0;
}

// Puts the ids in the places of %w and %s.
static const char *fill_tag(struct arena *arena, const char *tag, int64_t workflow_id,
                            int64_t submission_id)
{
    cleanup_free char *text = xstrdup("");
    for (const char *t = tag; *t; t++) {
        int64_t id = t[0] == '%' && t[1] == 'w'   ? workflow_id
                     : t[0] == '%' && t[1] == 's' ? submission_id
                                                  : 0;
        char *longer = id ? xasprintf("%s%lld", text, (long long)id) : xasprintf("%s%c", text, *t);
        free(text);
        text = longer;
        t += id != 0;
    }
    return arena_strdup(arena, text);
}

// first: of those that are made at once; 0: this one is.
static int add_submission(struct tx *tx, struct submission *s, int64_t *first, struct arena *arena,
                          struct error *err)
{
    struct db *db = tx->db;
    int64_t last = 0;
    if (db_number(db, err, &last, SQL_MAX_SUBMISSION, "") < 0)
        return -1;
    s->id = last + 1;
    *first = *first ? *first : s->id;
    s->tag = fill_tag(arena, s->tag, tx->workflow_id, s->id);
    s->state = ALLOCATION_PLANNED;
    s->created_usec = tx->now_usec;
    if (db_do(db, err, SQL_SUBMISSION_ADD, "llzslissiliiiilsszi", s->id, tx->workflow_id,
              s->class_id, s->tag, tx->now_usec, (int)s->allocations, s->partition, s->scheduler,
              (int)s->cpus, s->memory_bytes, (int)s->gpus, (int)s->nodes, (int)s->slots,
              (int)s->rounds, s->walltime_usec, s->arguments, s->script, (int64_t)s->action,
              (int)s->classes))
        return -1;
    for (int32_t i = 0; i < s->allocations; i++)
        if (db_do(db, err, SQL_ALLOCATION_PLAN, "ln", s->id,
                  s->allocations > 1 ? (int64_t)i : (int64_t)UNKNOWN))
            return -1;
    if (s->class_id &&
        db_do(db, err, SQL_CLASS_UNSATISFIED, "llll", s->class_id, tx->workflow_id, *first, s->id))
        return -1;
    return tx_event_allocation(tx, EVENT_SUBMISSION_PLANNED, s->id, 0, NULL, err);
}

// The runner may have come before sbatch's answer was recorded: what has started stays so.
static int answer(struct tx *tx, int64_t id, int64_t slurm_job_id, const char *error,
                  struct error *err)
{
    struct db *db = tx->db;
    if (!error && !slurm_job_id)
        return db_do(db, err, SQL_SUBMISSION_UNANSWERED, "ll", id, tx->now_usec);
    if (!error)
        return db_do(db, err, SQL_SUBMISSION_QUEUED, "lll", id, slurm_job_id, tx->now_usec) ||
                       db_do(db, err, SQL_ALLOCATIONS_QUEUED, "ll", id, slurm_job_id) ||
                       tx_event_allocation(tx, EVENT_SUBMISSION_QUEUED, id, 0, NULL, err)
                   ? -1
                   : 0;
    tx->change = true; // somebody may try another way
    return db_do(db, err, SQL_SUBMISSION_REFUSED, "lsl", id, error, tx->now_usec) ||
                   db_do(db, err, SQL_ALLOCATIONS_CANCELED, "ll", id, tx->now_usec) ||
                   db_do(db, err, SQL_SUBMISSION_STATE, "l", id) ||
                   db_do(db, err, SQL_CLASS_SATISFIED, "ll", tx->workflow_id, id) ||
                   (!slurm_job_id && tx->state == WORKFLOW_RUNNING &&
                    db_do(db, err, SQL_ACTION_REFUSED, "l", id)) ||
                   tx_event_allocation(
                       tx, slurm_job_id ? EVENT_ALLOCATION_CANCELED : EVENT_SUBMISSION_FAILED, id,
                       0, NULL, err)
               ? -1
               : 0;
}

// What Slurm found too large is refused in the transaction that replaces it: nobody else sees that
// it is asked for by none.
static int refuse_replaced(struct tx *tx, const struct submission *list, uint32_t count,
                           struct error *err)
{
    for (uint32_t i = 0; i < count; i++)
        if (list[i].replaces && answer(tx, list[i].replaces, 0, list[i].error, err))
            return -1;
    return 0;
}

static int create_submissions(struct tx *tx, struct submission *list, uint32_t count, bool force,
                              struct arena *arena, struct error *err)
{
    if (refuse_replaced(tx, list, count, err) || choose(tx, list, count, force, err))
        return -1;
    int64_t first = 0;
    for (uint32_t i = 0; i < count; i++)
        if (list[i].id && add_submission(tx, &list[i], &first, arena, err))
            return -1;
    return tx_finish(tx, err);
}

int sqlite_submissions_create(void *impl, int64_t workflow_id, struct submission *list,
                              uint32_t count, bool force, struct arena *arena, struct error *err)
{
    struct db *db = impl;
    struct tx tx;
    if (db_begin(db, true, err))
        return -1;
    int rc = tx_init(&tx, db, workflow_id, err) ||
                     create_submissions(&tx, list, count, force, arena, err)
                 ? -1
                 : 0;
    rc = db_end(db, rc, err);
    tx_fini(&tx);
    return rc;
}

static int begin_submission(struct tx *tx, struct db *db, int64_t id, struct error *err)
{
    int64_t workflow_id = 0;
    int rc = db_number(db, err, &workflow_id, SQL_SUBMISSION_WORKFLOW, "l", id);
    if (rc == 0)
        return error_set(err, ERROR_USAGE, 0, "there is no submission %lld in %s", (long long)id,
                         db->path);
    return rc < 0 ? -1 : tx_init(tx, db, workflow_id, err);
}

int sqlite_submission_answered(void *impl, int64_t id, int64_t slurm_job_id, const char *error,
                               struct error *err)
{
    struct db *db = impl;
    struct tx tx = {0};
    if (db_begin(db, true, err))
        return -1;
    int rc = begin_submission(&tx, db, id, err) || answer(&tx, id, slurm_job_id, error, err) ||
                     tx_finish(&tx, err)
                 ? -1
                 : 0;
    rc = db_end(db, rc, err);
    tx_fini(&tx);
    return rc;
}

static int end_allocations(struct tx *tx, int64_t id, const int64_t *ids, uint32_t count,
                           enum allocation_state state, const char *why, struct error *err)
{
    struct db *db = tx->db;
    int64_t now = 0;
    for (uint32_t i = 0; i < count; i++)
        if (db_do(db, err, SQL_ALLOCATION_OVER, "llil", ids[i], id, (int)state, tx->now_usec))
            return -1;
    tx->change = true;
    if (db_do(db, err, SQL_SUBMISSION_WHY, "ls", id, why) ||
        db_do(db, err, SQL_SUBMISSION_STATE, "l", id) ||
        db_number(db, err, &now, SQL_SUBMISSION_STATE_OF, "l", id) < 0)
        return -1;
    if (now != ALLOCATION_QUEUED && // nothing of it waits any more
        db_do(db, err, SQL_CLASS_SATISFIED, "ll", tx->workflow_id, id))
        return -1;
    return tx_event_allocation(
        tx, state == ALLOCATION_ENDED ? EVENT_ALLOCATION_ENDED : EVENT_ALLOCATION_CANCELED, id,
        count == 1 ? ids[0] : 0, NULL, err);
}

int sqlite_allocations_over(void *impl, int64_t id, const int64_t *ids, uint32_t count,
                            enum allocation_state state, const char *why, struct error *err)
{
    struct db *db = impl;
    struct tx tx = {0};
    if (db_begin(db, true, err))
        return -1;
    int rc = begin_submission(&tx, db, id, err) ||
                     end_allocations(&tx, id, ids, count, state, why, err) || tx_finish(&tx, err)
                 ? -1
                 : 0;
    rc = db_end(db, rc, err);
    tx_fini(&tx);
    return rc;
}

static int read_submissions(struct db *db, int64_t workflow_id, bool open, struct submissions *out,
                            struct error *err)
{
    cleanup_free struct submission *list = NULL;
    size_t count = 0, space = 0;
    struct arena *a = out->arena;
    sqlite3_stmt *s = db_query(db, err, SQL_SUBMISSIONS, "li", workflow_id, (int)open);
    int rc = -1;
    while (s && (rc = db_step(db, s, err)) > 0) {
        list = array_grow(list, count, &space, sizeof *list);
        list[count++] = (struct submission){
            .id = sqlite3_column_int64(s, 0),
            .class_id = sqlite3_column_int64(s, 1),
            .slurm_job_id = sqlite3_column_int64(s, 2),
            .tag = db_text(a, s, 3),
            .partition = db_text(a, s, 4),
            .scheduler = db_text(a, s, 5),
            .arguments = db_text(a, s, 6),
            .script = db_text(a, s, 7),
            .error = db_text(a, s, 8),
            .state = (enum allocation_state)sqlite3_column_int(s, 9),
            .allocations = sqlite3_column_int(s, 10),
            .cpus = sqlite3_column_int(s, 11),
            .gpus = sqlite3_column_int(s, 12),
            .nodes = sqlite3_column_int(s, 13),
            .slots = sqlite3_column_int(s, 14),
            .rounds = sqlite3_column_int(s, 15),
            .memory_bytes = sqlite3_column_int64(s, 16),
            .walltime_usec = sqlite3_column_int64(s, 17),
            .created_usec = sqlite3_column_int64(s, 18),
            .answered_usec = sqlite3_column_int64(s, 19),
            .action = sqlite3_column_int(s, 20),
            .classes = sqlite3_column_int(s, 21),
            .pool = sqlite3_column_int64(s, 22),
        };
    }
    out->list = arena_alloc(a, count * sizeof *list + 1);
    if (count)
        memcpy(out->list, list, count * sizeof *list);
    out->count = (uint32_t)count;
    return rc;
}

int sqlite_submissions(void *impl, int64_t workflow_id, struct submissions *submissions,
                       struct error *err)
{
    struct db *db = impl;
    struct tx tx;
    if (db_begin(db, false, err))
        return -1;
    int rc = tx_init(&tx, db, workflow_id, err) ||
                     read_submissions(db, workflow_id, false, submissions, err)
                 ? -1
                 : 0;
    return db_end(db, rc, err);
}

// ---- canceling ----

static int cancel_jobs(struct tx *tx, struct error *err)
{
    struct db *db = tx->db;
    sqlite3_stmt *s = db_query(db, err, SQL_CANCEL_COUNTS, "l", tx->workflow_id);
    int rc = -1;
    while (s && (rc = db_step(db, s, err)) > 0)
        tx_count(tx, sqlite3_column_int64(s, 0), (enum job_state)sqlite3_column_int(s, 1),
                 JOB_CANCELED, sqlite3_column_int64(s, 2));
    return rc < 0 || db_do(db, err, SQL_CANCEL_EVENTS, "ll", tx->workflow_id, tx->now_usec) ||
                   db_do(db, err, SQL_CANCEL_JOBS, "l", tx->workflow_id)
               ? -1
               : 0;
}

// Allocations that have not started are canceled here too: their runners would be turned away.
static int cancel_allocations(struct tx *tx, const struct submissions *open, struct error *err)
{
    for (uint32_t i = 0; i < open->count; i++)
        if (db_do(tx->db, err, SQL_CANCEL_ALLOCATION_EVENTS, "lll", tx->workflow_id, tx->now_usec,
                  open->list[i].id) ||
            db_do(tx->db, err, SQL_ALLOCATIONS_CANCELED, "ll", open->list[i].id, tx->now_usec) ||
            db_do(tx->db, err, SQL_SUBMISSION_STATE, "l", open->list[i].id) ||
            db_do(tx->db, err, SQL_CLASS_SATISFIED, "ll", tx->workflow_id, open->list[i].id))
            return -1;
    return 0;
}

static int cancel(struct tx *tx, struct submissions *to_cancel, struct error *err)
{
    if (read_submissions(tx->db, tx->workflow_id, true, to_cancel, err))
        return -1;
    if (tx->state == WORKFLOW_COMPLETE || tx->state == WORKFLOW_CANCELED)
        return 0;
    tx->state = WORKFLOW_CANCELED;
    tx->change = tx->any_ended = true;
    return db_do(tx->db, err, SQL_WORKFLOW_CANCEL, "l", tx->workflow_id) || cancel_jobs(tx, err) ||
                   cancel_allocations(tx, to_cancel, err) ||
                   tx_event(tx, EVENT_WORKFLOW_CANCELED, 0, 0, 0, err) || tx_finish(tx, err)
               ? -1
               : 0;
}

int sqlite_cancel(void *impl, int64_t workflow_id, struct submissions *to_cancel, struct error *err)
{
    struct db *db = impl;
    struct tx tx;
    if (db_begin(db, true, err))
        return -1;
    int rc = tx_init(&tx, db, workflow_id, err) || cancel(&tx, to_cancel, err) ? -1 : 0;
    rc = db_end(db, rc, err);
    tx_fini(&tx);
    return rc;
}
