// SPDX-License-Identifier: GPL-2.0-or-later
// Jobs that jobs add, in the store: who may, what is there already, calls that are made again,
// needs that have ended.
#include "lib/store/spawn.h"

#include <string.h>

#include "lib/workflow/workflow.h"
#include "tests/unit/store_fixture.h"

struct world {
    struct fixture f;
    int64_t workflow_id, seed;
    struct test_runner r;
    struct claimed_job job; // seed, as the runner has it
    struct sync_reply reply;
};

// `seed` is claimed by a runner, its start told when started; `before` has ended.
static void world_open(struct world *w, bool started, const char *failing)
{
    fixture_open(&w->f);
    w->workflow_id = fixture_workflow(&w->f, "before\nseed\nafter: seed\n");
    w->seed = fixture_job(&w->f, w->workflow_id, "seed");
    w->r = fixture_enter(&w->f, w->f.store, w->workflow_id, "one", 1);
    fixture_sync(&w->f, &w->r, NULL, 0, 1, &w->reply);
    struct attempt_end end = fixture_end(w->reply.claimed, failing ? JOB_FAILED : JOB_COMPLETED);
    struct sync_reply next;
    fixture_sync(&w->f, &w->r, &end, 1, 1, &next);
    sync_reply_fini(&w->reply);
    w->reply = next;
    w->job = next.claimed[0];
    if (started) {
        struct attempt_start start = {
            .job_id = w->seed, .run_id = 1, .attempt_id = 1, .start_usec = 1, .stream_at = UNKNOWN};
        struct sync_request q = {
            .runner_id = w->r.id, .seq = ++w->r.seq, .starts = &start, .starts_count = 1};
        is_int(store_sync(w->f.store, &q, &next, &w->f.err), 0, "seed has started");
        sync_reply_fini(&next);
    }
}

static void world_close(struct world *w)
{
    sync_reply_fini(&w->reply);
    fixture_close(&w->f);
}

// Adds job `name` with this command, which needs a known job (or none).
static int add(struct world *w, struct spawn_request q, const char *name, const char *command,
               const char *needs, struct spawn_reply *reply)
{
    struct class_row class = {.name = "new",
                              .cpus = 1,
                              .nodes = 1,
                              .memory_bytes = 1 << 20,
                              .runtime_usec = 3600000000,
                              .enforced = true};
    struct job_row jobs[] = {
        {.name = name, .command = command, .flags = JOB_CANCEL_ON_BLOCKING_FAILURE},
        {.name = needs ? needs : "seed", .command = ":"}};
    struct pair_row need = {.job = 0, .other = 1};
    struct workflow more = {.name = "more",
                            .settings = "{}",
                            .classes = &class,
                            .classes_count = 1,
                            .jobs = jobs,
                            .jobs_count = 2,
                            .needs = &need,
                            .needs_count = needs != NULL};
    q.workflow_id = w->workflow_id;
    q.lineage = "line";
    q.jobs = q.known_jobs = 1;
    return store_spawn(w->f.store, &q, &more, reply, &w->f.err);
}

static struct spawn_request call(const struct world *w, const char *state)
{
    return (struct spawn_request){
        .job_id = w->seed, .most = 2, .attempt_id = 1, .run_id = 1, .state = state};
}

static void test_who(void)
{
    static const struct {
        bool started;
        int32_t run_id, attempt_id;
        bool good;
        const char *what;
    } rows[] = {
        {true, 1, 1, true, "the attempt that runs"},
        {false, 1, 1, true, "one that is claimed, and whose start was not told yet"},
        {true, 1, 2, false, "an attempt that there is not"},
        {true, 2, 1, false, "another run"},
        {false, 1, 2, false, "a start that cannot be"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct world w;
        struct spawn_reply reply;
        world_open(&w, rows[i].started, NULL);
        struct spawn_request q = call(&w, NULL);
        q.run_id = rows[i].run_id;
        q.attempt_id = rows[i].attempt_id;
        int rc = add(&w, q, "n", "true", NULL, &reply);
        is_int(rc, rows[i].good ? 0 : -1, rows[i].what);
        is_int(fixture_number(&w.f, "SELECT count(*) FROM job"), rows[i].good ? 4 : 3,
               "adds, or adds nothing");
        ok(rows[i].good || w.f.err.code == ERROR_USAGE, "and is told so");
        fixture_invariants(&w.f, rows[i].what);
        world_close(&w);
    }
}

static void test_again(void)
{
    struct world w;
    struct spawn_reply reply;
    world_open(&w, true, NULL);
    is_int(add(&w, call(&w, "[1]"), "n", "true", NULL, &reply), 0, "a job is added");
    is_int(reply.added * 10 + (uint32_t)reply.generation, 11, "as the first generation");
    is_text(fixture_state(&w.f, w.workflow_id, "n"), "blocked",
            "it waits for the one that adds it");
    is_int(add(&w, call(&w, "[1]"), "n", "true", NULL, &reply), 0, "once more");
    is_int(reply.same * 100 + reply.added * 10 + (uint32_t)reply.generation, 101, "is the same");
    is_int(add(&w, call(&w, "[2]"), "n", "true", NULL, &reply), -1, "another state is not");
    is_int(add(&w, call(&w, "[1]"), "n", "false", NULL, &reply), -1, "nor another command");
    is_int(add(&w, call(&w, "[1]"), "n", "true", "before", &reply), -1, "nor another need");
    is_int(add(&w, call(&w, NULL), "after", "true", NULL, &reply), -1, "nor a name of the file");
    is_int(add(&w, call(&w, NULL), "m", "true", NULL, &reply), 0, "another job is the second");
    is_int(add(&w, call(&w, NULL), "o", "true", NULL, &reply), -1, "the third is one too many");
    ok(strstr(w.f.err.text, "max_iterations") != NULL, "as is said");
    is_int(add(&w, call(&w, NULL), "p", "true", "nobody", &reply), -1, "a need that is gone");
    is_int(fixture_number(&w.f, "SELECT count(*) FROM job"), 5, "nothing else was added");
    is_int(fixture_number(&w.f, "SELECT count(*) FROM user_data"), 1, "one state is kept");
    fixture_invariants(&w.f, "after calls of all kinds");
    struct attempt_end end = fixture_end(&w.job, JOB_COMPLETED);
    struct sync_reply next;
    fixture_sync(&w.f, &w.r, &end, 1, 0, &next);
    ok(!next.complete && next.may_come, "the workflow goes on when the one that adds has ended");
    sync_reply_fini(&next);
    is_text(fixture_state(&w.f, w.workflow_id, "n"), "ready", "what it added is ready");
    is_int(fixture_run(&w.f, &w.r, NULL), 3, "and runs, with the rest");
    is_int(add(&w, call(&w, NULL), "late", "true", NULL, &reply), -1,
           "nobody adds to what has ended");
    fixture_invariants(&w.f, "at the end");
    world_close(&w);
}

static void test_needs_ended(void)
{
    struct world w;
    struct spawn_reply reply;
    world_open(&w, true, "before");
    is_int(add(&w, call(&w, NULL), "n", "true", "before", &reply), 0,
           "who needs what has failed is added");
    is_text(fixture_state(&w.f, w.workflow_id, "n"), "canceled", "and canceled");
    fixture_invariants(&w.f, "with a need that has failed");
    world_close(&w);
    world_open(&w, true, NULL);
    is_int(add(&w, call(&w, NULL), "n", "true", "before", &reply), 0, "a need that has completed");
    is_int(fixture_number(&w.f, "SELECT unmet FROM job WHERE name = 'n'"), 1, "is met");
    fixture_invariants(&w.f, "with a need that has completed");
    world_close(&w);
}

static void test_base(void)
{
    struct world w;
    struct spawn_base base;
    world_open(&w, false, NULL);
    is_int(store_spawn_base(w.f.store, w.workflow_id, &base, &w.f.err), 0, "the file's text");
    is_text(base.file_text, "{}", "is there");
    spawn_base_fini(&base);
    world_close(&w);
}

int main(void)
{
    test_who();
    test_again();
    test_needs_ended();
    test_base();
    return done_testing();
}
