// SPDX-License-Identifier: GPL-2.0-or-later
// What a restart is decided from, read in one transaction: each list in the order of ids, so that
// an id is found by bisection.
#include "lib/base/mem.h"
#include "lib/store/restart.h"
#include "lib/store/sqlite_tx.h"

struct reader {
    struct db *db;
    struct restart_facts *facts;
    // as the lists of facts; files have theirs
    int64_t *class_ids, *job_ids, *data_ids, *version_ids;
    size_t space; // of the list that is being read
};

static int compare_ids(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

// The index of an id; -1: it is not there.
static int64_t find(const int64_t *ids, size_t count, int64_t id)
{
    const int64_t *found = count ? bsearch(&id, ids, count, sizeof *ids, compare_ids) : NULL;
    return found ? found - ids : -1;
}

static int read_jobs(struct reader *r, sqlite3_stmt *s)
{
    struct restart_facts *f = r->facts;
    size_t space = r->space;
    r->job_ids = array_grow(r->job_ids, f->jobs_count, &space, sizeof *r->job_ids);
    f->jobs = array_grow(f->jobs, f->jobs_count, &r->space, sizeof *f->jobs);
    r->job_ids[f->jobs_count] = sqlite3_column_int64(s, 0);
    f->jobs[f->jobs_count++] = (struct restart_job){
        .id = sqlite3_column_int64(s, 0),
        .name = db_text(f->arena, s, 1),
        .state = (enum job_state)sqlite3_column_int(s, 2),
        .barrier = sqlite3_column_type(s, 3) == SQLITE_NULL,
        .class_index = (int32_t)find(r->class_ids, f->classes_count, sqlite3_column_int64(s, 3)),
        .memory_peak_bytes = db_known(s, 6),
        .left = sqlite3_column_int(s, 7) != 0,
        .spawns = sqlite3_column_int(s, 8) != 0,
        .signature = db_known(s, 4),
        .reason = (enum attempt_reason)sqlite3_column_int(s, 5),
    };
    return 0;
}

static int read_classes(struct reader *r, sqlite3_stmt *s)
{
    struct restart_facts *f = r->facts;
    size_t space = r->space;
    r->class_ids = array_grow(r->class_ids, f->classes_count, &space, sizeof *r->class_ids);
    f->classes = array_grow(f->classes, f->classes_count, &r->space, sizeof *f->classes);
    r->class_ids[f->classes_count] = sqlite3_column_int64(s, 0);
    f->classes[f->classes_count++] =
        (struct restart_class){.id = sqlite3_column_int64(s, 0),
                               .name = db_text(f->arena, s, 1),
                               .memory_bytes = sqlite3_column_int64(s, 2),
                               .runtime_usec = sqlite3_column_int64(s, 3)};
    return 0;
}

static int read_files(struct reader *r, sqlite3_stmt *s)
{
    struct restart_facts *f = r->facts;
    f->files = array_grow(f->files, f->files_count, &r->space, sizeof *f->files);
    f->files[f->files_count++] = (struct restart_file){
        sqlite3_column_int64(s, 0), db_text(f->arena, s, 1), sqlite3_column_int(s, 2) != 0};
    return 0;
}

static int64_t find_file(const struct restart_facts *f, int64_t id)
{
    size_t low = 0, high = f->files_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (f->files[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < f->files_count && f->files[low].id == id ? (int64_t)low : -1;
}

static int read_versions(struct reader *r, sqlite3_stmt *s)
{
    struct restart_facts *f = r->facts;
    int64_t file = find_file(f, sqlite3_column_int64(s, 1));
    size_t space = r->space;
    if (file < 0)
        return 0;
    r->version_ids = array_grow(r->version_ids, f->versions_count, &space, sizeof *r->version_ids);
    f->versions = array_grow(f->versions, f->versions_count, &r->space, sizeof *f->versions);
    r->version_ids[f->versions_count] = sqlite3_column_int64(s, 0);
    f->versions[f->versions_count++] = (struct restart_version){
        (uint32_t)file,
        {sqlite3_column_int64(s, 2), sqlite3_column_int64(s, 3), sqlite3_column_int64(s, 4),
         sqlite3_column_int64(s, 5), db_known(s, 6)}};
    return 0;
}

static int read_data(struct reader *r, sqlite3_stmt *s)
{
    struct restart_facts *f = r->facts;
    size_t space = r->space;
    r->data_ids = array_grow(r->data_ids, f->data_count, &space, sizeof *r->data_ids);
    f->data = array_grow(f->data, f->data_count, &r->space, sizeof *f->data);
    r->data_ids[f->data_count] = sqlite3_column_int64(s, 0);
    f->data[f->data_count++] = (struct restart_data){
        db_text(f->arena, s, 1), sqlite3_column_int(s, 2) != 0, db_known(s, 3), db_known(s, 4)};
    return 0;
}

static void add_pair(struct restart_pair **list, uint32_t *count, size_t *space, int64_t job,
                     int64_t other, int32_t role, int64_t seen)
{
    if (job < 0 || other < 0)
        return;
    *list = array_grow(*list, *count, space, sizeof **list);
    (*list)[(*count)++] = (struct restart_pair){(uint32_t)job, (uint32_t)other, role, seen};
}

static int read_needs(struct reader *r, sqlite3_stmt *s)
{
    struct restart_facts *f = r->facts;
    add_pair(&f->needs, &f->needs_count, &r->space,
             find(r->job_ids, f->jobs_count, sqlite3_column_int64(s, 0)),
             find(r->job_ids, f->jobs_count, sqlite3_column_int64(s, 1)), 0, 0);
    return 0;
}

static int read_job_files(struct reader *r, sqlite3_stmt *s)
{
    struct restart_facts *f = r->facts;
    add_pair(&f->job_files, &f->job_files_count, &r->space,
             find(r->job_ids, f->jobs_count, sqlite3_column_int64(s, 0)),
             find_file(f, sqlite3_column_int64(s, 1)), sqlite3_column_int(s, 2),
             find(r->version_ids, f->versions_count, sqlite3_column_int64(s, 3)));
    return 0;
}

static int read_job_data(struct reader *r, sqlite3_stmt *s)
{
    struct restart_facts *f = r->facts;
    add_pair(&f->job_data, &f->job_data_count, &r->space,
             find(r->job_ids, f->jobs_count, sqlite3_column_int64(s, 0)),
             find(r->data_ids, f->data_count, sqlite3_column_int64(s, 1)), sqlite3_column_int(s, 2),
             db_known(s, 3));
    return 0;
}

static const struct {
    enum sql sql;
    int (*row)(struct reader *r, sqlite3_stmt *s);
} lists[] = {
    // what others refer to first
    {SQL_FACTS_CLASSES, read_classes},     {SQL_FACTS_JOBS, read_jobs},
    {SQL_FACTS_FILES, read_files},         {SQL_FACTS_VERSIONS, read_versions},
    {SQL_FACTS_DATA, read_data},           {SQL_FACTS_NEEDS, read_needs},
    {SQL_FACTS_JOB_FILES, read_job_files}, {SQL_FACTS_JOB_DATA, read_job_data},
};

static int read_lists(struct reader *r, struct error *err)
{
    struct restart_facts *f = r->facts;
    sqlite3_stmt *s = db_query(r->db, err, SQL_ENTRY_WORKFLOW, "l", f->workflow_id);
    if (!s || db_step(r->db, s, err) < 0)
        return -1;
    f->folder = db_text(f->arena, s, 1);
    f->state = (enum workflow_state)sqlite3_column_int(s, 3);
    f->run_id = sqlite3_column_int(s, 4);
    sqlite3_reset(s);
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        int rc = -1;
        r->space = 0;
        s = db_query(r->db, err, lists[i].sql, "l", f->workflow_id);
        while (s && (rc = db_step(r->db, s, err)) > 0)
            if (lists[i].row(r, s))
                return -1;
        if (rc < 0)
            return -1;
    }
    return 0;
}

// The lists were grown on the heap; a reply owns its memory through its arena.
static void *keep(struct arena *arena, void *list, size_t bytes)
{
    void *kept = arena_alloc(arena, bytes + 1);
    if (bytes)
        memcpy(kept, list, bytes);
    free(list);
    return kept;
}

static void keep_lists(struct restart_facts *f)
{
#define KEEP(list) f->list = keep(f->arena, f->list, f->list##_count * sizeof *f->list)
    KEEP(classes);
    KEEP(jobs);
    KEEP(needs);
    KEEP(files);
    KEEP(versions);
    KEEP(data);
    KEEP(job_files);
    KEEP(job_data);
#undef KEEP
}

int sqlite_restart_facts(void *impl, int64_t workflow_id, struct restart_facts *facts,
                         struct error *err)
{
    struct db *db = impl;
    struct tx tx;
    struct reader reader = {.db = db, .facts = facts};
    facts->workflow_id = workflow_id;
    if (db_begin(db, false, err))
        return -1;
    int rc = tx_init(&tx, db, workflow_id, err) || read_lists(&reader, err) ? -1 : 0;
    rc = db_end(db, rc, err);
    keep_lists(facts);
    free(reader.class_ids);
    free(reader.job_ids);
    free(reader.data_ids);
    free(reader.version_ids);
    return rc;
}
