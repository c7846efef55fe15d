// SPDX-License-Identifier: GPL-2.0-or-later
// Workflows, runners and invariants for the tests of the store.
#include "tests/unit/store_fixture.h"

#include <ftw.h>
#include <inttypes.h>

void fixture_open(struct fixture *f)
{
    *f = (struct fixture){0};
    snprintf(f->folder, sizeof f->folder, "%s/torc-store-XXXXXX",
             getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
    if (!mkdtemp(f->folder)) {
        perror(f->folder);
        exit(99);
    }
    snprintf(f->path, sizeof f->path, "%s/torc.db", f->folder);
    f->store = store_open(f->path, STORE_CREATE, &f->err);
    if (!ok(f->store != NULL, "open a new database %s", f->err.text))
        exit(99);
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st, (void)flag, (void)ftw;
    return remove(path);
}

void fixture_close(struct fixture *f)
{
    store_close(f->store);
    nftw(f->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

int64_t fixture_create(struct fixture *f, const struct workflow *w)
{
    struct workflow_origin origin = {
        .user = "me", .uid = 1000, .folder = "/tmp", .version = "test", .file_text = "{}"};
    int64_t id = 0;
    f->err = (struct error){0};
    if (store_create_workflow(f->store, w, &origin, &id, &f->err))
        ok(false, "create a workflow: %s", f->err.text);
    return id;
}

static uint32_t find_job(const struct workflow *w, const char *name)
{
    for (uint32_t i = 0; i < w->jobs_count; i++)
        if (!strcmp(w->jobs[i].name, name))
            return i;
    fprintf(stderr, "the test's workflow has no job %s\n", name);
    exit(99);
}

static void add_line(struct workflow *w, char *line, size_t *jobs_space, size_t *needs_space)
{
    char *save = NULL, *name = strtok_r(line, ": ", &save);
    if (!name)
        return;
    char *barrier = strchr(name, '*'), *goes_on = strchr(name, '!');
    name[strcspn(name, "*!")] = '\0';
    struct job_row job = {.name = arena_strdup(w->text, name),
                          .command = barrier ? NULL : "true",
                          .class_index = barrier ? -1 : 0,
                          .flags = goes_on ? 0 : JOB_CANCEL_ON_BLOCKING_FAILURE};
    uint32_t self = (uint32_t)w->jobs_count;
    for (char *need; (need = strtok_r(NULL, ": ", &save)); job.unmet++) {
        w->needs = array_grow(w->needs, w->needs_count, needs_space, sizeof *w->needs);
        w->needs[w->needs_count++] = (struct pair_row){self, find_job(w, need), 0, false};
    }
    w->jobs = array_grow(w->jobs, w->jobs_count, jobs_space, sizeof *w->jobs);
    w->jobs[w->jobs_count++] = job;
}

int64_t fixture_workflow(struct fixture *f, const char *text)
{
    struct class_row class = {.name = "c",
                              .cpus = 1,
                              .nodes = 1,
                              .memory_bytes = 1 << 20,
                              .runtime_usec = 3600000000,
                              .enforced = true};
    struct workflow w = {.name = "w",
                         .settings = "{}",
                         .classes = &class,
                         .classes_count = 1,
                         .text = arena_create()};
    size_t jobs_space = 0, needs_space = 0;
    cleanup_free char *copy = xstrdup(text);
    char *save = NULL;
    for (char *line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
        add_line(&w, line, &jobs_space, &needs_space);
    int64_t id = fixture_create(f, &w);
    free(w.jobs);
    free(w.needs);
    arena_destroy(w.text);
    return id;
}

static sqlite3_stmt *query(sqlite3 **db, struct fixture *f, const char *sql)
{
    sqlite3_stmt *s = NULL;
    if (sqlite3_open_v2(f->path, db, SQLITE_OPEN_READWRITE, NULL) ||
        sqlite3_busy_timeout(*db, 10000) || sqlite3_prepare_v2(*db, sql, -1, &s, NULL)) {
        fprintf(stderr, "%s: %s\n", sql, sqlite3_errmsg(*db));
        exit(99);
    }
    return s;
}

static char *query_text(struct fixture *f, const char *sql, int64_t workflow_id, const char *name)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *s = query(&db, f, sql);
    sqlite3_bind_int64(s, 1, workflow_id);
    sqlite3_bind_text(s, 2, name, -1, SQLITE_STATIC);
    char *text =
        sqlite3_step(s) == SQLITE_ROW ? xstrdup((const char *)sqlite3_column_text(s, 0)) : NULL;
    sqlite3_finalize(s);
    sqlite3_close(db);
    return text;
}

int64_t fixture_number(struct fixture *f, const char *sql)
{
    cleanup_free char *text = query_text(f, sql, 0, NULL);
    return text ? strtoll(text, NULL, 10) : INT64_MIN;
}

int64_t fixture_job(struct fixture *f, int64_t workflow_id, const char *name)
{
    cleanup_free char *text =
        query_text(f, "SELECT id FROM job WHERE workflow = ?1 AND name = ?2", workflow_id, name);
    return text ? strtoll(text, NULL, 10) : 0;
}

const char *fixture_state(struct fixture *f, int64_t workflow_id, const char *name)
{
    static char states[8][32]; // several may be compared in one line
    static unsigned at;
    cleanup_free char *text =
        query_text(f,
                   "SELECT s.name FROM job j JOIN job_state s ON s.id = j.state"
                   " WHERE j.workflow = ?1 AND j.name = ?2",
                   workflow_id, name);
    char *state = states[at++ % 8];
    snprintf(state, sizeof states[0], "%s", text ? text : "no such job");
    return state;
}

struct test_runner fixture_enter(struct fixture *f, struct store *store, int64_t workflow_id,
                                 const char *incarnation, int cpus)
{
    struct runner_entry entry = {.workflow_id = workflow_id,
                                 .array_task_id = -1,
                                 .incarnation = incarnation,
                                 .host = "h",
                                 .node = "h",
                                 .pid = 1,
                                 .cpus = cpus,
                                 .memory_bytes = 1 << 30,
                                 .accounting = SOURCE_PROC};
    struct runner_grant grant;
    if (store_enter(store, &entry, &grant, &f->err)) {
        ok(false, "enter: %s", f->err.text);
        return (struct test_runner){0};
    }
    struct test_runner r = {store, grant.runner_id, 0, cpus};
    runner_grant_fini(&grant);
    return r;
}

struct attempt_end fixture_end(const struct claimed_job *job, enum job_state state)
{
    return (struct attempt_end){
        .start = {.job_id = job->job_id,
                  .start_usec = 1000000,
                  .run_id = job->run_id,
                  .attempt_id = job->attempt_id},
        .end_usec = 2000000,
        .wall_usec = 1000000,
        .state = state,
        .exit_code = state == JOB_COMPLETED ? 0 : 1,
        .signal = UNKNOWN,
        .reason = state == JOB_FAILED ? REASON_EXIT : REASON_NONE,
    };
}

int fixture_sync(struct fixture *f, struct test_runner *r, const struct attempt_end *ends,
                 uint32_t count, int free_cpus, struct sync_reply *reply)
{
    struct sync_request q = {
        .runner_id = r->id,
        .seq = ++r->seq,
        .ends = ends,
        .ends_count = count,
        .claim = {.max_jobs = free_cpus, .cpus = free_cpus, .memory_bytes = 1 << 30}};
    int rc = store_sync(r->store, &q, reply, &f->err);
    if (rc)
        ok(false, "sync: %s", f->err.text);
    return rc;
}

int fixture_run(struct fixture *f, struct test_runner *r, const char *failing)
{
    cleanup_free struct attempt_end *ends = xcalloc((size_t)r->cpus, sizeof *ends);
    uint32_t count = 0;
    int ran = 0;
    for (;;) {
        struct sync_reply reply;
        if (fixture_sync(f, r, ends, count, r->cpus, &reply))
            return -1;
        count = reply.claimed_count;
        for (uint32_t i = 0; i < count; i++)
            ends[i] = fixture_end(
                &reply.claimed[i],
                failing && !strcmp(reply.claimed[i].name, failing) ? JOB_FAILED : JOB_COMPLETED);
        sync_reply_fini(&reply);
        if (!count)
            return ran;
        ran += (int)count;
    }
}

static const struct {
    const char *what, *sql; // counts what must not be
} invariants[] = {
    {"counters equal a recount",
     "SELECT (SELECT count(*) FROM (SELECT class, state, jobs FROM class_count WHERE jobs <> 0 "
     "EXCEPT"
     " SELECT class, state, count(*) FROM job WHERE class IS NOT NULL GROUP BY 1, 2))"
     " + (SELECT count(*) FROM (SELECT class, state, count(*) FROM job WHERE class IS NOT NULL "
     "GROUP BY 1, 2 EXCEPT"
     " SELECT class, state, jobs FROM class_count))"},
    {"unmet is the number of needs that have not ended",
     "SELECT count(*) FROM job j WHERE j.state = 1 AND j.unmet <> (SELECT count(*) FROM dependency "
     "d JOIN job n ON n.id = d.needs"
     " WHERE d.job = j.id AND n.state IN (0, 1, 2, 3, 4, 10))"},
    {"nothing is blocked without an unmet need",
     "SELECT count(*) FROM job WHERE state = 1 AND unmet = 0"},
    {"nothing is ready or held before its needs have ended",
     "SELECT count(*) FROM job j WHERE j.state IN (2, 3, 4) AND EXISTS (SELECT 1 FROM dependency d "
     "JOIN job n ON n.id = d.needs"
     " WHERE d.job = j.id AND n.state IN (0, 1, 2, 3, 4, 10))"},
    {"only pending and running jobs are held, and all of them",
     "SELECT count(*) FROM job WHERE (runner IS NOT NULL) <> (state IN (3, 4))"},
    {"those who hold jobs are alive",
     "SELECT count(*) FROM job j JOIN runner r ON r.id = j.runner WHERE r.end_usec IS NOT NULL"},
    {"at most one completed attempt a job and run",
     "SELECT count(*) FROM (SELECT job FROM attempt WHERE state = 5 GROUP BY job, run_id HAVING "
     "count(*) > 1)"},
    {"a completed job has a completed attempt, and the other way round",
     "SELECT count(*) FROM job j WHERE class IS NOT NULL AND (state = 5) <>"
     " EXISTS (SELECT 1 FROM attempt a WHERE a.job = j.id AND a.state = 5)"},
    {"a running job has one open attempt, any other none",
     "SELECT count(*) FROM job j WHERE (state = 4) <>"
     " (SELECT count(*) FROM attempt a WHERE a.job = j.id AND a.end_usec IS NULL)"},
    {"a complete workflow has no open job",
     "SELECT count(*) FROM job j JOIN workflow w ON w.id = j.workflow WHERE w.state = 1 AND "
     "j.state IN (0, 1, 2, 3, 4, 10)"},
    {"a workflow without open jobs has ended",
     "SELECT count(*) FROM workflow w WHERE w.ended_usec IS NULL AND NOT EXISTS"
     " (SELECT 1 FROM job j WHERE j.workflow = w.id AND j.state IN (0, 1, 2, 3, 4, 10))"},
    {"foreign keys hold", "SELECT count(*) FROM pragma_foreign_key_check"},
    {"integrity", "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'"},
};

// Rows that are not what the statement that fills them makes of the others: it works on the copy in
// temp, as that is looked for first.
static int64_t count_wrong(struct fixture *f, const char *copy, const char *fill,
                           const char *difference)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *s = NULL;
    int64_t wrong = INT64_MIN;
    if (sqlite3_open(f->path, &db) == SQLITE_OK &&
        sqlite3_exec(db, copy, NULL, NULL, NULL) == SQLITE_OK &&
        sqlite3_exec(db, fill, NULL, NULL, NULL) == SQLITE_OK &&
        sqlite3_prepare_v2(db, difference, -1, &s, NULL) == SQLITE_OK &&
        sqlite3_step(s) == SQLITE_ROW)
        wrong = sqlite3_column_int64(s, 0);
    sqlite3_finalize(s);
    sqlite3_close(db);
    return wrong;
}

static int64_t count_wrong_used(struct fixture *f)
{
    static const char fill[] =
#include "lib/store/class_used_sql.h"
        ;
    return count_wrong(
        f, "CREATE TEMP TABLE class_used AS SELECT * FROM main.class_used WHERE 0", fill,
        "SELECT (SELECT count(*) FROM (SELECT * FROM main.class_used EXCEPT SELECT * FROM "
        "temp.class_used)) + (SELECT count(*) FROM (SELECT * FROM temp.class_used EXCEPT SELECT * "
        "FROM main.class_used))");
}

static int64_t count_wrong_work(struct fixture *f)
{
    static const char fill[] =
#include "lib/store/runner_work_sql.h"
        ;
    return count_wrong(f,
                       "CREATE TEMP TABLE runner AS SELECT * FROM main.runner; UPDATE temp.runner "
                       "SET used_usec = 0, lost_usec = 0, first_usec = NULL, last_usec = NULL",
                       fill,
                       "SELECT count(*) FROM (SELECT * FROM main.runner EXCEPT SELECT * FROM "
                       "temp.runner)");
}

bool fixture_invariants(struct fixture *f, const char *when)
{
    int64_t wrong_used = count_wrong_used(f);
    int64_t wrong_work = count_wrong_work(f);
    bool good = !wrong_used && !wrong_work;
    if (wrong_used)
        printf("# %s: %" PRId64 " rows of class_used are wrong\n", when, wrong_used);
    if (wrong_work)
        printf("# %s: the times of %" PRId64 " runners are wrong\n", when, wrong_work);
    for (size_t i = 0; i < sizeof invariants / sizeof *invariants; i++) {
        int64_t wrong = fixture_number(f, invariants[i].sql);
        if (wrong) {
            printf("# %s: %s: %" PRId64 " rows are wrong\n", when, invariants[i].what, wrong);
            good = false;
        }
    }
    return ok(good, "%s: the invariants hold", when);
}
