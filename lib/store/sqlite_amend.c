// SPDX-License-Identifier: GPL-2.0-or-later
// A restart with a changed file. Jobs and data keep their rows, by name, and with them their
// attempts and values; links and files are written anew. Every job is marked as removed first;
// those that the file has lose the mark.
#include <jansson.h>

#include "lib/base/mem.h"
#include "lib/store/create.h"
#include "lib/store/sqlite_action.h"
#include "lib/store/sqlite_seen.h"
#include "lib/workflow/signature.h"

struct amending {
    struct tx *tx;
    const struct workflow *w;
    int64_t *classes, *jobs, *files, *data; // ids, as the lists of w
    int64_t changes;                        // jobs that were added, removed or changed
    bool regrouped;                         // classes have other attempts now
};

static int amend_workflow(const struct amending *a, const struct workflow_origin *o,
                          struct error *err)
{
    const struct workflow *w = a->w;
    struct db *db = a->tx->db;
    int64_t id = a->tx->workflow_id;
    return db_do(db, err, SQL_AMEND_WORKFLOW, "lssssssss", id, w->name, w->description, w->project,
                 w->metadata, o->file, o->command_line, o->version,
                 w->settings ? w->settings : "{}") ||
                   db_do(db, err, SQL_AMEND_TEXT, "lss", id, o->file_text, o->environment)
               ? -1
               : 0;
}

static int amend_classes(struct amending *a, struct error *err)
{
    struct db *db = a->tx->db;
    int64_t next = 0;
    if (db_number(db, err, &next, SQL_MAX_CLASS, "") < 0)
        return -1;
    for (size_t i = 0; i < a->w->classes_count; i++) {
        const struct class_row *c = &a->w->classes[i];
        int rc = db_number(db, err, &a->classes[i], SQL_AMEND_CLASS, "lsssz", a->tx->workflow_id,
                           c->name, c->scheduler, c->labels, (int64_t)c->action);
        if (rc < 0)
            return -1;
        if (rc == 0)
            a->classes[i] = ++next;
        rc = rc ? db_do(db, err, SQL_AMEND_CLASS_SET, "liliilli", a->classes[i], (int)c->cpus,
                        c->memory_bytes, (int)c->gpus_milli, (int)c->nodes, c->runtime_usec,
                        c->tmp_bytes, (int)c->enforced)
                : db_do(db, err, SQL_CLASS_ADD, "llsiliillisszz", a->classes[i], a->tx->workflow_id,
                        c->name, (int)c->cpus, c->memory_bytes, (int)c->gpus_milli, (int)c->nodes,
                        c->runtime_usec, c->tmp_bytes, (int)c->enforced, c->scheduler, c->labels,
                        (int64_t)c->action, (int64_t)0);
        if (rc)
            return -1;
    }
    return db_do(db, err, SQL_CLASSES_POOL, "l", a->tx->workflow_id);
}

static int job_is_busy(const char *name, const char *what, struct error *err)
{
    return error_set(
        err, ERROR_USAGE, 0,
        "job \"%s\" is running, and %s in the file; wait until it has ended, or cancel "
        "the workflow first",
        name, what);
}

// A job that the database has: its row becomes what the file says now. *id 0: it has none.
static int amend_job(struct amending *a, const struct job_row *j, int64_t signature,
                     int64_t class_id, int32_t flags, int64_t *id, struct error *err)
{
    struct db *db = a->tx->db;
    sqlite3_stmt *s = db_query(db, err, SQL_AMEND_JOB, "ls", a->tx->workflow_id, j->name);
    int rc = s ? db_step(db, s, err) : -1;
    if (rc <= 0)
        return rc;
    *id = sqlite3_column_int64(s, 0);
    enum job_state state = (enum job_state)sqlite3_column_int(s, 1);
    int64_t before = db_known(s, 2);
    a->regrouped |= sqlite3_column_int64(s, 3) != class_id;
    sqlite3_reset(s);
    bool changed = before != UNKNOWN && before != signature;
    if (changed && j->command && (state == JOB_PENDING || state == JOB_RUNNING))
        return job_is_busy(j->name, "has changed", err);
    a->changes += changed;
    return db_do(db, err, SQL_AMEND_JOB_SET, "lzsiiisl", *id, class_id, j->command, (int)flags,
                 (int)j->priority, (int)j->rank, j->spec, signature);
}

static int amend_jobs(struct amending *a, struct error *err)
{
    struct db *db = a->tx->db;
    const struct workflow *w = a->w;
    int64_t next = 0, workflow = a->tx->workflow_id;
    cleanup_free int64_t *signatures = workflow_signatures(w);
    cleanup_free int32_t *flags = tx_job_flags(w);
    if (db_number(db, err, &next, SQL_MAX_JOB, "") < 0 ||
        db_do(db, err, SQL_AMEND_MARK, "l", workflow))
        return -1;
    for (size_t i = 0; i < w->jobs_count; i++) {
        const struct job_row *j = &w->jobs[i];
        int64_t class_id = j->class_index < 0 ? 0 : a->classes[j->class_index];
        if (amend_job(a, j, signatures[i], class_id, flags[i], &a->jobs[i], err))
            return -1;
        if (a->jobs[i])
            continue;
        a->jobs[i] = ++next;
        a->changes++;
        if (db_do(db, err, SQL_JOB_ADD, "llzssiiiiisn", next, workflow, class_id, j->name,
                  j->command, (int)JOB_UNINITIALIZED, 0, (int)flags[i], (int)j->priority,
                  (int)j->rank, j->spec, signatures[i]))
            return -1;
    }
    return 0;
}

// Those that still have the mark, and what hangs on them. Foreign keys are not followed, as when a
// workflow is deleted.
static int drop_jobs(struct amending *a, struct error *err)
{
    static const enum sql drops[] = {SQL_AMEND_DROP_SAMPLES, SQL_AMEND_DROP_USAGE,
                                     SQL_AMEND_DROP_ATTEMPTS, SQL_AMEND_DROP_EVENTS,
                                     SQL_AMEND_DROP_JOBS};
    struct db *db = a->tx->db;
    sqlite3_stmt *s = db_query(db, err, SQL_AMEND_BUSY, "l", a->tx->workflow_id);
    int rc = s ? db_step(db, s, err) : -1;
    if (rc > 0)
        rc = job_is_busy((const char *)sqlite3_column_text(s, 0), "is no more", err);
    if (s)
        sqlite3_reset(s);
    for (size_t i = 0; rc == 0 && i < sizeof drops / sizeof *drops; i++)
        rc = db_do(db, err, drops[i], "l", a->tx->workflow_id);
    int dropped = rc ? 0 : sqlite3_changes(db->sqlite);
    a->changes += dropped;
    a->regrouped |= dropped > 0;
    return rc;
}

// What is counted by class, where jobs went from one to another or are no more.
static int amend_counts(const struct amending *a, struct error *err)
{
    struct db *db = a->tx->db;
    int64_t workflow = a->tx->workflow_id;
    if (a->regrouped && db_do(db, err, SQL_DELETE_USED, "l", workflow))
        return -1;
    return db_do(db, err, SQL_AMEND_CLASSES_DROP, "l", workflow) ||
                   db_do(db, err, SQL_AMEND_COUNTS_DROP, "") ||
                   (a->regrouped && (db_do(db, err, SQL_USED_FILL, "l", workflow) ||
                                     db_do(db, err, SQL_RESTART_COUNTS_ZERO, "l", workflow) ||
                                     db_do(db, err, SQL_RESTART_COUNTS, "l", workflow)))
               ? -1
               : 0;
}

static int amend_files(struct amending *a, struct error *err)
{
    struct db *db = a->tx->db;
    int64_t next = 0, workflow = a->tx->workflow_id;
    if (db_do(db, err, SQL_DELETE_VERSIONS, "l", workflow) ||
        db_do(db, err, SQL_DELETE_FILES, "l", workflow) ||
        db_number(db, err, &next, SQL_MAX_FILE, "") < 0)
        return -1;
    for (size_t i = 0; i < a->w->files_count; i++) {
        const struct file_row *f = &a->w->files[i];
        a->files[i] = ++next;
        if (db_do(db, err, SQL_FILE_ADD, "llssis", next, workflow, f->name, f->path,
                  (int)f->temporary, f->identifier))
            return -1;
    }
    return 0;
}

// A value that the file gave follows the file; one that was set since stays.
static int amend_data(struct amending *a, struct error *err)
{
    struct db *db = a->tx->db;
    int64_t next = 0, workflow = a->tx->workflow_id;
    json_auto_t *names = json_array();
    if (db_number(db, err, &next, SQL_MAX_DATA, "") < 0)
        return -1;
    for (size_t i = 0; i < a->w->data_count; i++) {
        const struct data_row *d = &a->w->data[i];
        int rc = db_number(db, err, &a->data[i], SQL_AMEND_DATA, "ls", workflow, d->name);
        if (rc == 0)
            a->data[i] = ++next;
        if (rc >= 0)
            rc = rc ? db_do(db, err, SQL_AMEND_DATA_SET, "lsi", a->data[i], d->data,
                            (int)d->ephemeral)
                    : db_do(db, err, SQL_DATA_ADD, "llssi", next, workflow, d->name, d->data,
                            (int)d->ephemeral);
        if (rc)
            return -1;
        json_array_append_new(names, json_string(d->name));
    }
    cleanup_free char *text = json_dumps(names, JSON_COMPACT);
    return db_do(db, err, SQL_AMEND_DATA_DROP, "ls", workflow, text);
}

static int add_links(struct amending *a, enum sql which, const struct pair_row *pairs, size_t count,
                     const int64_t *others, struct error *err)
{
    const char *types = which == SQL_NEED_ADD ? "ll" : "lli";
    struct bulk bulk;
    int rc = db_bulk_open(&bulk, a->tx->db, which, count, err);
    for (size_t i = 0; !rc && i < count; i++)
        rc = db_bulk_row(&bulk, err, types, a->jobs[pairs[i].job], others[pairs[i].other],
                         (int)pairs[i].role);
    db_bulk_close(&bulk);
    return rc;
}

static int amend_links(struct amending *a, struct error *err)
{
    const struct workflow *w = a->w;
    return add_links(a, SQL_NEED_ADD, w->needs, w->needs_count, a->jobs, err) ||
                   add_links(a, SQL_JOB_FILE_ADD, w->job_files, w->job_files_count, a->files,
                             err) ||
                   add_links(a, SQL_JOB_DATA_ADD, w->job_data, w->job_data_count, a->data, err)
               ? -1
               : 0;
}

static int drop_links(struct amending *a, struct error *err)
{
    static const enum sql drops[] = {SQL_DELETE_NEEDS, SQL_DELETE_JOB_FILES, SQL_DELETE_JOB_DATA};
    for (size_t i = 0; i < sizeof drops / sizeof *drops; i++)
        if (db_do(a->tx->db, err, drops[i], "l", a->tx->workflow_id))
            return -1;
    return 0;
}

// What jobs that stay have read and written.
static int restore_seen(struct amending *a, const struct amend_had *had, struct error *err)
{
    const struct workflow *w = a->w;
    struct db *db = a->tx->db;
    for (size_t i = 0; i < w->job_files_count && i < had->files_count; i++) {
        const struct pair_row *use = &w->job_files[i];
        int64_t version = 0, file = a->files[use->other];
        if (had->files[i].size_bytes == UNKNOWN)
            continue;
        if (tx_version(db, file, &had->files[i], &version, err) ||
            db_do(db, err, SQL_JOB_FILE_SEEN, "lill", a->jobs[use->job], (int)use->role, file,
                  version) ||
            db_do(db, err, use->role == ROLE_OUTPUT ? SQL_FILE_WRITTEN : SQL_FILE_READ, "ll", file,
                  version))
            return -1;
    }
    for (size_t i = 0; i < w->job_data_count && i < had->data_count; i++) {
        const struct pair_row *use = &w->job_data[i];
        if (had->data[i] != UNKNOWN && db_do(db, err, SQL_JOB_DATA_HAD, "lill", a->jobs[use->job],
                                             (int)use->role, a->data[use->other], had->data[i]))
            return -1;
    }
    return 0;
}

static int64_t *jobs_of(const struct amending *a, const int64_t *indices, uint32_t count)
{
    int64_t *ids = xcalloc(count + 1, sizeof *ids);
    for (uint32_t i = 0; i < count; i++)
        ids[i] = a->jobs[indices[i]];
    return ids;
}

// The request with ids for indices.
static int reset(struct amending *a, const struct restart_request *q, struct restart_reply *reply,
                 struct error *err)
{
    cleanup_free int64_t *jobs = jobs_of(a, q->jobs, q->jobs_count);
    cleanup_free int64_t *rewrites = jobs_of(a, q->rewrites, q->rewrites_count);
    cleanup_free int64_t *maybe = jobs_of(a, q->maybe, q->maybe_count);
    cleanup_free struct restart_seen *seen = xcalloc(q->seen_count + 1, sizeof *seen);
    struct restart_request with_ids = *q;
    with_ids.jobs = jobs;
    with_ids.rewrites = rewrites;
    with_ids.maybe = maybe;
    with_ids.seen = seen;
    for (uint32_t i = 0; i < q->seen_count; i++)
        seen[i] = (struct restart_seen){a->files[q->seen[i].file_id], q->seen[i].seen};
    return tx_restart(a->tx, &with_ids, a->changes > 0, reply, err);
}

static bool are_indices(const int64_t *indices, uint32_t count, size_t of)
{
    for (uint32_t i = 0; i < count; i++)
        if (indices[i] < 0 || (size_t)indices[i] >= of)
            return false;
    return true;
}

static bool indices_fit(const struct restart_request *q, const struct workflow *w)
{
    bool fit = are_indices(q->jobs, q->jobs_count, w->jobs_count) &&
               are_indices(q->rewrites, q->rewrites_count, w->jobs_count) &&
               are_indices(q->maybe, q->maybe_count, w->jobs_count);
    for (uint32_t i = 0; i < q->seen_count; i++)
        fit = fit && are_indices(&q->seen[i].file_id, 1, w->files_count);
    return fit;
}

static int amend(struct amending *a, const struct restart_request *q, const struct amend_had *had,
                 const struct workflow_origin *o, struct restart_reply *reply, struct error *err)
{
    if (a->tx->run_id != q->run_id)
        return tx_restarted_meanwhile(a->tx, err);
    return amend_workflow(a, o, err) || amend_classes(a, err) || amend_jobs(a, err) ||
                   drop_links(a, err) || drop_jobs(a, err) || amend_files(a, err) ||
                   amend_data(a, err) || amend_links(a, err) || amend_counts(a, err) ||
                   tx_actions_amend(a->tx, a->w, a->jobs, err) ||
                   db_do(a->tx->db, err, SQL_JOBS_IN_ORDER, "li", a->tx->workflow_id,
                         (int)MANY_CLASSES) ||
                   restore_seen(a, had, err) || reset(a, q, reply, err) ||
                   tx_actions_look(a->tx, err) || tx_finish(a->tx, err)
               ? -1
               : 0;
}

int sqlite_amend(void *impl, const struct restart_request *q, const struct amend_had *had,
                 const struct workflow *w, const struct workflow_origin *o,
                 struct restart_reply *reply, struct error *err)
{
    struct db *db = impl;
    struct tx tx = {0};
    struct amending a = {.tx = &tx, .w = w};
    if (tx_check_workflow(w, err))
        return -1;
    if (!indices_fit(q, w))
        return error_set(err, ERROR_INTERNAL, 0, "workflow %s: an index is out of range", w->name);
    a.classes = xcalloc(w->classes_count + 1, sizeof *a.classes);
    a.jobs = xcalloc(w->jobs_count + 1, sizeof *a.jobs);
    a.files = xcalloc(w->files_count + 1, sizeof *a.files);
    a.data = xcalloc(w->data_count + 1, sizeof *a.data);
    int rc = db_do(db, err, SQL_FOREIGN_KEYS_OFF, "") || db_begin(db, true, err) ? -1 : 0;
    if (rc == 0) {
        rc = tx_init(&tx, db, q->workflow_id, err) || amend(&a, q, had, o, reply, err) ? -1 : 0;
        rc = db_end(db, rc, err);
    }
    tx_fini(&tx);
    free(a.classes);
    free(a.jobs);
    free(a.files);
    free(a.data);
    return db_do(db, rc ? NULL : err, SQL_FOREIGN_KEYS_ON, "") ? -1 : rc;
}
