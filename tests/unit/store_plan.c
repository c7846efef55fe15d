// SPDX-License-Identifier: GPL-2.0-or-later
// Submissions and demand: tags, one waiting request per class, room in live and queued allocations,
// cancellation; and pages.
#include <time.h>

#include "tests/unit/store_fixture.h"

enum { HOUR = 3600 };
static const int64_t second = 1000000;

static int64_t flat(struct fixture *f, int jobs)
{
    cleanup_free char *text = xcalloc((size_t)jobs + 1, 16);
    for (int i = 0; i < jobs; i++)
        sprintf(text + strlen(text), "j%d\n", i);
    sprintf(text + strlen(text), "end: j%d\n", jobs - 1);
    return fixture_workflow(f, text);
}

static struct submission plan(int64_t class_id, int allocations, int slots, int rounds)
{
    return (struct submission){.class_id = class_id,
                               .tag = "torc-%w-%s",
                               .partition = "p",
                               .arguments = "[]",
                               .script = "x",
                               .allocations = allocations,
                               .cpus = slots,
                               .nodes = 1,
                               .slots = slots,
                               .rounds = rounds,
                               .memory_bytes = 1 << 30,
                               .walltime_usec = (rounds * HOUR + 90) * second};
}

static int create(struct fixture *f, int64_t w, struct submission *s, uint32_t n, struct arena *a)
{
    int rc = store_submissions_create(f->store, w, s, n, false, a, &f->err);
    return ok(rc == 0, "create submissions: %s", rc ? f->err.text : "") ? 0 : -1;
}

static struct test_runner enter(struct fixture *f, int64_t w, const char *tag, int index,
                                const char *incarnation, int restart)
{
    struct runner_entry e = {.workflow_id = w,
                             .tag = tag,
                             .slurm_job_id = 100 + index,
                             .slurm_array_id = 99,
                             .array_task_id = index,
                             .restart_count = restart,
                             .incarnation = incarnation,
                             .host = "h",
                             .node = "node1",
                             .node_list = "node1",
                             .pid = 1,
                             .cpus = 4,
                             .memory_bytes = 1 << 30,
                             .limit_usec = (int64_t)time(NULL) * second + (HOUR + 90) * second};
    struct runner_grant g;
    if (!ok(store_enter(f->store, &e, &g, &f->err) == 0, "runner %s enters", incarnation)) {
        printf("# %s\n", f->err.text);
        return (struct test_runner){.store = f->store};
    }
    struct test_runner r = {f->store, g.runner_id, 0, 4};
    is_text(g.partition, "p", "and learns its partition");
    runner_grant_fini(&g);
    return r;
}

static void test_demand(void)
{
    struct fixture f;
    fixture_open(&f);
    int64_t w = flat(&f, 20);
    struct demand d;
    is_int(store_demand(f.store, w, &d, &f.err), 0, "demand");
    ok(d.classes_count == 1 && d.classes[0].ready == 20 && d.classes[0].soon == 1 &&
           d.classes[0].blocked == 1 && d.classes[0].room == 0 && !d.classes[0].waiting,
       "20 ready, one that waits for a ready one, no room");
    is_text(d.classes[0].row.name, "c", "its class");
    int64_t class_id = d.classes[0].class_id;
    demand_fini(&d);

    struct arena *arena = arena_create();
    struct submission s[2] = {plan(class_id, 3, 4, 1), plan(class_id, 1, 4, 1)};
    create(&f, w, s, 1, arena);
    cleanup_free char *tag = xasprintf("torc-%lld-%lld", (long long)w, (long long)s[0].id);
    is_text(s[0].tag, tag, "the tag has both ids");
    is_int(fixture_number(
               &f,
               "SELECT count(*) FROM allocation WHERE state = 0 AND array_task_id BETWEEN 0 AND 2"),
           3, "three elements are planned");
    create(&f, w, &s[1], 1, arena);
    is_int(s[1].id, 0, "a second one for a class that waits is left out");
    is_int(store_submission_answered(f.store, s[0].id, 99, NULL, &f.err), 0, "sbatch answers");
    is_int(store_demand(f.store, w, &d, &f.err), 0, "demand");
    ok(d.classes[0].room == 12 && d.classes[0].waiting, "queued: room for 12, and waiting");
    demand_fini(&d);

    struct test_runner r = enter(&f, w, tag, 0, "i0", 0);
    is_int(fixture_number(&f, "SELECT count(*) FROM allocation WHERE state = 2 AND slurm_job_id = "
                              "100 AND limit_usec > start_usec"),
           1, "its allocation runs");
    struct sync_reply reply;
    fixture_sync(&f, &r, NULL, 0, 4, &reply);
    is_int(reply.claimed_count, 4, "four jobs of an hour start in an hour's allocation");
    is_int(reply.demand, 0, "just submitted: no demand yet");
    is_int(store_demand(f.store, w, &d, &f.err), 0, "demand");
    ok(d.classes[0].room == 8 && !d.classes[0].waiting && d.classes[0].ready == 16,
       "4 run: room for 8 more, nothing waiting");
    is_int(d.classes[0].allocations, 3, "three allocations");
    demand_fini(&d);
    fixture_number(&f, "UPDATE workflow SET settings = json_set(settings, '$.max_allocations', 3) "
                       "RETURNING 1");
    is_int(store_demand(f.store, w, &d, &f.err), 0, "demand");
    ok(d.classes[0].waiting, "and if that is all it may have, it waits for one of them to end");
    demand_fini(&d);
    fixture_number(&f, "UPDATE workflow SET settings = json_set(settings, '$.max_allocations', 16) "
                       "RETURNING 1");

    fixture_number(&f, "UPDATE submission SET created_usec = created_usec - 11000000 RETURNING 1");
    struct sync_request q = {.runner_id = r.id, .seq = ++r.seq, .leave = true};
    struct sync_reply left;
    is_int(store_sync(f.store, &q, &left, &f.err), 0, "the runner leaves, holding four jobs");
    ok(left.demand, "20 ready, room for 8: more is wanted");
    sync_reply_fini(&left);
    is_int(fixture_number(&f, "SELECT count(*) FROM allocation WHERE state = 3 AND end_usec > 0"),
           1, "its allocation has ended");
    sync_reply_fini(&reply);

    struct test_runner one = enter(&f, w, tag, 1, "i1", 0);
    fixture_sync(&f, &one, NULL, 0, 4, &reply);
    struct test_runner again = enter(&f, w, tag, 1, "i1b", 1);
    is_int(fixture_number(&f, "SELECT lost FROM runner WHERE incarnation = 'i1'"), 1,
           "after a requeue the earlier start is lost");
    sync_reply_fini(&reply);
    struct runner_entry stale = {.workflow_id = w,
                                 .tag = tag,
                                 .array_task_id = 1,
                                 .incarnation = "i1c",
                                 .host = "h",
                                 .node = "n"};
    struct runner_grant g;
    is_int(store_enter(f.store, &stale, &g, &f.err), -1, "and does not come back");
    stale.tag = "nonsense";
    is_int(store_enter(f.store, &stale, &g, &f.err), -1, "nor does one with an unknown tag");
    is_int(f.err.code, ERROR_USAGE, "which is bad usage");
    (void)again;
    fixture_invariants(&f, "demand");
    arena_destroy(arena);
    fixture_close(&f);
}

static void test_refused(void)
{
    struct fixture f;
    fixture_open(&f);
    int64_t w = flat(&f, 4), class_id = fixture_number(&f, "SELECT id FROM resource_class");
    struct arena *arena = arena_create();
    struct submission s = plan(class_id, 1, 4, 1);
    create(&f, w, &s, 1, arena);
    is_int(store_submission_answered(f.store, s.id, 0, "sbatch: error: invalid partition", &f.err),
           0, "sbatch refuses");
    is_int(fixture_number(&f, "SELECT kind FROM event ORDER BY id DESC LIMIT 1"), 32,
           "which is a submission that failed");
    struct submissions all;
    is_int(store_submissions(f.store, w, &all, &f.err), 0, "submissions");
    ok(all.count == 1 && all.list[0].state == ALLOCATION_CANCELED && all.list[0].slots == 4,
       "one, canceled");
    is_text(all.list[0].error, "sbatch: error: invalid partition", "with the reason");
    submissions_fini(&all);
    is_int(store_submission_answered(f.store, s.id, 7, "all its jobs had ended before", &f.err), 0,
           "one is given back");
    is_int(fixture_number(&f, "SELECT kind FROM event ORDER BY id DESC LIMIT 1"), 35,
           "which is a cancel");
    struct submission t = plan(class_id, 1, 4, 1);
    create(&f, w, &t, 1, arena);
    ok(t.id > 0, "the class may be submitted again");
    arena_destroy(arena);
    fixture_close(&f);
}

// What sbatch answered may be lost or wrong. The runner that comes with the tag knows.
static void test_answers(void)
{
    static const struct {
        int64_t job_id;
        const char *error, *says;
        enum allocation_state state;
    } rows[] = {{0, NULL, "no answer is known", ALLOCATION_PLANNED},
                {0, "refused", "it is said to be refused", ALLOCATION_CANCELED},
                {12, NULL, "the answer is another job", ALLOCATION_QUEUED}};
    struct fixture f;
    fixture_open(&f);
    int64_t w = flat(&f, 40), class_id = fixture_number(&f, "SELECT id FROM resource_class");
    struct arena *arena = arena_create();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct submission s = plan(class_id, 2, 4, 1);
        is_int(store_submissions_create(f.store, w, &s, 1, true, arena, &f.err), 0, rows[i].says);
        store_submission_answered(f.store, s.id, rows[i].job_id, rows[i].error, &f.err);
        is_int(fixture_number(&f, "SELECT answered_usec > 0 FROM submission ORDER BY id DESC"), 1,
               "sbatch has ended");
        is_int(fixture_number(&f, "SELECT state FROM submission ORDER BY id DESC"), rows[i].state,
               "its state");
        enter(&f, w, s.tag, 0, rows[i].says, 0);
        store_submission_answered(f.store, s.id, 12, NULL, &f.err);
        is_int(fixture_number(&f, "SELECT slurm_job_id FROM submission ORDER BY id DESC"), 99,
               "a runner comes: the job is its own");
        is_int(fixture_number(&f, "SELECT state = 2 AND error IS NULL FROM submission ORDER BY id "
                                  "DESC"),
               1, "it runs, and was not refused");
    }
    arena_destroy(arena);
    fixture_close(&f);
}

// Elements of one array go different ways: those that Slurm ended or somebody canceled leave the
// one that runs, and its room, alone.
static void test_over(void)
{
    struct fixture f;
    fixture_open(&f);
    int64_t w = flat(&f, 20), class_id = fixture_number(&f, "SELECT id FROM resource_class");
    struct arena *arena = arena_create();
    struct submission s = plan(class_id, 4, 4, 1);
    create(&f, w, &s, 1, arena);
    store_submission_answered(f.store, s.id, 99, NULL, &f.err);
    int64_t first = fixture_number(&f, "SELECT min(id) FROM allocation");
    int64_t ids[] = {first, first + 1};
    enter(&f, w, s.tag, 0, "i0", 0);
    is_int(store_allocations_over(f.store, s.id, ids, 2, ALLOCATION_ENDED, "FAILED (X)", &f.err), 0,
           "Slurm says that two have ended");
    is_int(fixture_number(&f, "SELECT group_concat(state, '') FROM (SELECT state FROM allocation "
                              "ORDER BY id)"),
           2311, "the one that a runner came to runs");
    is_int(fixture_number(&f, "SELECT state FROM submission"), 2, "and so does the submission");
    is_int(store_submission_answered(f.store, s.id, 99, "given back", &f.err), 0,
           "what has not started is given back");
    is_int(fixture_number(&f, "SELECT group_concat(state, '') FROM (SELECT state FROM allocation "
                              "ORDER BY id)"),
           2344, "which is two of them");
    is_int(fixture_number(&f, "SELECT state FROM submission"), 2, "the submission runs still");
    struct demand d;
    store_demand(f.store, w, &d, &f.err);
    is_int(d.classes[0].room, 4, "with room for what it runs");
    demand_fini(&d);
    struct read_reply p;
    struct read_request q = {.what = READ_ALLOCATIONS, .workflow_id = w};
    store_read(f.store, &q, &p, &f.err);
    ok(p.count == 4 && !p.allocations[0].error && p.allocations[1].error && p.allocations[2].error,
       "why it ended is said of those that it is true of");
    read_reply_fini(&p);
    arena_destroy(arena);
    fixture_close(&f);
}

// An allocation that comes and goes without running a job; then, so many seconds later, another is
// asked for.
static bool asks_after_vain(struct fixture *f, int64_t w, int64_t class_id, int number, int secs,
                            struct arena *arena)
{
    char incarnation[16];
    struct sync_reply reply;
    struct submission s = plan(class_id, 1, 4, 1), next = plan(class_id, 1, 4, 1);
    if (store_submissions_create(f->store, w, &s, 1, true, arena, &f->err))
        return false;
    snprintf(incarnation, sizeof incarnation, "vain%d", number);
    struct test_runner r = enter(f, w, s.tag, -1, incarnation, 0);
    struct sync_request q = {.runner_id = r.id, .seq = ++r.seq, .leave = true};
    is_int(store_sync(f->store, &q, &reply, &f->err), 0, "it leaves");
    sync_reply_fini(&reply);
    cleanup_free char *older =
        xasprintf("UPDATE submission SET created_usec = created_usec - %d000000 RETURNING 1", secs);
    fixture_number(f, older);
    create(f, w, &next, 1, arena);
    if (next.id) { // as if it had not been asked for
        cleanup_free char *forget = xasprintf(
            "DELETE FROM allocation WHERE submission = %lld RETURNING 1", (long long)next.id);
        cleanup_free char *gone =
            xasprintf("DELETE FROM submission WHERE id = %lld RETURNING 1", (long long)next.id);
        fixture_number(f, "UPDATE resource_class SET unsatisfied = NULL RETURNING 1");
        fixture_number(f, forget);
        fixture_number(f, gone);
    }
    return next.id != 0;
}

static int64_t vain(struct fixture *f, int64_t w)
{
    struct demand d;
    is_int(store_demand(f->store, w, &d, &f->err), 0, "demand");
    int64_t count = d.classes[0].vain;
    demand_fini(&d);
    return count;
}

static void test_vain(void)
{
    struct fixture f;
    fixture_open(&f);
    int64_t w = flat(&f, 4), class_id = fixture_number(&f, "SELECT id FROM resource_class");
    struct arena *arena = arena_create();
    ok(asks_after_vain(&f, w, class_id, 1, 11, arena),
       "after one allocation in vain the next may follow in 11 s");
    ok(!asks_after_vain(&f, w, class_id, 2, 19, arena), "after two not within 19 s");
    ok(!asks_after_vain(&f, w, class_id, 3, 39, arena), "after three not within 39 s");
    ok(asks_after_vain(&f, w, class_id, 4, 81, arena), "after four it may after 81 s");
    is_int(vain(&f, w), 4, "which are four since a job last ran");
    fixture_number(&f, "UPDATE runner SET jobs_run = 1 WHERE incarnation = 'vain4' RETURNING 1");
    is_int(vain(&f, w), 0, "or none, if one ran");
    ok(asks_after_vain(&f, w, class_id, 5, 11, arena), "once one ran a job, it is 10 s again");
    fixture_number(&f, "UPDATE runner SET jobs_run = 1 WHERE incarnation = 'vain5' RETURNING 1");
    fixture_number(&f, "UPDATE submission SET created_usec = created_usec + 11000000 WHERE id = "
                       "(SELECT max(id) FROM submission) RETURNING 1");
    struct submission next = plan(class_id, 1, 4, 1);
    create(&f, w, &next, 1, arena);
    ok(next.id != 0, "one that has ended and ran jobs may be followed at once");
    arena_destroy(arena);
    fixture_close(&f);
}

static void test_cancel(void)
{
    struct fixture f;
    fixture_open(&f);
    int64_t w = flat(&f, 8), class_id = fixture_number(&f, "SELECT id FROM resource_class");
    struct arena *arena = arena_create();
    struct submission s = plan(class_id, 2, 4, 1);
    create(&f, w, &s, 1, arena);
    struct test_runner r = enter(&f, w, s.tag, 0, "i0", 0);
    struct sync_reply claims, reply;
    fixture_sync(&f, &r, NULL, 0, 2, &claims);
    int64_t before, after;
    store_change(f.store, &before, &f.err);
    struct store *other = store_open(f.path, STORE_WRITE, &f.err);
    struct submissions open;
    is_int(store_cancel(other, w, &open, &f.err), 0, "cancel");
    ok(open.count == 1 && open.list[0].id == s.id, "the submission is to be canceled too");
    submissions_fini(&open);
    store_change(f.store, &after, &f.err);
    ok(before != after, "runners notice");
    fixture_sync(&f, &r, NULL, 0, 4, &reply);
    ok(reply.complete && reply.canceled_count == 2 && reply.claimed_count == 0,
       "a runner is told which jobs to end");
    sync_reply_fini(&reply);
    struct attempt_end end = fixture_end(&claims.claimed[0], JOB_CANCELED);
    struct sync_request q = {.runner_id = r.id,
                             .seq = ++r.seq,
                             .ends = &end,
                             .ends_count = 1,
                             .returned = &claims.claimed[1].job_id,
                             .returned_count = 1};
    is_int(store_sync(f.store, &q, &reply, &f.err), 0, "it does");
    sync_reply_fini(&reply);
    is_int(fixture_number(&f, "SELECT count(*) FROM job WHERE state = 7"), 9,
           "all jobs are canceled");
    is_int(fixture_number(&f, "SELECT state = 2 AND ended_usec > 0 FROM workflow"), 1,
           "the workflow is canceled and has ended");
    is_int(store_delete_workflow(other, w, &f.err), -1, "with a live runner it is not deleted");
    q = (struct sync_request){.runner_id = r.id, .seq = ++r.seq, .leave = true};
    store_sync(f.store, &q, &reply, &f.err);
    sync_reply_fini(&reply);
    fixture_invariants(&f, "cancel");
    int64_t keep = fixture_workflow(&f, "a\nb: a\n");
    is_int(store_delete_workflow(other, w, &f.err), 0, "it is deleted");
    is_int(fixture_number(&f, "SELECT count(*) FROM job"), 2, "and nothing of another workflow");
    is_int(fixture_number(&f, "SELECT (SELECT count(*) FROM attempt) + (SELECT count(*) FROM "
                              "runner) + (SELECT count(*) FROM allocation)"),
           0, "nothing is left");
    struct test_runner r2 = fixture_enter(&f, other, keep, "x", 1);
    is_int(fixture_run(&f, &r2, NULL), 2, "the other one runs");
    fixture_invariants(&f, "delete");
    store_close(other);
    sync_reply_fini(&claims);
    arena_destroy(arena);
    fixture_close(&f);
}

static void test_read(void)
{
    struct fixture f;
    fixture_open(&f);
    fixture_workflow(&f, "other\n");
    int64_t w = fixture_workflow(&f, "a\nb: a\nx*: b\nc: x\nd\n");
    struct test_runner r = fixture_enter(&f, f.store, w, "i", 2);
    struct read_reply p;
    struct read_request q = {.what = READ_JOBS, .workflow_id = w, .job_glob = "[bc]"};
    is_int(store_read(f.store, &q, &p, &f.err), 0, "jobs by pattern");
    is_int(p.count, 2, "two");
    is_text(p.jobs[0].why, "a", "b waits for a");
    is_text(p.jobs[1].why, "b", "c waits for b, behind a barrier");
    is_text(p.jobs[1].needs[0], "x", "which is what it needs");
    read_reply_fini(&p);
    fixture_run(&f, &r, "a");
    is_int(store_read(f.store, &q, &p, &f.err), 0, "jobs again");
    ok(p.jobs[1].state == JOB_CANCELED, "c is canceled");
    is_text(p.jobs[1].why, "a", "because of a");
    read_reply_fini(&p);
    int64_t seen, pages;
    q = (struct read_request){.what = READ_JOBS, .workflow_id = w, .limit = 2};
    for (pages = seen = 0;; pages++) {
        store_read(f.store, &q, &p, &f.err);
        seen += p.count;
        q.after_id = p.last_id;
        bool more = p.more;
        read_reply_fini(&p);
        if (!more)
            break;
    }
    ok(seen == 4 && pages == 1, "four jobs on two pages; barriers are in no list");
    q = (struct read_request){
        .what = READ_ATTEMPTS, .workflow_id = w, .job_id = fixture_job(&f, w, "a")};
    store_read(f.store, &q, &p, &f.err);
    ok(p.count == 1 && p.attempts[0].end.state == JOB_FAILED && p.attempts[0].end.exit_code == 1 &&
           p.attempts[0].end.signal == UNKNOWN && p.attempts[0].end.reason == REASON_EXIT,
       "the attempt of a");
    read_reply_fini(&p);
    for (q = (struct read_request){.what = READ_WORKFLOWS, .workflow_id = w}; q.what < READS;
         q.what++) {
        ok(store_read(f.store, &q, &p, &f.err) == 0, "read %d %s", q.what, f.err.text);
        read_reply_fini(&p);
    }
    q = (struct read_request){.what = READ_WORKFLOWS};
    store_read(f.store, &q, &p, &f.err);
    ok(p.count == 2 && p.workflows[1].counts[JOB_CANCELED] == 2 &&
           p.workflows[1].counts[JOB_FAILED] == 1 && p.workflows[1].counts[JOB_COMPLETED] == 1 &&
           p.workflows[1].state == WORKFLOW_COMPLETE,
       "workflows with counts");
    read_reply_fini(&p);
    q = (struct read_request){.what = READ_CLASSES, .workflow_id = w};
    store_read(f.store, &q, &p, &f.err);
    ok(p.count == 1 && p.classes[0].jobs == 4 && p.classes[0].attempts == 2 &&
           p.classes[0].wall_sum_usec == 2 * second && p.classes[0].cpu_sum_usec == UNKNOWN,
       "a class with what it used");
    read_reply_fini(&p);
    q = (struct read_request){
        .what = READ_EVENTS, .workflow_id = w, .job_id = fixture_job(&f, w, "a")};
    store_read(f.store, &q, &p, &f.err);
    ok(p.count == 3 && !strcmp(p.events[0].kind, "job_claimed") &&
           !strcmp(p.events[1].kind, "job_started") && !strcmp(p.events[2].kind, "job_ended") &&
           strstr(p.events[2].data, "\"state\":\"failed\""),
       "events of a job");
    read_reply_fini(&p);
    q.workflow_id = 4711;
    is_int(store_read(f.store, &q, &p, &f.err), -1, "a workflow that is not there");
    ok(strstr(f.err.text, "there is no workflow 4711") != NULL, "is said to be so");
    fixture_close(&f);
}

int main(void)
{
    test_demand();
    test_refused();
    test_answers();
    test_over();
    test_vain();
    test_cancel();
    test_read();
    return done_testing();
}
