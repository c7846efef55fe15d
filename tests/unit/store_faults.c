// SPDX-License-Identifier: GPL-2.0-or-later
// The database in trouble: processes side by side, killed in the middle, a full disk, a lock, files
// that are not ours.
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "tests/unit/store_fixture.h"

static char *many(int jobs)
{
    char *text = xcalloc((size_t)jobs, 40), *t = text;
    for (int i = 0; i < jobs; i++)
        t += i < 10 ? sprintf(t, "j%d\n", i) : sprintf(t, "j%d: j%d\n", i, i / 10);
    return text;
}

// In a process of its own, with a connection of its own; never returns.
static pid_t fork_runner(const struct fixture *f, int64_t workflow_id, const char *incarnation)
{
    fflush(stdout);
    pid_t pid = fork();
    if (pid)
        return pid;
    struct fixture own = {0};
    snprintf(own.path, sizeof own.path, "%s", f->path);
    own.store = store_open(own.path, STORE_WRITE, &own.err);
    if (!own.store)
        _exit(1);
    struct test_runner r = fixture_enter(&own, own.store, workflow_id, incarnation, 3);
    if (!r.id)
        _exit(!strstr(own.err.text, "is complete")); // the others were that fast
    for (struct timespec pause = {.tv_nsec = 1000000};;) {
        if (fixture_run(&own, &r, NULL) < 0)
            _exit(1);
        struct sync_reply reply;
        if (fixture_sync(&own, &r, NULL, 0, 0, &reply))
            _exit(1);
        bool complete = reply.complete;
        sync_reply_fini(&reply);
        if (complete)
            break;
        nanosleep(&pause, NULL); // another one has the jobs that the next ones wait for
    }
    store_close(own.store);
    _exit(0);
}

static void test_side_by_side(void)
{
    enum { PROCESSES = 3, MANY = 2000 };
    struct fixture f;
    fixture_open(&f);
    cleanup_free char *text = many(MANY);
    int64_t w = fixture_workflow(&f, text);
    store_close(f.store); // SQLite's connections must not be carried over a fork
    f.store = NULL;
    pid_t pids[PROCESSES];
    for (int i = 0; i < PROCESSES; i++)
        pids[i] = fork_runner(&f, w, (const char *[]){"a", "b", "c"}[i]);
    int bad = 0, status;
    for (int i = 0; i < PROCESSES; i++)
        bad += waitpid(pids[i], &status, 0) != pids[i] || status != 0;
    is_int(bad, 0, "three processes work on one workflow");
    is_int(fixture_number(&f, "SELECT count(*) FROM attempt"), MANY,
           "no job is run twice, none is left out");
    is_int(fixture_number(&f, "SELECT count(*) FROM job WHERE state = 5"), MANY,
           "all are completed");
    printf("# jobs of the busiest: %d\n",
           (int)fixture_number(&f, "SELECT max(jobs_run) FROM runner"));
    fixture_invariants(&f, "side by side");
    fixture_close(&f);
}

static void test_killed(void)
{
    struct fixture f;
    fixture_open(&f);
    cleanup_free char *text = many(1500);
    int64_t w = fixture_workflow(&f, text);
    store_close(f.store);
    for (int round = 0; round < 4; round++) {
        char incarnation[16];
        snprintf(incarnation, sizeof incarnation, "k%d", round);
        int64_t want = (round + 1) * 150;
        pid_t pid = fork_runner(&f, w, incarnation);
        for (int64_t seen = 0; seen < want && waitpid(pid, NULL, WNOHANG) == 0;)
            seen = fixture_number(&f, "SELECT count(*) FROM attempt");
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        fixture_invariants(&f, "after kill -9");
    }
    f.store = store_open(f.path, STORE_WRITE, &f.err);
    int64_t gone[8];
    uint32_t count = 0;
    for (int64_t id = 1; id <= 4; id++)
        gone[count++] = id;
    struct runner_entry e = {.workflow_id = w,
                             .array_task_id = -1,
                             .incarnation = "last",
                             .host = "h",
                             .node = "h",
                             .cpus = 8,
                             .memory_bytes = 1 << 30,
                             .gone = gone,
                             .gone_count = count};
    struct runner_grant grant;
    is_int(store_enter(f.store, &e, &grant, &f.err), 0, "the next runner takes over");
    struct test_runner r = {f.store, grant.runner_id, 0, 8};
    runner_grant_fini(&grant);
    ok(fixture_run(&f, &r, NULL) > 0, "and runs the rest");
    is_int(fixture_number(&f, "SELECT count(*) FROM attempt WHERE state = 5"), 1500,
           "one completed attempt for each job");
    is_int(fixture_number(&f, "SELECT count(*) FROM runner WHERE lost"), 4,
           "four runners were lost");
    fixture_invariants(&f, "in the end");
    fixture_close(&f);
}

static void test_full_disk(void)
{
    struct fixture f;
    fixture_open(&f);
    int64_t w = fixture_workflow(&f, "a\nb: a\n");
    struct test_runner r = fixture_enter(&f, f.store, w, "i", 1);
    cleanup_free char *text = many(3000);
    struct rlimit old, tight;
    getrlimit(RLIMIT_FSIZE, &old);
    tight = old;
    tight.rlim_cur = 256 * 1024;
    signal(SIGXFSZ, SIG_IGN);
    fflush(stdout);
    setrlimit(RLIMIT_FSIZE, &tight);
    struct class_row class = {
        .name = "c", .cpus = 1, .nodes = 1, .memory_bytes = 1, .runtime_usec = 1, .enforced = true};
    struct workflow big = {
        .name = "big", .settings = "{}", .classes = &class, .classes_count = 1, .jobs_count = 3000};
    big.jobs = xcalloc(big.jobs_count, sizeof *big.jobs);
    for (size_t i = 0; i < big.jobs_count; i++)
        big.jobs[i] = (struct job_row){
            .name = xasprintf("job-with-a-longer-name-%zu", i), .command = text, .flags = 1};
    text[2000] = '\0';
    struct workflow_origin origin = {.user = "me", .folder = "/", .version = "1"};
    int64_t id = 0;
    int rc = store_create_workflow(f.store, &big, &origin, &id, &f.err);
    setrlimit(RLIMIT_FSIZE, &old);
    is_int(rc, -1, "a workflow for which there is no room is not created");
    is_int(f.err.code, ERROR_UNREACHABLE, "which can be tried again");
    ok(strstr(f.err.text, f.path) && strstr(f.err.text, "space"), "and is said clearly: %s",
       f.err.text);
    is_int(fixture_number(&f, "SELECT count(*) FROM workflow"), 1, "nothing of it is there");
    is_int(fixture_run(&f, &r, NULL), 2, "the other one goes on, through the same connection");
    is_int(store_create_workflow(f.store, &big, &origin, &id, &f.err), 0,
           "with room it is created");
    fixture_invariants(&f, "full disk");
    for (size_t i = 0; i < big.jobs_count; i++)
        free((void *)(uintptr_t)big.jobs[i].name);
    free(big.jobs);
    fixture_close(&f);
}

static void test_locked(void)
{
    struct fixture f;
    setenv("TORC_BUSY_SECS", "0", 1);
    fixture_open(&f);
    unsetenv("TORC_BUSY_SECS");
    int64_t w = fixture_workflow(&f, "a\n");
    struct test_runner r = fixture_enter(&f, f.store, w, "i", 1);
    sqlite3 *db = NULL;
    sqlite3_open(f.path, &db);
    is_int(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK,
           "somebody locks the database");
    struct sync_request q = {
        .runner_id = r.id, .seq = 1, .claim = {.max_jobs = 1, .cpus = 1, .memory_bytes = 1 << 30}};
    struct sync_reply reply;
    is_int(store_sync(f.store, &q, &reply, &f.err), -1, "a sync does not wait for ever");
    is_int(f.err.code, ERROR_UNREACHABLE, "it may be sent again");
    ok(strstr(f.err.text, "locked") != NULL, "and says why: %s", f.err.text);
    sqlite3_close(db);
    is_int(store_sync(f.store, &q, &reply, &f.err), 0, "the same again, unlocked");
    is_int(reply.claimed_count, 1, "and the job comes");
    sync_reply_fini(&reply);
    fixture_close(&f);
}

static void spoil(struct fixture *f, const char *sql)
{
    sqlite3 *db = NULL;
    sqlite3_open(f->path, &db);
    sqlite3_exec(db, sql, NULL, NULL, NULL);
    sqlite3_close(db);
}

// What breaks a rule of the schema is refused each time: it costs one job, not all that came with
// it.
static void test_refused(void)
{
    struct fixture f;
    fixture_open(&f);
    int64_t w = fixture_workflow(&f, "a\nb\nc\nd: a\ne: b\n");
    struct test_runner r = fixture_enter(&f, f.store, w, "i", 4);
    struct sync_reply mine, reply;
    fixture_sync(&f, &r, NULL, 0, 3, &mine);
    is_int(mine.claimed_count, 3, "three jobs");
    struct usage_record bad = {.node = "n", .source = (enum usage_source)77};
    struct attempt_end ends[3];
    for (int i = 0; i < 3; i++)
        ends[i] = fixture_end(&mine.claimed[i], JOB_COMPLETED);
    ends[1].usages = &bad;
    ends[1].usages_count = 1;
    struct usage_point point = {.job_id = mine.claimed[2].job_id, .attempt_id = 1, .time_usec = 1};
    struct sync_request q = {.runner_id = r.id,
                             .seq = ++r.seq,
                             .ends = ends,
                             .ends_count = 3,
                             .points = &point,
                             .points_count = 1,
                             .claim = {.max_jobs = 4, .cpus = 4, .memory_bytes = 1 << 30}};
    ok(!store_sync(f.store, &q, &reply, &f.err), "one result of three breaks a rule: %s",
       f.err.text);
    is_int(reply.refused_count, 0, "no job is lost for it");
    is_int(reply.claimed_count, 1, "what comes after the good ones is claimed");
    sync_reply_fini(&reply);
    is_text(fixture_state(&f, w, "a"), "completed", "the one before it is recorded");
    is_text(fixture_state(&f, w, "c"), "completed", "the one behind it, too");
    is_text(fixture_state(&f, w, "b"), "failed", "its own job has failed");
    is_text(fixture_state(&f, w, "e"), "canceled", "and what needs it will not run");
    is_int(fixture_number(&f, "SELECT count(*) FROM attempt WHERE message GLOB 'its result could "
                              "not be recorded: *constraint*'"),
           1, "and says why");
    is_int(fixture_number(&f, "SELECT jobs_run FROM runner"), 3, "each is counted once");
    fixture_invariants(&f, "a bad record");
    sync_reply_fini(&mine);
    fixture_close(&f);
}

static const struct {
    const char *what, *sql, *text, *error;
} aliens[] = {
    {"of a newer torc", "PRAGMA user_version = 99", NULL, "schema 99"},
    {"of another program", "PRAGMA application_id = 0", NULL, "another program"},
    {"a text", NULL,
     "not a database, but a text that is long enough to have a header of a hundred bytes, for that "
     "is where "
     "SQLite looks for its magic text at the beginning of any file",
     "this file is no database"},
    {"empty", NULL, "", "empty"},
};

static void test_aliens(void)
{
    for (size_t i = 0; i < sizeof aliens / sizeof *aliens; i++) {
        struct fixture f;
        fixture_open(&f);
        store_close(f.store);
        if (aliens[i].sql)
            spoil(&f, aliens[i].sql);
        FILE *file = aliens[i].text ? fopen(f.path, "w") : NULL;
        if (file) {
            fputs(aliens[i].text, file);
            fclose(file);
        }
        f.store = store_open(f.path, STORE_WRITE, &f.err);
        ok(!f.store && f.err.code == ERROR_UNREACHABLE && strstr(f.err.text, aliens[i].error),
           "%s: refused: %s", aliens[i].what, f.err.text);
        fixture_close(&f);
    }
    struct error err = {0};
    ok(!store_open("/no/such/folder/torc.db", STORE_CREATE, &err) &&
           strstr(err.text, "No such file"),
       "no folder: %s", err.text);
    ok(!store_open("http://x", STORE_WRITE, &err) && err.code == ERROR_USAGE, "no server yet: %s",
       err.text);
}

static void test_files(void)
{
    struct fixture f;
    fixture_open(&f);
    struct stat st;
    ok(stat(f.path, &st) == 0 && (st.st_mode & 0777) == 0600, "the database is for its owner only");
    cleanup_free char *wal = xasprintf("%s-wal", f.path);
    fixture_workflow(&f, "a\n");
    ok(stat(wal, &st) != 0, "the first workflow of a database is written once");
    fixture_workflow(&f, "a\n");
    ok(stat(wal, &st) == 0 && (st.st_mode & 0777) == 0600, "so is its journal, a WAL");
    fixture_close(&f);
    setenv("TORC_FS_NETWORK", "NFS", 1);
    fixture_open(&f);
    unsetenv("TORC_FS_NETWORK");
    int64_t w = fixture_workflow(&f, "a\nb: a\n");
    cleanup_free char *other = xasprintf("%s-wal", f.path);
    ok(stat(other, &st) != 0, "on a network file system there is none");
    struct test_runner r = fixture_enter(&f, f.store, w, "i", 1);
    is_int(fixture_run(&f, &r, NULL), 2, "and all works");
    fixture_close(&f);
}

int main(void)
{
    test_side_by_side();
    test_killed();
    test_full_disk();
    test_locked();
    test_refused();
    test_aliens();
    test_files();
    return done_testing();
}
