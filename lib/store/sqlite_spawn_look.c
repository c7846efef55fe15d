// SPDX-License-Identifier: GPL-2.0-or-later
// Who adds jobs, and what of them is there.
#include "lib/base/hash.h"
#include "lib/base/mem.h"
#include "lib/store/sqlite_spawn.h"

// ---- who asks ----

static int check_workflow(const struct spawning *s, struct error *err)
{
    const struct tx *tx = s->tx;
    if (tx->run_id != s->q->run_id)
        return error_set(err, ERROR_USAGE, 0,
                         "workflow %lld was restarted since this job started, nothing is added",
                         (long long)tx->workflow_id);
    if (tx->state == WORKFLOW_RUNNING || tx->state == WORKFLOW_HELD)
        return 0;
    return error_set(err, ERROR_USAGE, 0, "workflow %lld is %s, nothing is added",
                     (long long)tx->workflow_id, workflow_state_names[tx->state]);
}

// Its start may not have been told yet.
int spawn_check_caller(const struct spawning *s, struct error *err)
{
    if (check_workflow(s, err))
        return -1;
    sqlite3_stmt *st = db_query(s->tx->db, err, SQL_JOB_GET, "ll", s->q->job_id, s->q->workflow_id);
    int rc = st ? db_step(s->tx->db, st, err) : -1;
    if (rc < 0)
        return -1;
    if (rc == 0 || sqlite3_column_type(st, 0) == SQLITE_NULL)
        return error_set(err, ERROR_USAGE, 0, "workflow %lld has no job of the id %lld",
                         (long long)s->q->workflow_id, (long long)s->q->job_id);
    enum job_state state = (enum job_state)sqlite3_column_int(st, 1);
    int attempts = sqlite3_column_int(st, 3), own = s->q->attempt_id;
    bool open = state == JOB_BLOCKED || state == JOB_READY || state == JOB_PENDING;
    if ((state == JOB_RUNNING && attempts == own) || (open && attempts + 1 == own))
        rc = 0;
    else
        rc = error_set(err, ERROR_USAGE, 0,
                       "attempt %d of job \"%s\" does not run any more (the job is %s), nothing is "
                       "added",
                       own, (const char *)sqlite3_column_text(st, 4), job_state_names[state]);
    sqlite3_reset(st);
    return rc;
}

// ---- what is there ----

int spawn_is_other(const char *what, const char *name, const char *of, struct error *err)
{
    return error_set(err, ERROR_USAGE, 0,
                     "%s \"%s\" is there already, %s; nothing is added. Give the new one another "
                     "name",
                     what, name, of);
}

// Was it added by this job? *spawn: in which call; 0: by another job, or it is of the file.
static int find_spawn(struct spawning *s, enum spawned_kind kind, int64_t item, int64_t *spawn,
                      struct error *err)
{
    *spawn = 0;
    return db_number(s->tx->db, err, spawn, SQL_SPAWNED_BY, "ill", (int)kind, item, s->q->job_id) <
                   0
               ? -1
               : 0;
}

static int look_class(struct spawning *s, int64_t class_id, const struct class_row *row, bool *same,
                      struct error *err)
{
    sqlite3_stmt *st = db_query(s->tx->db, err, SQL_CLASS_OF_ID, "l", class_id);
    int rc = st ? db_step(s->tx->db, st, err) : -1;
    if (rc < 0)
        return -1;
    const char *name = rc ? (const char *)sqlite3_column_text(st, 0) : NULL;
    *same = name && !strcmp(name, row->name);
    sqlite3_reset(st);
    return 0;
}

static int look_job(struct spawning *s, uint32_t i, struct error *err)
{
    struct db *db = s->tx->db;
    const struct job_row *j = &s->w->jobs[i];
    sqlite3_stmt *st = db_query(db, err, SQL_AMEND_JOB, "ls", s->tx->workflow_id, j->name);
    int rc = st ? db_step(db, st, err) : -1;
    if (rc < 0)
        return -1;
    s->new_jobs[i] = rc == 0;
    if (rc == 0)
        return 0;
    s->jobs[i] = sqlite3_column_int64(st, 0);
    bool same = sqlite3_column_int64(st, 2) == s->signatures[i], same_class = true;
    int64_t class_id = sqlite3_column_int64(st, 3), spawn = 0;
    sqlite3_reset(st);
    if (find_spawn(s, SPAWNED_JOB, s->jobs[i], &spawn, err))
        return -1;
    if (!spawn)
        return spawn_is_other("job", j->name, "of the workflow's file or added by another job",
                              err);
    if (look_class(s, class_id, &s->w->classes[j->class_index], &same_class, err))
        return -1;
    if (!same || !same_class)
        return error_set(
            err, ERROR_USAGE, 0,
            "job \"%s\" was added by this job before, with %s; nothing is added. Give "
            "the new one another name, or let torc restart --job run the job that adds "
            "it again, which drops the old one",
            j->name,
            same ? "another resource class"
                 : "another command, environment, or other needs, files or data");
    s->before = spawn;
    s->reply->same++;
    return 0;
}

static int look_known_job(struct spawning *s, uint32_t i, struct error *err)
{
    int rc = db_number(s->tx->db, err, &s->jobs[i], SQL_AMEND_JOB, "ls", s->tx->workflow_id,
                       s->w->jobs[i].name);
    return rc > 0 ? 0
           : rc < 0
               ? -1
               : error_set(err, ERROR_USAGE, 0, "job \"%s\" is gone meanwhile, nothing is added",
                           s->w->jobs[i].name);
}

// A path that has a file already has it by any name.
static int look_file(struct spawning *s, uint32_t i, const uint32_t *known_of, struct error *err)
{
    struct db *db = s->tx->db;
    const struct file_row *f = &s->w->files[i];
    sqlite3_stmt *st = db_query(db, err, SQL_SPAWN_FILE, "ls", s->tx->workflow_id, f->name);
    int rc = st ? db_step(db, st, err) : -1;
    if (rc < 0)
        return -1;
    if (rc == 0) {
        if (known_of[f->same])
            s->files[i] = s->files[known_of[f->same] - 1];
        return 0;
    }
    s->files[i] = sqlite3_column_int64(st, 0);
    const char *path = (const char *)sqlite3_column_text(st, 1);
    cleanup_free char *of = path && strcmp(path, f->path) ? xasprintf("as %s", path) : NULL;
    sqlite3_reset(st);
    return of ? spawn_is_other("file", f->name, of, err) : 0;
}

static int look_data(struct spawning *s, uint32_t i, struct error *err)
{
    struct db *db = s->tx->db;
    const struct data_row *d = &s->w->data[i];
    sqlite3_stmt *st = db_query(db, err, SQL_SPAWN_DATA, "ls", s->tx->workflow_id, d->name);
    int rc = st ? db_step(db, st, err) : -1;
    if (rc <= 0)
        return rc;
    s->data[i] = sqlite3_column_int64(st, 0);
    const char *initial = (const char *)sqlite3_column_text(st, 1);
    bool same = i >= s->q->data || (!initial && !d->data) ||
                (initial && d->data && hash_json(initial) == hash_json(d->data));
    sqlite3_reset(st);
    return same ? 0 : spawn_is_other("user data", d->name, "with another value", err);
}

int spawn_look(struct spawning *s, struct error *err)
{
    const struct spawn_request *q = s->q;
    cleanup_free uint32_t *known_of = xcalloc(s->w->files_count + 1, sizeof *known_of);
    int rc = 0;
    for (uint32_t i = 0; !rc && i < q->jobs; i++)
        rc = look_job(s, i, err);
    for (uint32_t i = q->jobs; !rc && i < q->jobs + q->known_jobs; i++)
        rc = look_known_job(s, i, err);
    for (uint32_t i = q->files; !rc && i < q->files + q->known_files; i++) {
        rc = look_file(s, i, known_of, err);
        known_of[s->w->files[i].same] = i + 1;
    }
    for (uint32_t i = 0; !rc && i < q->files; i++)
        rc = look_file(s, i, known_of, err);
    for (uint32_t i = 0; !rc && i < q->data + q->known_data; i++)
        rc = look_data(s, i, err);
    return rc;
}
