// SPDX-License-Identifier: GPL-2.0-or-later
// Jobs of several nodes: who claims them and when, what they hold elsewhere, what becomes of it.
#include "tests/unit/store_fixture.h"

static struct class_row classes[] = {
    {.name = "wide", .cpus = 2, .nodes = 2, .memory_bytes = 1, .runtime_usec = 1, .enforced = true},
    {.name = "one", .cpus = 1, .nodes = 1, .memory_bytes = 1, .runtime_usec = 1, .enforced = true},
};
static struct job_row jobs[] = {
    {.name = "w1", .command = "true", .class_index = 0, .rank = 2},
    {.name = "w2", .command = "true", .class_index = 0, .rank = 1},
    {.name = "s1", .command = "true", .class_index = 1, .priority = 9},
    {.name = "s2", .command = "true", .class_index = 1, .priority = 9},
    {.name = "s3", .command = "true", .class_index = 1},
    {.name = "s4", .command = "true", .class_index = 1},
    {.name = "s5", .command = "true", .class_index = 1},
    {.name = "s6", .command = "true", .class_index = 1},
};

struct world {
    struct fixture f;
    int64_t workflow_id;
    const char *tag;
    struct test_runner first, other;
    struct claimed_job held[8]; // all that were claimed, by the number of the job
};

static struct test_runner enter(struct world *w, const char *node, int nodes)
{
    struct runner_entry e = {.workflow_id = w->workflow_id,
                             .tag = w->tag,
                             .slurm_job_id = 100,
                             .slurm_array_id = 100,
                             .array_task_id = -1,
                             .incarnation = node,
                             .host = node,
                             .node = node,
                             .pid = 1,
                             .cpus = 4,
                             .nodes = nodes,
                             .memory_bytes = 1 << 30};
    struct runner_grant grant;
    struct test_runner r = {.store = w->f.store, .cpus = 4};
    is_int(store_enter(w->f.store, &e, &grant, &w->f.err), 0, "a runner enters");
    r.id = grant.runner_id;
    runner_grant_fini(&grant);
    return r;
}

static void open_world(struct world *w, struct arena *arena)
{
    struct submission s = {.tag = "t",
                           .partition = "p",
                           .allocations = 1,
                           .cpus = 4,
                           .nodes = 2,
                           .slots = 2,
                           .rounds = 1,
                           .memory_bytes = 1 << 30,
                           .walltime_usec = INT64_C(3600000000)};
    struct workflow workflow = {
        .name = "w", .classes = classes, .classes_count = 2, .jobs = jobs, .jobs_count = 8};
    *w = (struct world){0};
    fixture_open(&w->f);
    w->workflow_id = fixture_create(&w->f, &workflow);
    s.class_id = fixture_number(&w->f, "SELECT min(id) FROM resource_class");
    is_int(store_submissions_create(w->f.store, w->workflow_id, &s, 1, true, arena, &w->f.err), 0,
           "an allocation of two nodes");
    w->tag = s.tag;
}

// A sync that says so many CPUs are free: the names of what is claimed.
static const char *talk(struct world *w, struct test_runner *r, int free,
                        struct sync_request *request, struct sync_reply *reply)
{
    static char names[128];
    *names = '\0';
    request->runner_id = r->id;
    request->seq = ++r->seq;
    request->claim = (struct claim_request){
        .max_jobs = free, .cpus = free, .memory_bytes = 1 << 30, .prefetch = 4};
    if (store_sync(w->f.store, request, reply, &w->f.err))
        return w->f.err.text;
    for (uint32_t i = 0; i < reply->claimed_count; i++) {
        const struct claimed_job *job = &reply->claimed[i];
        snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s", i ? " " : "",
                 job->name);
        for (int k = 0; k < 8; k++)
            if (!strcmp(jobs[k].name, job->name))
                w->held[k] = *job;
    }
    return names;
}

static void claims(struct world *w, struct test_runner *r, int free, const char *names,
                   const char *what)
{
    struct sync_request request = {0};
    struct sync_reply reply;
    is_text(talk(w, r, free, &request, &reply), names, what);
    sync_reply_fini(&reply);
}

static void ends(struct world *w, struct test_runner *r, int job, int free, const char *names,
                 const char *what)
{
    struct attempt_end end = fixture_end(&w->held[job], JOB_COMPLETED);
    struct usage_record usage; // a step
    usage_record_init(&usage);
    usage.node = "a";
    usage.source = SOURCE_SPANK;
    usage.cpu_user_usec = usage.cpu_system_usec = 1;
    end.usages = &usage;
    end.usages_count = 1;
    struct sync_request request = {.ends = &end, .ends_count = 1};
    struct sync_reply reply;
    is_text(talk(w, r, free, &request, &reply), names, what);
    sync_reply_fini(&reply);
}

static void starts(struct world *w, int job)
{
    struct attempt_start start = fixture_end(&w->held[job], JOB_COMPLETED).start;
    struct sync_request request = {.starts = &start, .starts_count = 1};
    struct sync_reply reply;
    talk(w, &w->first, 0, &request, &reply);
    sync_reply_fini(&reply);
}

static void test_claims(struct world *w)
{
    w->first = enter(w, "a", 2);
    claims(w, &w->first, 4, "s1 s2", "before the other node is there: its share is kept free");
    w->other = enter(w, "b", 1);
    claims(w, &w->other, 4, "s3 s4", "likewise at the other one, which starts none of two nodes");
    claims(w, &w->first, 2, "w1", "the first one does, once there is room on both");
    claims(w, &w->other, 2, "", "and it holds its share on the other");
    ends(w, &w->other, 4, 3, "", "what comes free there is kept for the next");
    ends(w, &w->other, 5, 4, "", "all of it");
    ends(w, &w->first, 2, 1, "", "the next waits for room on both");
    ends(w, &w->first, 3, 2, "w2", "two of them side by side");
    starts(w, 0);
    starts(w, 1);
}

static void test_cleared(struct world *w)
{
    struct sync_request request = {0};
    struct sync_reply reply;
    struct usage_record usage;
    ends(w, &w->first, 0, 2, "s5 s6", "one ends; nothing of two nodes is ready");
    talk(w, &w->other, 0, &request, &reply);
    is_int(reply.shares_count, 1, "the other node is told");
    is_int(reply.shares_open, 1, "one it holds still");
    usage_record_init(&usage);
    usage.node = "b";
    usage.step = "0.1";
    usage.source = SOURCE_SPANK;
    usage.cpu_user_usec = usage.cpu_system_usec = 7;
    struct share_end cleared = reply.shares[0];
    cleared.usages = &usage;
    cleared.usages_count = 1;
    sync_reply_fini(&reply);
    request = (struct sync_request){.shares = &cleared, .shares_count = 1};
    talk(w, &w->other, 0, &request, &reply);
    is_int(reply.shares_count, 0, "... until it has cleared up");
    sync_reply_fini(&reply);
    is_int(fixture_number(&w->f, "SELECT cpu_user_usec FROM usage WHERE node = 'b'"), 7,
           "what it used there is recorded");
    is_int(fixture_number(&w->f, "SELECT cpu_usec FROM class_used u JOIN resource_class c"
                                 " ON c.id = u.class WHERE c.name = 'wide' AND source = 4"),
           16, "... and counted");
}

// Asks for a signal to what a job has elsewhere; gives what the other node hears.
static int signal_heard(struct world *w, struct test_runner *from, int32_t attempt_id)
{
    struct sync_reply reply;
    struct share_end share = {w->held[1].job_id, w->held[1].run_id, attempt_id, 15, NULL, 0};
    struct sync_request request = {.shares = &share, .shares_count = 1}, none = {0};
    talk(w, from, 0, &request, &reply);
    sync_reply_fini(&reply);
    talk(w, &w->other, 0, &none, &reply);
    is_int(reply.shares_open, 1, "the share is still held");
    int heard = reply.shares_count ? reply.shares[0].signal : 0;
    sync_reply_fini(&reply);
    return heard;
}

static void test_signal(struct world *w)
{
    int32_t attempt_id = w->held[1].attempt_id;
    is_int(signal_heard(w, &w->first, attempt_id + 1), 0, "of another attempt: nobody is told");
    is_int(signal_heard(w, &w->other, attempt_id), 0, "by who has not started it: neither");
    is_int(signal_heard(w, &w->first, attempt_id), 15, "the other node is told of a signal");
    is_int(signal_heard(w, &w->first, attempt_id), 15, "... until the job has ended");
}

static void test_lost(struct world *w)
{
    bool declared = false;
    struct sync_reply reply;
    struct sync_request request = {.doubts = &w->held[1].job_id, .doubts_count = 1};
    talk(w, &w->first, 0, &request, &reply);
    is_int(reply.settled_count, 0, "a failure is in doubt until the other node was heard of");
    sync_reply_fini(&reply);
    store_runner_lost(w->f.store, w->workflow_id, w->other.id, 0, &declared, &w->f.err);
    ok(declared, "the other node dies");
    is_text(fixture_state(&w->f, w->workflow_id, "w2"), "ready", "its job runs again");
    is_int(fixture_number(&w->f, "SELECT reason FROM attempt a JOIN job j ON j.id = a.job"
                                 " WHERE j.name = 'w2'"),
           REASON_LOST, "its attempt is lost");
    is_text(talk(w, &w->first, 4, &request, &reply), "", "not in this allocation");
    is_int(reply.shares_count, 1, "who has started it is told");
    is_int(reply.shares[0].job_id, w->held[1].job_id, "of this job");
    sync_reply_fini(&reply);
    ends(w, &w->first, 1, 0, "", "its end is not taken any more");
    is_text(fixture_state(&w->f, w->workflow_id, "w2"), "ready", "it stays ready");
}

int main(void)
{
    struct world w;
    struct arena *arena = arena_create();
    open_world(&w, arena);
    test_claims(&w);
    test_cleared(&w);
    test_signal(&w);
    test_lost(&w);
    fixture_invariants(&w.f, "in the end");
    fixture_close(&w.f);
    arena_destroy(arena);
    return done_testing();
}
