// SPDX-License-Identifier: GPL-2.0-or-later
// A runner that fell silent: what it held goes back only when Slurm says that its job is over.
#include "lib/slurm/lost_runner.h"

#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/meter/incarnation.h"
#include "tests/unit/store_fixture.h"

static void fake_query(const struct fixture *f, const char *text)
{
    cleanup_free char *path = xasprintf("%s/slurm-query", f->folder);
    FILE *file = fopen(path, "we");
    fprintf(file, "#!/bin/sh\necho x >> %s/asked\n%s\n", f->folder, text);
    fclose(file);
    chmod(path, 0755);
    setenv("TORC_SLURM_QUERY", path, 1);
}

static int times_asked(const struct fixture *f)
{
    struct stat st;
    cleanup_free char *path = xasprintf("%s/asked", f->folder);
    return stat(path, &st) ? 0 : (int)st.st_size / 2;
}

static void change(const struct fixture *f, const char *sql)
{
    sqlite3 *db;
    sqlite3_open(f->path, &db);
    is_int(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK, sql);
    sqlite3_close(db);
}

static int64_t enter(struct fixture *f, int64_t w, const char *tag)
{
    struct runner_entry e = {.workflow_id = w,
                             .tag = tag,
                             .slurm_job_id = 7,
                             .array_task_id = -1,
                             .incarnation = tag,
                             .host = "h",
                             .node = "n",
                             .pid = 1,
                             .cpus = 4,
                             .memory_bytes = 1 << 30};
    struct runner_grant g;
    is_int(store_enter(f->store, &e, &g, &f->err), 0, "a runner enters");
    int64_t id = g.runner_id;
    runner_grant_fini(&g);
    return id;
}

// The runner that is there becomes a process of this host that is no more.
static void die_here(const struct fixture *f)
{
    int ends[2];
    char host[256] = "", name[512] = "";
    gethostname(host, sizeof host - 1);
    is_int(pipe(ends), 0, "a pipe");
    pid_t pid = fork();
    if (!pid) {
        char *own = incarnation_make(host);
        _exit(write(ends[1], own, strlen(own)) < 0);
    }
    waitpid(pid, NULL, 0);
    ok(read(ends[0], name, sizeof name - 1) > 0, "a process that was");
    close(ends[0]);
    close(ends[1]);
    cleanup_free char *sql = xasprintf(
        "UPDATE runner SET host = '%s', incarnation = '%s' WHERE end_usec IS NULL", host, name);
    change(f, sql);
}

static size_t look(struct fixture *f, int64_t w, size_t *turn)
{
    bool asked;
    size_t lost = 0;
    lost_runner_look(f->store, w, turn, &asked, &lost, &f->err);
    return lost;
}

int main(void)
{
    struct fixture f;
    struct sync_reply reply;
    size_t turn = 0;
    fixture_open(&f);
    int64_t w = fixture_workflow(&f, "a\nb\n");
    struct arena *arena = arena_create();
    struct submission s = {.tag = "t%s",
                           .arguments = "[]",
                           .script = "x",
                           .allocations = 1,
                           .cpus = 4,
                           .nodes = 1,
                           .slots = 4,
                           .rounds = 1,
                           .memory_bytes = 1 << 30,
                           .walltime_usec = INT64_C(3600000000)};
    is_int(store_submissions_create(f.store, w, &s, 1, true, arena, &f.err), 0, "a submission");
    struct test_runner r = {f.store, enter(&f, w, s.tag), 0, 4};
    is_int(fixture_sync(&f, &r, NULL, 0, 4, &reply), 0, "which claims");
    is_int(reply.claimed_count, 2, "two jobs");
    sync_reply_fini(&reply);

    fake_query(&f, "echo '{\"job_id\": 7, \"state\": null}'");
    is_int((int64_t)look(&f, w, &turn), 0, "a runner with a fresh heartbeat is none to look at");
    is_int(times_asked(&f), 0, "and Slurm is not asked");
    change(&f, "UPDATE runner SET heartbeat_usec = heartbeat_usec - 101000000");
    static const char *const alive[] = {"exit 1", "exit 0",
                                        "echo '{\"job_id\": 7, \"state\": \"RUNNING\"}'",
                                        "echo '{\"job_id\": 7, \"state\": \"SUSPENDED\"}'"};
    for (size_t i = 0; i < sizeof alive / sizeof *alive; i++) {
        fake_query(&f, alive[i]);
        look(&f, w, &turn);
        is_text(fixture_state(&f, w, "a"), "pending", alive[i]);
    }
    is_int(times_asked(&f), 4, "one request for each look");
    cleanup_free char *once =
        xasprintf("[ -e %s/said ] && s=RUNNING || s=NODE_FAIL; : > %s/said; echo "
                  "\"{\\\"job_id\\\": 7, \\\"state\\\": \\\"$s\\\"}\"",
                  f.folder, f.folder);
    fake_query(&f, once);
    is_int((int64_t)look(&f, w, &turn), 0, "an end that is said but once is none");
    fake_query(&f, "echo '{\"job_id\": 7, \"state\": \"NODE_FAIL\"}'");
    is_int((int64_t)look(&f, w, &turn), 1, "when its job is over it is lost");
    is_text(fixture_state(&f, w, "a"), "ready", "and its jobs are ready again");
    is_int((int64_t)look(&f, w, &turn), 0, "once");
    is_int(fixture_sync(&f, &r, NULL, 0, 4, &reply), 0, "if it comes back all the same");
    ok(reply.expelled, "it is expelled");
    sync_reply_fini(&reply);

    s.tag = "u%s";
    is_int(store_submissions_create(f.store, w, &s, 1, true, arena, &f.err), 0, "another");
    enter(&f, w, s.tag);
    die_here(&f);
    fake_query(&f, "echo '{\"job_id\": 7, \"state\": \"RUNNING\"}'");
    is_int((int64_t)look(&f, w, &turn), 0, "one seen dead here may be started again");
    fake_query(&f, "echo '{\"job_id\": 7, \"state\": \"FAILED\"}'");
    is_int((int64_t)look(&f, w, &turn), 1, "but not when its job is over, however fresh its beat");
    fixture_invariants(&f, "in the end");
    arena_destroy(arena);
    cleanup_free char *path = xasprintf("%s/slurm-query", f.folder),
                      *asked = xasprintf("%s/asked", f.folder);
    unlink(path);
    unlink(asked);
    fixture_close(&f);
    return done_testing();
}
