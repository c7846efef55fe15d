// SPDX-License-Identifier: GPL-2.0-or-later
// The state machine through the store: order, failure through any depth, barriers, fencing, replay,
// takeover.
#include "lib/store/restart.h"
#include "tests/unit/store_fixture.h"

#define DIAMOND "a\nb: a\nc: a\nd: b c\n"

static void is_state(struct fixture *f, int64_t w, const char *name, const char *want)
{
    cleanup_free char *what = xasprintf("%s is %s", name, want);
    is_text(fixture_state(f, w, name), want, what);
}

static void test_diamond(void)
{
    struct fixture f;
    fixture_open(&f);
    int64_t w = fixture_workflow(&f, DIAMOND);
    struct test_runner r = fixture_enter(&f, f.store, w, "i1", 4);
    struct sync_reply reply;
    fixture_sync(&f, &r, NULL, 0, 4, &reply);
    is_int(reply.claimed_count, 1, "of a new diamond only the first job is claimed");
    is_text(reply.claimed[0].name, "a", "a");
    is_text(reply.claimed[0].command, "true", "its command");
    is_int(reply.claimed[0].attempt_id, 1, "first attempt");
    ok(reply.may_come && !reply.complete && !reply.demand,
       "more may come, no allocation is wanted for a local run");
    struct attempt_end end = fixture_end(&reply.claimed[0], JOB_COMPLETED);
    struct usage_record usage;
    usage_record_init(&usage);
    usage.node = "h";
    usage.source = SOURCE_PROC;
    usage.cpu_user_usec = 5;
    end.usages = &usage;
    end.usages_count = 1;
    sync_reply_fini(&reply);
    fixture_sync(&f, &r, &end, 1, 4, &reply);
    is_int(reply.claimed_count, 2, "then two side by side");
    sync_reply_fini(&reply);
    is_int(fixture_number(
               &f, "SELECT count(*) FROM usage WHERE cpu_user_usec = 5 AND oom_kills IS NULL"),
           1, "usage is stored");
    fixture_invariants(&f, "in the middle of a diamond");
    fixture_close(&f);
}

static void test_points(void)
{
    struct fixture f;
    struct sync_reply reply;
    fixture_open(&f);
    int64_t w = fixture_workflow(&f, "a\nb\n");
    struct test_runner r = fixture_enter(&f, f.store, w, "i1", 1),
                       other = fixture_enter(&f, f.store, w, "i2", 1);
    fixture_sync(&f, &r, NULL, 0, 1, &reply);
    struct attempt_end end = fixture_end(&reply.claimed[0], JOB_COMPLETED);
    int64_t a = reply.claimed[0].job_id, b = fixture_job(&f, w, "b");
    sync_reply_fini(&reply);
    const struct usage_point points[] = {{a, 1, 1000, 10, 4096, "[{}]"},
                                         {0, 0, 1000, 99, UNKNOWN, NULL},
                                         {a, 2, 1001, 11, 4096, NULL},
                                         {b, 1, 1002, 12, 4096, NULL}};
    struct sync_request request = {.runner_id = r.id,
                                   .seq = ++r.seq,
                                   .ends = &end,
                                   .ends_count = 1,
                                   .points = points,
                                   .points_count = sizeof points / sizeof *points};
    struct error err;
    for (int again = 0; again < 2; again++) {
        is_int(store_sync(r.store, &request, &reply, &err), 0,
               again ? "sent once more" : "points of a job that ends with them");
        sync_reply_fini(&reply);
    }
    request =
        (struct sync_request){.runner_id = other.id, .seq = 1, .points = points, .points_count = 1};
    is_int(store_sync(other.store, &request, &reply, &err), 0, "points of another's job");
    sync_reply_fini(&reply);
    is_int(fixture_number(&f, "SELECT count(*) FROM usage_sample"), 2,
           "only those of the runner's attempts, and once");
    is_int(fixture_number(&f, "SELECT count(*) FROM samples WHERE job = 'a' AND attempt_id = 1 AND "
                              "memory_bytes = 4096"),
           1, "of the job");
    is_int(fixture_number(&f, "SELECT count(*) FROM samples WHERE job IS NULL AND cpu_s = 99e-6 "
                              "AND memory_bytes IS NULL"),
           1, "of the node, and what is not known is NULL");
    fixture_close(&f);
}

static const struct {
    const char *what, *text, *failing;
    int ran;
    const char *name, *state; // of one more job
} graphs[] = {
    {"diamond", DIAMOND, NULL, 4, "d", "completed"},
    {"diamond whose root fails", DIAMOND, "a", 1, "d", "canceled"},
    {"diamond, one side fails", DIAMOND, "b", 3, "d", "canceled"},
    {"failure through three levels", "a\nb: a\nc: b\nd: c\ne\n", "a", 2, "d", "canceled"},
    {"goes on after a failure", "a\nb!: a\nc: b\n", "a", 3, "c", "completed"},
    {"goes on, but only when all have ended", "a\nb\nc!: a b\n", "a", 3, "c", "completed"},
    {"barrier", "a\nb\nx*: a b\nc: x\nd: x\n", NULL, 4, "d", "completed"},
    {"barrier of barriers", "a\nx*: a\ny*: x\nb: y\n", NULL, 2, "b", "completed"},
    {"barrier whose need fails", "a\nb\nx*: a b\nc: x\nd: c\n", "a", 2, "d", "canceled"},
    {"barrier that waits for all", "a\nb\nx*!: a b\nc!: x\n", "a", 3, "c", "completed"},
    {"barrier without needs", "x*\ny*: x\na: y\n", NULL, 1, "a", "completed"},
};

static void test_graphs(void)
{
    for (size_t i = 0; i < sizeof graphs / sizeof *graphs; i++) {
        struct fixture f;
        printf("# %s\n", graphs[i].what);
        fixture_open(&f);
        int64_t w = fixture_workflow(&f, graphs[i].text);
        struct test_runner r = fixture_enter(&f, f.store, w, "i1", 2);
        is_int(fixture_run(&f, &r, graphs[i].failing), graphs[i].ran, "jobs that ran");
        is_state(&f, w, graphs[i].name, graphs[i].state);
        is_int(fixture_number(&f, "SELECT state FROM workflow"), WORKFLOW_COMPLETE,
               "the workflow is complete");
        fixture_invariants(&f, graphs[i].what);
        fixture_close(&f);
    }
}

static void test_chain(void)
{
    struct fixture f;
    fixture_open(&f);
    char text[500 * 20], *t = text;
    t += sprintf(t, "j0\n");
    for (int i = 1; i < 500; i++)
        t += sprintf(t, "j%d: j%d\n", i, i - 1);
    int64_t w = fixture_workflow(&f, text);
    struct test_runner r = fixture_enter(&f, f.store, w, "i1", 4);
    is_int(fixture_run(&f, &r, "j0"), 1, "a chain of 500 whose first fails: nothing else runs");
    is_int(fixture_number(&f, "SELECT count(*) FROM job WHERE state = 7"), 499, "499 are canceled");
    fixture_invariants(&f, "chain");
    fixture_close(&f);
}

// Each needs all before it: 1770 needs, and more paths than anybody could walk.
static void test_dense(void)
{
    enum { JOBS = 60 };
    struct fixture f;
    fixture_open(&f);
    char text[JOBS * JOBS * 4], *t = text;
    for (int i = 0; i < JOBS; i++) {
        t += sprintf(t, i ? "j%d:" : "j%d", i);
        for (int k = 0; k < i; k++)
            t += sprintf(t, " j%d", k);
        t += sprintf(t, "\n");
    }
    int64_t w = fixture_workflow(&f, text);
    struct test_runner r = fixture_enter(&f, f.store, w, "i1", 4);
    is_int(fixture_run(&f, &r, "j0"), 1,
           "60 jobs that each need all before them, of which the first fails");
    is_int(fixture_number(&f, "SELECT count(*) FROM event WHERE kind = 13"), JOBS - 1,
           "every other one is canceled, once");
    fixture_invariants(&f, "dense");
    fixture_close(&f);
}

static void test_fan_in(void)
{
    struct fixture f;
    fixture_open(&f);
    char text[400 * 12 + 400 * 6], *t = text;
    for (int i = 0; i < 400; i++)
        t += sprintf(t, "j%d\n", i);
    t += sprintf(t, "end:");
    for (int i = 0; i < 400; i++)
        t += sprintf(t, " j%d", i);
    int64_t w = fixture_workflow(&f, text);
    struct test_runner r = fixture_enter(&f, f.store, w, "i1", 64);
    is_int(fixture_run(&f, &r, NULL), 401, "400 jobs and the one that needs them all");
    is_state(&f, w, "end", "completed");
    fixture_close(&f);
}

static void test_replay(void)
{
    struct fixture f;
    fixture_open(&f);
    int64_t w = fixture_workflow(&f, "a\nb\nc\nd\n");
    struct test_runner r = fixture_enter(&f, f.store, w, "i1", 2);
    struct sync_reply one, two;
    fixture_sync(&f, &r, NULL, 0, 2, &one);
    r.seq--;
    fixture_sync(&f, &r, NULL, 0, 2, &two);
    ok(one.claimed_count == 2 && two.claimed_count == 2 &&
           one.claimed[0].job_id == two.claimed[0].job_id &&
           one.claimed[1].job_id == two.claimed[1].job_id && two.claimed[0].attempt_id == 1,
       "a replayed claim gives the same jobs");
    sync_reply_fini(&two);
    struct attempt_end ends[2] = {fixture_end(&one.claimed[0], JOB_COMPLETED),
                                  fixture_end(&one.claimed[1], JOB_FAILED)};
    fixture_sync(&f, &r, ends, 2, 0, &two);
    sync_reply_fini(&two);
    int64_t events = fixture_number(&f, "SELECT count(*) FROM event");
    r.seq--;
    fixture_sync(&f, &r, ends, 2, 0, &two);
    ok(two.refused_count == 0 && two.claimed_count == 0 && !two.expelled,
       "replayed ends are accepted");
    is_int(fixture_number(&f, "SELECT count(*) FROM attempt"), 2, "and stored once");
    is_int(fixture_number(&f, "SELECT count(*) FROM event"), events, "without another event");
    is_int(fixture_number(&f, "SELECT jobs_run FROM runner"), 2, "and counted once");
    sync_reply_fini(&one);
    sync_reply_fini(&two);
    fixture_invariants(&f, "replay");
    fixture_close(&f);
}

static void test_takeover(void)
{
    struct fixture f;
    fixture_open(&f);
    int64_t w = fixture_workflow(&f, "a\nb\n");
    struct test_runner old = fixture_enter(&f, f.store, w, "i1", 2);
    struct sync_reply reply, again;
    fixture_sync(&f, &old, NULL, 0, 2, &reply);
    struct attempt_start start = {
        .job_id = reply.claimed[0].job_id, .start_usec = 5, .attempt_id = 1};
    struct sync_request q = {
        .runner_id = old.id, .seq = ++old.seq, .starts = &start, .starts_count = 1};
    is_int(store_sync(f.store, &q, &again, &f.err), 0, "a start");
    sync_reply_fini(&again);
    is_state(&f, w, "a", "running");
    struct runner_entry entry = {.workflow_id = w,
                                 .array_task_id = -1,
                                 .incarnation = "i2",
                                 .host = "h",
                                 .node = "h",
                                 .pid = 2,
                                 .cpus = 2,
                                 .memory_bytes = 1 << 30,
                                 .gone = &old.id,
                                 .gone_count = 1};
    struct runner_grant grant;
    is_int(store_enter(f.store, &entry, &grant, &f.err), 0,
           "a runner comes that knows the first to be dead");
    is_int(fixture_number(&f, "SELECT count(*) FROM job WHERE state = 2"), 2,
           "both jobs are ready again");
    is_int(fixture_number(
               &f, "SELECT count(*) FROM attempt WHERE reason = 7 AND state = 2 AND end_usec > 0"),
           2, "both attempts are lost");
    is_int(
        fixture_number(&f, "SELECT count(*) FROM attempt WHERE message LIKE '%counts as started'"),
        1, "one of which perhaps never started");
    struct attempt_end end = fixture_end(&reply.claimed[0], JOB_COMPLETED);
    fixture_sync(&f, &old, &end, 1, 2, &again);
    ok(again.expelled && again.claimed_count == 0, "the dead one comes back, and is expelled");
    sync_reply_fini(&again);
    is_state(&f, w, "a", "ready");
    struct test_runner young = {f.store, grant.runner_id, 0, 2};
    runner_grant_fini(&grant);
    is_int(store_enter(f.store, &entry, &grant, &f.err), 0, "an entry may be sent again");
    is_int(grant.runner_id, young.id, "and gives the same runner");
    runner_grant_fini(&grant);
    is_int(fixture_run(&f, &young, NULL), 2, "the new one runs both");
    is_int(fixture_number(&f, "SELECT max(attempt_id) FROM attempt"), 2, "the lost attempts count");
    sync_reply_fini(&reply);
    fixture_invariants(&f, "takeover");
    is_int(store_enter(f.store,
                       &(struct runner_entry){
                           .workflow_id = w, .incarnation = "i3", .host = "h", .node = "h"},
                       &grant, &f.err),
           -1, "nobody enters a complete workflow");
    fixture_close(&f);
}

// What a dead runner had started is told by others: a, and c on a hint; b was only claimed.
static void test_starts_told(void)
{
    struct fixture f;
    fixture_open(&f);
    int64_t w = fixture_workflow(&f, "a\nb\nc: a\n");
    struct test_runner r = fixture_enter(&f, f.store, w, "i1", 2);
    struct sync_reply reply;
    fixture_sync(&f, &r, NULL, 0, 2, &reply);
    sync_reply_fini(&reply);
    struct attempt_start starts[] = {
        {.job_id = fixture_job(&f, w, "a"), .start_usec = 5, .run_id = 1, .attempt_id = 1},
        {.job_id = fixture_job(&f, w, "c"),
         .start_usec = 6,
         .run_id = 1,
         .attempt_id = 1,
         .taken = true},
        {.job_id = fixture_job(&f, w, "c"), .start_usec = 6, .run_id = 7, .attempt_id = 2},
    };
    struct sync_request q = {.runner_id = r.id, .starts = starts, .starts_count = 3, .leave = true};
    for (int times = 0; times < 2; times++) {
        is_int(store_sync(f.store, &q, &reply, &f.err), 0, "starts of a dead runner are told");
        ok(!reply.claimed_count, "for which it gets nothing");
        sync_reply_fini(&reply);
        is_state(&f, w, "a", "running");
        is_state(&f, w, "b", "ready");
        is_state(&f, w, "c", "blocked");
        is_int(fixture_number(&f, "SELECT count(*) FROM attempt"), 2, "each has its row");
        is_int(fixture_number(&f, "SELECT sum(attempts) FROM job"), 2, "and its number");
    }
    bool declared;
    is_int(store_runner_lost(f.store, w, r.id, 0, &declared, &f.err), 0, "then it is lost");
    is_int(fixture_number(&f, "SELECT count(*) FROM attempt WHERE reason = 7"), 2, "with these");
    is_int(store_sync(f.store, &q, &reply, &f.err), 0, "told too late");
    ok(reply.expelled, "it changes nothing");
    sync_reply_fini(&reply);
    struct test_runner next = fixture_enter(&f, f.store, w, "i2", 2);
    is_int(fixture_run(&f, &next, NULL), 3, "the next runs all");
    is_int(fixture_number(&f, "SELECT sum(10 * attempt_id) FROM attempt WHERE state = 5"), 50,
           "a and c with the second number");
    fixture_invariants(&f, "starts told");
    fixture_close(&f);
}

static void test_fencing(void)
{
    struct fixture f;
    fixture_open(&f);
    int64_t w = fixture_workflow(&f, "a\nb\n");
    struct test_runner one = fixture_enter(&f, f.store, w, "i1", 1),
                       two = fixture_enter(&f, f.store, w, "i2", 1);
    struct sync_reply mine, reply;
    fixture_sync(&f, &one, NULL, 0, 1, &mine);
    struct attempt_end end = fixture_end(&mine.claimed[0], JOB_COMPLETED);
    fixture_sync(&f, &two, &end, 1, 0, &reply);
    ok(reply.refused_count == 1 && reply.refused[0] == mine.claimed[0].job_id,
       "the end of somebody else's job is refused");
    sync_reply_fini(&reply);
    end.start.attempt_id = 2;
    fixture_sync(&f, &one, &end, 1, 0, &reply);
    is_int(reply.refused_count, 1, "so is another attempt");
    sync_reply_fini(&reply);
    int64_t back[] = {mine.claimed[0].job_id, 4711};
    struct sync_request q = {
        .runner_id = one.id, .seq = ++one.seq, .returned = back, .returned_count = 2};
    is_int(store_sync(f.store, &q, &reply, &f.err), 0, "a job is given back");
    ok(reply.refused_count == 1 && reply.refused[0] == 4711, "one that does not exist is refused");
    sync_reply_fini(&reply);
    is_state(&f, w, "a", "ready");
    end = fixture_end(&mine.claimed[0], JOB_READY);
    sync_reply_fini(&mine);
    fixture_sync(&f, &one, NULL, 0, 1, &mine);
    fixture_sync(&f, &one, &end, 1, 0, &reply);
    sync_reply_fini(&reply);
    is_state(&f, w, "a", "ready");
    is_int(fixture_number(&f, "SELECT continuations FROM job WHERE name = 'a'"), 1,
           "ended by the end of an allocation: it goes on");
    is_int(fixture_number(&f, "SELECT reason FROM attempt"), REASON_TERMINATED,
           "and the attempt says so");
    sync_reply_fini(&mine);
    fixture_sync(&f, &two, NULL, 0, 1, &mine);
    is_int(mine.claimed[0].attempt_id, 2, "its second attempt");
    sync_reply_fini(&mine);
    q = (struct sync_request){.runner_id = two.id, .seq = ++two.seq, .leave = true};
    is_int(store_sync(f.store, &q, &reply, &f.err), 0, "a runner leaves");
    sync_reply_fini(&reply);
    is_state(&f, w, "a", "ready");
    is_int(store_sync(f.store, &q, &reply, &f.err), 0, "and may say so again");
    ok(!reply.expelled, "without being expelled");
    sync_reply_fini(&reply);
    fixture_invariants(&f, "fencing");
    fixture_close(&f);
}

// What a journal says comes in beside the runner's own requests, which may be alive and say the
// same once more.
static void test_journal(void)
{
    struct fixture f;
    fixture_open(&f);
    int64_t w = fixture_workflow(&f, "a\nb\nc: a\n");
    struct test_runner r = fixture_enter(&f, f.store, w, "i1", 2);
    struct sync_reply mine, reply;
    fixture_sync(&f, &r, NULL, 0, 2, &mine);
    struct attempt_end ends[] = {fixture_end(&mine.claimed[0], JOB_COMPLETED),
                                 fixture_end(&mine.claimed[1], (enum job_state)77)};
    struct sync_request q = {.runner_id = r.id,
                             .ends = ends,
                             .ends_count = 2,
                             .claim = {.max_jobs = 2, .cpus = 2, .memory_bytes = 1 << 30}};
    is_int(store_sync(f.store, &q, &reply, &f.err), 0, "ends from a journal");
    ok(!reply.claimed_count && !reply.expelled, "claim nothing");
    ok(reply.refused_count == 1 && reply.refused[0] == mine.claimed[1].job_id,
       "one with a state that does not exist is refused");
    sync_reply_fini(&reply);
    is_state(&f, w, "a", "completed");
    is_state(&f, w, "b", "pending");
    is_state(&f, w, "c", "ready");
    ends[1].state = JOB_COMPLETED;
    fixture_sync(&f, &r, ends, 2, 0, &reply);
    is_int(reply.refused_count, 1, "the runner says them again: one is known, the other news");
    sync_reply_fini(&reply);
    is_state(&f, w, "b", "completed");
    is_int(fixture_number(&f, "SELECT count(*) FROM attempt"), 2, "an attempt each");
    struct attempt_end taken = {
        .start = {.job_id = fixture_job(&f, w, "c"), .attempt_id = 2, .taken = true},
        .state = JOB_READY};
    fixture_sync(&f, &r, &taken, 1, 0, &reply);
    is_int(reply.refused_count, 1,
           "the end of an attempt that is not the next one, of a job that was not claimed, is "
           "refused");
    sync_reply_fini(&reply);
    is_state(&f, w, "c", "ready");
    sync_reply_fini(&mine);
    fixture_invariants(&f, "journal");
    fixture_close(&f);
}

// A restart counts attempts from 1 again: what is told once more of one before it is none of them.
static void test_restarted(void)
{
    struct fixture f;
    fixture_open(&f);
    int64_t w = fixture_workflow(&f, "a\nb: a\n"), a = fixture_job(&f, w, "a");
    struct test_runner r = fixture_enter(&f, f.store, w, "i1", 1);
    struct sync_reply mine, again, reply;
    struct restart_reply restarted;
    fixture_sync(&f, &r, NULL, 0, 1, &mine);
    struct attempt_end end = fixture_end(&mine.claimed[0], JOB_COMPLETED);
    fixture_sync(&f, &r, &end, 1, 0, &reply);
    sync_reply_fini(&reply);
    struct restart_request q = {.workflow_id = w, .run_id = 1, .jobs = &a, .jobs_count = 1};
    is_int(store_restart(f.store, &q, &restarted, &f.err), 0, "a restart while a runner lives");
    is_state(&f, w, "a", "ready");
    is_state(&f, w, "b", "blocked");
    is_int(store_restart(f.store, &q, &restarted, &f.err), -1, "another one from the same facts");
    is_int(f.err.code, ERROR_USAGE, "is told to look again");
    fixture_sync(&f, &r, NULL, 0, 1, &again);
    ok(again.claimed_count == 1 && again.claimed[0].run_id == 2 && again.claimed[0].attempt_id == 1,
       "the first attempt of the second run");
    struct sync_request late = {.runner_id = r.id, .ends = &end, .ends_count = 1};
    is_int(store_sync(f.store, &late, &reply, &f.err), 0, "a journal tells the old end once more");
    ok(reply.refused_count == 1 && reply.refused[0] == a, "which is refused");
    sync_reply_fini(&reply);
    is_state(&f, w, "a", "pending");
    end = fixture_end(&again.claimed[0], JOB_COMPLETED);
    fixture_sync(&f, &r, &end, 1, 0, &reply);
    is_int(reply.refused_count, 0, "the new one is taken");
    sync_reply_fini(&reply);
    is_state(&f, w, "b", "ready");
    is_int(fixture_number(&f, "SELECT count(*) FROM attempt WHERE attempt_id = 1"), 2,
           "an attempt of each run");
    sync_reply_fini(&mine);
    sync_reply_fini(&again);
    fixture_invariants(&f, "restarted");
    fixture_close(&f);
}

int main(void)
{
    test_diamond();
    test_points();
    test_graphs();
    test_chain();
    test_dense();
    test_fan_in();
    test_replay();
    test_takeover();
    test_starts_told();
    test_fencing();
    test_journal();
    test_restarted();
    return done_testing();
}
