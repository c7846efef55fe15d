// SPDX-License-Identifier: GPL-2.0-or-later
// Creating a workflow, all rows in one transaction. A row's id is the highest one that there was
// plus its index, so that nothing has to be read back; writers exclude each other, so nobody takes
// an id in between.
#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/store/sqlite_action.h"
#include "lib/store/sqlite_seen.h"
#include "lib/workflow/signature.h"

struct bases { // id of row i: base + 1 + i
    int64_t class_id, job, file, data;
};

static int read_bases(struct db *db, struct bases *b, struct error *err)
{
    return db_number(db, err, &b->class_id, SQL_MAX_CLASS, "") < 0 ||
                   db_number(db, err, &b->job, SQL_MAX_JOB, "") < 0 ||
                   db_number(db, err, &b->file, SQL_MAX_FILE, "") < 0 ||
                   db_number(db, err, &b->data, SQL_MAX_DATA, "") < 0
               ? -1
               : 0;
}

static int add_workflow(struct db *db, const struct workflow *w, const struct workflow_origin *o,
                        int64_t *id, struct error *err)
{
    if (db_do(db, err, SQL_WORKFLOW_ADD, "slslssssssss", w->name, (int64_t)o->uid, o->user,
              clock_real_usec(), w->description, w->project, w->metadata, o->file, o->command_line,
              o->folder, o->version, w->settings ? w->settings : "{}"))
        return -1;
    *id = sqlite3_last_insert_rowid(db->sqlite);
    return db_do(db, err, SQL_WORKFLOW_TEXT_ADD, "lss", *id, o->file_text, o->environment);
}

static int add_classes(struct tx *tx, const struct workflow *w, const struct bases *b,
                       struct error *err)
{
    for (size_t i = 0; i < w->classes_count; i++) {
        const struct class_row *c = &w->classes[i];
        if (db_do(tx->db, err, SQL_CLASS_ADD, "llsiliillisszz", b->class_id + 1 + (int64_t)i,
                  tx->workflow_id, c->name, (int)c->cpus, c->memory_bytes, (int)c->gpus_milli,
                  (int)c->nodes, c->runtime_usec, c->tmp_bytes, (int)c->enforced, c->scheduler,
                  c->labels, (int64_t)c->action, c->pool ? b->class_id + c->pool : 0))
            return -1;
    }
    return db_do(tx->db, err, SQL_CLASSES_POOL, "l", tx->workflow_id);
}

static int add_job(struct tx *tx, struct bulk *bulk, const struct job_row *j, int64_t id,
                   int64_t class_base, int32_t flags, int64_t signature, struct error *err)
{
    bool barrier = j->class_index < 0;
    enum job_state state = j->unmet || barrier ? JOB_BLOCKED : JOB_READY;
    int64_t class_id = barrier ? 0 : class_base + 1 + j->class_index;
    tx_count(tx, class_id, JOB_STATES, state, 1);
    return db_bulk_row(bulk, err, "llzssiiiiisn", id, tx->workflow_id, class_id, j->name,
                       j->command, (int)state, (int)j->unmet, (int)flags, (int)j->priority,
                       (int)j->rank, j->spec, signature);
}

int32_t *tx_job_flags(const struct workflow *w)
{
    int32_t *flags = xcalloc(w->jobs_count + 1, sizeof *flags);
    for (size_t i = 0; i < w->jobs_count; i++)
        flags[i] = w->jobs[i].flags | (w->classes_count >= MANY_CLASSES ? JOB_IN_ORDER : 0);
    for (size_t i = 0; i < w->job_data_count; i++)
        flags[w->job_data[i].job] |= JOB_USES_DATA;
    return flags;
}

static int add_jobs(struct tx *tx, const struct workflow *w, const struct bases *b,
                    struct error *err)
{
    struct bulk bulk;
    cleanup_free int64_t *signatures = workflow_signatures(w);
    cleanup_free int32_t *flags = tx_job_flags(w);
    int rc = db_bulk_open(&bulk, tx->db, SQL_JOB_ADD, w->jobs_count, err);
    for (size_t i = 0; !rc && i < w->jobs_count; i++)
        rc = add_job(tx, &bulk, &w->jobs[i], b->job + 1 + (int64_t)i, b->class_id, flags[i],
                     signatures[i], err);
    db_bulk_close(&bulk);
    return rc;
}

static int add_pairs(struct db *db, enum sql which, const struct pair_row *pairs, size_t count,
                     int64_t job, int64_t other, struct error *err)
{
    const char *types = which == SQL_NEED_ADD ? "ll" : "lli";
    struct bulk bulk;
    int rc = db_bulk_open(&bulk, db, which, count, err);
    for (size_t i = 0; !rc && i < count; i++)
        rc = db_bulk_row(&bulk, err, types, job + 1 + pairs[i].job, other + 1 + pairs[i].other,
                         (int)pairs[i].role);
    db_bulk_close(&bulk);
    return rc;
}

static int add_files(struct tx *tx, const struct workflow *w, const struct bases *b,
                     struct error *err)
{
    for (size_t i = 0; i < w->files_count; i++) {
        const struct file_row *f = &w->files[i];
        if (db_do(tx->db, err, SQL_FILE_ADD, "llssis", b->file + 1 + (int64_t)i, tx->workflow_id,
                  f->name, f->path, (int)f->temporary, f->identifier))
            return -1;
    }
    for (size_t i = 0; i < w->data_count; i++) {
        const struct data_row *d = &w->data[i];
        if (db_do(tx->db, err, SQL_DATA_ADD, "llssi", b->data + 1 + (int64_t)i, tx->workflow_id,
                  d->name, d->data, (int)d->ephemeral))
            return -1;
    }
    return 0;
}

// Barriers that wait for nothing end now, with what follows.
static int end_barriers(struct tx *tx, const struct workflow *w, const struct bases *b,
                        struct error *err)
{
    for (size_t i = 0; i < w->jobs_count; i++) {
        int64_t id = b->job + 1 + (int64_t)i;
        if (w->jobs[i].class_index < 0 && !w->jobs[i].unmet &&
            (db_do(tx->db, err, SQL_JOB_FREED, "li", id, (int)JOB_COMPLETED) ||
             tx_job_ended(tx, id, JOB_COMPLETED, CHANGE_NONE, err)))
            return -1;
    }
    return 0;
}

// What the foreign keys would say, one comparison each.
static bool pairs_fit(const struct pair_row *pairs, size_t count, size_t jobs, size_t others)
{
    for (size_t i = 0; i < count; i++)
        if (pairs[i].job >= jobs || pairs[i].other >= others)
            return false;
    return true;
}

int tx_check_workflow(const struct workflow *w, struct error *err)
{
    bool fit = pairs_fit(w->needs, w->needs_count, w->jobs_count, w->jobs_count) &&
               pairs_fit(w->job_files, w->job_files_count, w->jobs_count, w->files_count) &&
               pairs_fit(w->job_data, w->job_data_count, w->jobs_count, w->data_count);
    for (size_t i = 0; i < w->jobs_count; i++)
        fit = fit && w->jobs[i].class_index < (int64_t)w->classes_count;
    for (size_t a = 0; a < w->actions_count; a++)
        for (uint32_t i = 0; i < w->actions[a].jobs_count; i++)
            fit = fit && w->actions[a].jobs[i] < w->jobs_count;
    return fit ? 0
               : error_set(err, ERROR_INTERNAL, 0, "workflow %s: an index is out of range",
                           w->name);
}

static int add_actions(struct tx *tx, const struct workflow *w, const struct bases *b,
                       struct error *err)
{
    if (!w->actions_count)
        return 0;
    cleanup_free int64_t *jobs = xcalloc(w->jobs_count + 1, sizeof *jobs);
    for (size_t i = 0; i < w->jobs_count; i++)
        jobs[i] = b->job + 1 + (int64_t)i;
    // what is counted by class is to be known to those that fire at once
    return tx_actions_add(tx, w, jobs, err) || tx_finish(tx, err) || tx_actions_look(tx, err) ? -1
                                                                                              : 0;
}

static int create(struct tx *tx, struct db *db, const struct workflow *w,
                  const struct workflow_origin *o, struct error *err)
{
    struct bases b = {0};
    int64_t id = 0;
    if (add_workflow(db, w, o, &id, err) || tx_init(tx, db, id, err) || read_bases(db, &b, err) ||
        add_classes(tx, w, &b, err) || add_jobs(tx, w, &b, err) ||
        add_pairs(db, SQL_NEED_ADD, w->needs, w->needs_count, b.job, b.job, err) ||
        add_files(tx, w, &b, err) ||
        add_pairs(db, SQL_JOB_FILE_ADD, w->job_files, w->job_files_count, b.job, b.file, err) ||
        add_pairs(db, SQL_JOB_DATA_ADD, w->job_data, w->job_data_count, b.job, b.data, err) ||
        end_barriers(tx, w, &b, err) || tx_event(tx, EVENT_WORKFLOW_CREATED, 0, 0, 0, err) ||
        add_actions(tx, w, &b, err))
        return -1;
    // Nobody watches it yet. Its row was the first of a transaction that may be larger than the
    // cache: to touch its page again, when it is in the log already, makes SQLite read all that
    // follows there and write every checksum anew.
    tx->change = false;
    return tx_finish(tx, err);
}

// All that these rows refer to is inserted with them, and tx_check_workflow has looked at it:
// SQLite need not look up the two ends of each of a million dependencies again.
int sqlite_create_workflow(void *impl, const struct workflow *w, const struct workflow_origin *o,
                           int64_t *workflow_id, struct error *err)
{
    struct db *db = impl;
    struct tx tx = {0};
    if (tx_check_workflow(w, err) || db_do(db, err, SQL_FOREIGN_KEYS_OFF, ""))
        return -1;
    int rc = db_begin(db, true, err);
    if (rc == 0)
        rc = db_end(db, create(&tx, db, w, o, err), err);
    if (rc == 0 && db->young)
        db_set_journal(db, NULL); // whoever opens it next tries again
    if (rc == 0)
        *workflow_id = tx.workflow_id;
    tx_fini(&tx);
    if (db_do(db, rc ? NULL : err, SQL_FOREIGN_KEYS_ON, ""))
        rc = -1;
    return rc;
}

// ---- deleting ----

static const enum sql deletions[] = {
    // children before parents: foreign keys are not followed, see below
    SQL_DELETE_SPAWNED,     SQL_DELETE_SPAWNS,      SQL_DELETE_ACTION_RUNS, SQL_DELETE_ACTION_JOBS,
    SQL_DELETE_SAMPLES,     SQL_DELETE_USAGE,       SQL_DELETE_ATTEMPTS,    SQL_DELETE_EVENTS,
    SQL_DELETE_NEEDS,       SQL_DELETE_JOB_FILES,   SQL_DELETE_JOB_DATA,    SQL_DELETE_JOBS,
    SQL_DELETE_VERSIONS,    SQL_DELETE_FILES,       SQL_DELETE_DATA,        SQL_DELETE_COUNTS,
    SQL_DELETE_USED,        SQL_DELETE_CLASSES,     SQL_DELETE_SHARES,      SQL_DELETE_RUNNERS,
    SQL_DELETE_ALLOCATIONS, SQL_DELETE_SUBMISSIONS, SQL_DELETE_ACTIONS,     SQL_DELETE_HANDLERS,
    SQL_DELETE_TEXT,        SQL_DELETE_WORKFLOW,
};

static int delete_rows(struct db *db, int64_t workflow_id, struct error *err)
{
    struct tx tx;
    int64_t alive = 0;
    if (tx_init(&tx, db, workflow_id, err))
        return -1;
    if (db_number(db, err, &alive, SQL_RUNNERS_ALIVE, "l", workflow_id) < 0)
        return -1;
    if (alive)
        return error_set(err, ERROR_USAGE, 0,
                         "workflow %lld has %lld live runner%s; cancel it first (torc cancel %lld)",
                         (long long)workflow_id, (long long)alive, alive == 1 ? "" : "s",
                         (long long)workflow_id);
    for (size_t i = 0; i < sizeof deletions / sizeof *deletions; i++)
        if (db_do(db, err, deletions[i], "l", workflow_id))
            return -1;
    return 0;
}

// With foreign keys on, every deleted row would be looked for in tables that have no index for it;
// all that can refer to a workflow's rows are its own, and they go in the same transaction.
int sqlite_delete_workflow(void *impl, int64_t workflow_id, struct error *err)
{
    struct db *db = impl;
    if (db_do(db, err, SQL_FOREIGN_KEYS_OFF, ""))
        return -1;
    int rc = db_begin(db, true, err);
    if (rc == 0)
        rc = db_end(db, delete_rows(db, workflow_id, err), err);
    if (db_do(db, rc ? NULL : err, SQL_FOREIGN_KEYS_ON, ""))
        rc = -1;
    return rc;
}
