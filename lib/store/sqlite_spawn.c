// SPDX-License-Identifier: GPL-2.0-or-later
// A job adds jobs. Names are the key: what is there by the same call is the answer to a call that
// is made again. The one that asks has not ended, so all that it adds is blocked, and no workflow
// can end in between.
#include "lib/store/sqlite_spawn.h"
#include "lib/base/hash.h"
#include "lib/base/mem.h"
#include "lib/workflow/signature.h"

// ---- which call it is ----

// A call that adds no job is the same if its state is.
static int find_before(struct spawning *s, int64_t hash, struct error *err)
{
    struct db *db = s->tx->db;
    if (!s->q->jobs && db_number(db, err, &s->before, SQL_SPAWN_SAME, "lsn", s->q->job_id,
                                 s->q->lineage, hash) < 0)
        return -1;
    if (!s->before)
        return 0;
    sqlite3_stmt *st = db_query(db, err, SQL_SPAWN_GET, "l", s->before);
    int rc = st ? db_step(db, st, err) : -1;
    if (rc < 0)
        return -1;
    s->reply->generation = rc ? sqlite3_column_int(st, 0) : 0;
    int64_t state = rc ? db_known(st, 1) : hash;
    sqlite3_reset(st);
    if (s->q->jobs && s->reply->same == s->q->jobs && state != hash)
        return error_set(err, ERROR_USAGE, 0,
                         "these jobs were added before, as generation %d of \"%s\", with another "
                         "state; nothing is changed",
                         s->reply->generation, s->q->lineage);
    return 0;
}

static int add_spawn(struct spawning *s, int64_t hash, struct error *err)
{
    struct db *db = s->tx->db;
    uint32_t added = s->q->jobs - s->reply->same;
    int64_t last = 0, with_jobs = 0;
    if (db_number(db, err, &last, SQL_SPAWN_LAST, "ls", s->tx->workflow_id, s->q->lineage) < 0 ||
        db_number(db, err, &with_jobs, SQL_SPAWN_COUNT, "ls", s->tx->workflow_id, s->q->lineage) <
            0)
        return -1;
    if (added && with_jobs >= s->q->most)
        return error_set(err, ERROR_USAGE, 0,
                         "lineage \"%s\" has had %lld generations of jobs, as many as "
                         "dynamic_jobs.max_iterations of the workflow lets it; nothing is added",
                         s->q->lineage, (long long)with_jobs);
    s->reply->generation = (int32_t)last + 1;
    s->reply->added = added;
    if (db_do(db, err, SQL_SPAWN_ADD, "llsilin", s->tx->workflow_id, s->q->job_id, s->q->lineage,
              (int)s->reply->generation, s->tx->now_usec, (int)added, hash))
        return -1;
    s->spawn_id = sqlite3_last_insert_rowid(db->sqlite);
    return 0;
}

// ---- adding ----

static int note(struct spawning *s, enum spawned_kind kind, int64_t item, struct error *err)
{
    return db_do(s->tx->db, err, SQL_SPAWNED_ADD, "ill", (int)kind, item, s->spawn_id);
}

// Barriers are added where a new job needs them.
static void choose_barriers(struct spawning *s)
{
    for (size_t i = 0; i < s->w->needs_count; i++) {
        const struct pair_row *need = &s->w->needs[i];
        if (need->job < s->q->jobs && s->new_jobs[need->job] &&
            need->other >= s->q->jobs + s->q->known_jobs)
            s->new_jobs[need->other] = true;
    }
}

static int add_class(struct spawning *s, int32_t index, bool *made, struct error *err)
{
    struct db *db = s->tx->db;
    const struct class_row *c = &s->w->classes[index];
    int64_t last = 0;
    int rc = db_number(db, err, &s->classes[index], SQL_AMEND_CLASS, "lsssz", s->tx->workflow_id,
                       c->name, c->scheduler, c->labels, (int64_t)0, (int64_t)0);
    if (rc || db_number(db, err, &last, SQL_MAX_CLASS, "") < 0)
        return rc > 0 ? 0 : -1;
    *made = true;
    s->classes[index] = last + 1;
    return db_do(db, err, SQL_CLASS_ADD, "llsiliillisszz", last + 1, s->tx->workflow_id, c->name,
                 (int)c->cpus, c->memory_bytes, (int)c->gpus_milli, (int)c->nodes, c->runtime_usec,
                 c->tmp_bytes, (int)c->enforced, c->scheduler, c->labels, (int64_t)0);
}

// Who remembers classes reads them again; from a number of them on, jobs are claimed in order.
static int add_classes(struct spawning *s, int32_t *in_order, struct error *err)
{
    struct db *db = s->tx->db;
    int64_t count = 0, workflow = s->tx->workflow_id;
    bool made = false;
    for (uint32_t i = 0; i < s->q->jobs; i++) {
        int32_t index = s->w->jobs[i].class_index;
        if (s->new_jobs[i] && !s->classes[index] && add_class(s, index, &made, err))
            return -1;
    }
    if (db_number(db, err, &count, SQL_CLASSES_UP_TO, "li", workflow, (int)MANY_CLASSES) < 0)
        return -1;
    *in_order = count >= MANY_CLASSES ? JOB_IN_ORDER : 0;
    return made && (db_do(db, err, SQL_CLASSES_CHANGED, "l", workflow) ||
                    db_do(db, err, SQL_CLASSES_POOL, "l", workflow) ||
                    db_do(db, err, SQL_JOBS_IN_ORDER, "li", workflow, (int)MANY_CLASSES))
               ? -1
               : 0;
}

// A barrier of this name may be there, of the file or of an earlier call.
static int name_barrier(struct spawning *s, const char *name, char **free_name, struct error *err)
{
    int64_t id = 0;
    int rc;
    *free_name = xstrdup(name);
    while ((rc = db_number(s->tx->db, err, &id, SQL_AMEND_JOB, "ls", s->tx->workflow_id,
                           *free_name)) > 0) {
        free(*free_name);
        *free_name = xasprintf("%s #%lld", name, (long long)++s->last_job);
    }
    return rc;
}

static int add_jobs(struct spawning *s, struct error *err)
{
    struct db *db = s->tx->db;
    int32_t in_order = 0;
    int64_t next = 0;
    cleanup_free int32_t *flags = tx_job_flags(s->w);
    choose_barriers(s);
    if (add_classes(s, &in_order, err) || db_number(db, err, &next, SQL_MAX_JOB, "") < 0)
        return -1;
    int64_t first = s->last_job = next;
    for (size_t i = 0; i < s->w->jobs_count; i++) {
        const struct job_row *j = &s->w->jobs[i];
        cleanup_free char *name = NULL;
        if (!s->new_jobs[i])
            continue;
        bool barrier = i >= s->q->jobs;
        if (barrier && name_barrier(s, j->name, &name, err))
            return -1;
        int64_t class_id = barrier ? 0 : s->classes[j->class_index];
        s->jobs[i] = ++next;
        tx_count(s->tx, class_id, JOB_STATES, JOB_BLOCKED, 1);
        if (db_do(db, err, SQL_JOB_ADD, "llzssiiiiisn", next, s->tx->workflow_id, class_id,
                  name ? name : j->name, j->command, (int)JOB_BLOCKED, 0,
                  (int)((flags[i] & ~JOB_IN_ORDER) | in_order), (int)j->priority, (int)j->rank,
                  j->spec, s->signatures[i]) ||
            note(s, SPAWNED_JOB, next, err))
            return -1;
    }
    s->last_job = first;
    return 0;
}

static int add_files(struct spawning *s, struct error *err)
{
    struct db *db = s->tx->db;
    int64_t file = 0, data = 0, workflow = s->tx->workflow_id;
    if (db_number(db, err, &file, SQL_MAX_FILE, "") < 0 ||
        db_number(db, err, &data, SQL_MAX_DATA, "") < 0)
        return -1;
    for (uint32_t i = 0; i < s->q->files; i++) {
        const struct file_row *f = &s->w->files[i];
        if (s->files[i])
            continue;
        s->files[i] = ++file;
        if (db_do(db, err, SQL_FILE_ADD, "llssi", file, workflow, f->name, f->path,
                  (int)f->temporary) ||
            note(s, SPAWNED_FILE, file, err))
            return -1;
    }
    for (uint32_t i = 0; i < s->q->data; i++) {
        const struct data_row *d = &s->w->data[i];
        if (s->data[i])
            continue;
        s->data[i] = ++data;
        if (db_do(db, err, SQL_DATA_ADD, "llssi", data, workflow, d->name, d->data,
                  (int)d->ephemeral) ||
            note(s, SPAWNED_DATA, data, err))
            return -1;
    }
    return 0;
}

static int add_pairs(struct spawning *s, enum sql which, const struct pair_row *pairs, size_t count,
                     const int64_t *others, struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        const struct pair_row *p = &pairs[i];
        const char *types = which == SQL_NEED_ADD ? "ll" : "lli";
        if (s->new_jobs[p->job] &&
            db_do(s->tx->db, err, which, types, s->jobs[p->job], others[p->other], (int)p->role))
            return -1;
    }
    return 0;
}

static int add_links(struct spawning *s, struct error *err)
{
    const struct workflow *w = s->w;
    for (uint32_t i = 0; i < s->q->jobs; i++)
        if (s->new_jobs[i] && db_do(s->tx->db, err, SQL_SPAWN_NEED, "ll", s->jobs[i], s->q->job_id))
            return -1;
    return add_pairs(s, SQL_SPAWN_NEED, w->needs, w->needs_count, s->jobs, err) ||
                   add_pairs(s, SQL_JOB_FILE_ADD, w->job_files, w->job_files_count, s->files,
                             err) ||
                   add_pairs(s, SQL_JOB_DATA_ADD, w->job_data, w->job_data_count, s->data, err)
               ? -1
               : 0;
}

// Needs that have ended: barriers of them end, who waits for what has failed is canceled.
static int settle(struct spawning *s, struct error *err)
{
    struct db *db = s->tx->db;
    int64_t workflow = s->tx->workflow_id, id = s->last_job;
    int rc;
    if (db_do(db, err, SQL_SPAWN_UNMET, "ll", workflow, id))
        return -1;
    while ((rc = db_number(db, err, &id, SQL_SPAWN_BARRIER, "ll", workflow, id)) > 0)
        if (db_do(db, err, SQL_JOB_FREED, "li", id, (int)JOB_COMPLETED) ||
            tx_job_ended(s->tx, id, JOB_COMPLETED, CHANGE_NONE, err))
            return -1;
    for (id = s->last_job;
         rc == 0 && (rc = db_number(db, err, &id, SQL_SPAWN_DOOMED, "ll", workflow, id)) > 0;
         rc = 0)
        if (tx_cancel_waiting(s->tx, id, err))
            return -1;
    return rc;
}

// What the lineage knows: a record for each generation, under its own name.
static int add_state(struct spawning *s, struct error *err)
{
    struct db *db = s->tx->db;
    int64_t id = 0, last = 0;
    cleanup_free char *name = xasprintf("%s.%d", s->q->lineage, (int)s->reply->generation);
    if (!s->q->state)
        return 0;
    int rc = db_number(db, err, &id, SQL_DATA_FIND, "ls", s->tx->workflow_id, name);
    if (rc)
        return rc < 0 ? -1
                      : spawn_is_other("user data", name,
                                       "so the state cannot be kept under this name", err);
    if (db_number(db, err, &last, SQL_MAX_DATA, "") < 0)
        return -1;
    return db_do(db, err, SQL_DATA_ADD, "llssi", last + 1, s->tx->workflow_id, name, s->q->state,
                 0) ||
                   note(s, SPAWNED_DATA, last + 1, err)
               ? -1
               : 0;
}

// The known jobs were there first, and do not wait for new ones.
static int check_needs(const struct spawning *s, struct error *err)
{
    const struct workflow *w = s->w;
    uint32_t known = s->q->jobs + s->q->known_jobs;
    for (size_t i = 0; i < w->needs_count; i++)
        if (w->needs[i].job >= s->q->jobs && w->needs[i].job < known &&
            w->needs[i].other < s->q->jobs)
            return error_set(
                err, ERROR_USAGE, 0,
                "job \"%s\" is there already, and reads what \"%s\" would write; a job "
                "that is added cannot come before one that is there. Nothing is added",
                w->jobs[w->needs[i].job].name, w->jobs[w->needs[i].other].name);
    return 0;
}

static int spawn(struct spawning *s, struct error *err)
{
    int64_t hash = s->q->state ? hash_json(s->q->state) : UNKNOWN;
    s->signatures = workflow_signatures(s->w);
    if (spawn_check_caller(s, err) || check_needs(s, err) || spawn_look(s, err) ||
        find_before(s, hash, err))
        return -1;
    bool nothing = !s->q->jobs && !s->q->files && !s->q->data && !s->q->state;
    if (nothing || (s->before && s->reply->same == s->q->jobs))
        return 0;
    return add_spawn(s, hash, err) || add_files(s, err) || add_jobs(s, err) || add_links(s, err) ||
                   add_state(s, err) || settle(s, err) || tx_finish(s->tx, err)
               ? -1
               : 0;
}

static bool counts_fit(const struct spawn_request *q, const struct workflow *w)
{
    return q->jobs <= w->jobs_count && q->known_jobs <= w->jobs_count - q->jobs &&
           q->files <= w->files_count && q->known_files <= w->files_count - q->files &&
           q->data <= w->data_count && q->known_data <= w->data_count - q->data;
}

int sqlite_spawn(void *impl, const struct spawn_request *q, const struct workflow *w,
                 struct spawn_reply *reply, struct error *err)
{
    struct db *db = impl;
    struct tx tx = {0};
    struct spawning s = {.tx = &tx, .w = w, .q = q, .reply = reply};
    if (tx_check_workflow(w, err))
        return -1;
    if (!counts_fit(q, w))
        return error_set(err, ERROR_INTERNAL, 0, "a call that adds jobs: a count is out of range");
    if (db_begin(db, true, err))
        return -1;
    s.classes = xcalloc(w->classes_count + 1, sizeof *s.classes);
    s.jobs = xcalloc(w->jobs_count + 1, sizeof *s.jobs);
    s.files = xcalloc(w->files_count + 1, sizeof *s.files);
    s.data = xcalloc(w->data_count + 1, sizeof *s.data);
    s.new_jobs = xcalloc(w->jobs_count + 1, sizeof *s.new_jobs);
    int rc = tx_init(&tx, db, q->workflow_id, err) || spawn(&s, err) ? -1 : 0;
    rc = db_end(db, rc, err);
    tx_fini(&tx);
    free(s.classes);
    free(s.jobs);
    free(s.files);
    free(s.data);
    free(s.new_jobs);
    free(s.signatures);
    return rc;
}

int sqlite_spawn_base(void *impl, int64_t workflow_id, struct spawn_base *base, struct error *err)
{
    struct db *db = impl;
    if (db_begin(db, false, err))
        return -1;
    sqlite3_stmt *s = db_query(db, err, SQL_SPAWN_BASE, "l", workflow_id);
    int rc = s ? db_step(db, s, err) : -1;
    if (rc > 0) {
        base->file = db_text(base->arena, s, 0);
        base->file_text = db_text(base->arena, s, 1);
    }
    if (s)
        sqlite3_reset(s);
    return db_end(db, rc < 0 ? -1 : 0, err);
}
