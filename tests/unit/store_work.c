// SPDX-License-Identifier: GPL-2.0-or-later
// What a runner's time went into, kept with the attempts: that it is what the rows of attempts make
// is an invariant that all tests of the store look at; here is what the rows do not tell.
#include "lib/base/clock.h"
#include "lib/workflow/workflow.h"
#include "tests/unit/store_fixture.h"

enum { SEC = 1000000 };

static int64_t of_runner(struct fixture *f, const struct test_runner *r, const char *column)
{
    cleanup_free char *sql =
        xasprintf("SELECT %s FROM runner WHERE id = %lld", column, (long long)r->id);
    return fixture_number(f, sql);
}

static void set_class(struct fixture *f, int cpus, int nodes)
{
    cleanup_free char *sql =
        xasprintf("UPDATE resource_class SET cpus = %d, nodes = %d", cpus, nodes);
    fixture_number(f, sql);
}

static struct sync_reply sync_once(struct fixture *f, struct test_runner *r,
                                   const struct attempt_end *ends, uint32_t count, int free_cpus)
{
    struct sync_reply reply = {0};
    fixture_sync(f, r, ends, count, free_cpus, &reply);
    return reply;
}

static void test_ends(void)
{
    struct fixture f;
    fixture_open(&f);
    int64_t w = fixture_workflow(&f, "a\nb\nc\nd\ne\nf\n");
    set_class(&f, 2, 1);
    fixture_number(&f, "UPDATE job SET flags = flags | 2 WHERE name IN ('d', 'e')");
    struct test_runner r = fixture_enter(&f, f.store, w, "i", 12);
    struct sync_reply reply, first = sync_once(&f, &r, NULL, 0, 12);
    is_int(of_runner(&f, &r, "first_usec IS NULL AND last_usec IS NULL AND used_usec = 0"), 1,
           "nothing at first");
    struct attempt_end ends[6];
    for (uint32_t i = 0; i < 6 && i < first.claimed_count; i++)
        ends[i] = fixture_end(&first.claimed[i], i < 1   ? JOB_COMPLETED
                                                 : i < 3 ? JOB_FAILED
                                                         : JOB_READY);
    ends[0].wall_usec = 10 * SEC;                                     // completed
    ends[1].wall_usec = 20 * SEC;                                     // failed
    ends[2].wall_usec = UNKNOWN;                                      // from its start to its end
    ends[3].reason = REASON_TERMINATED, ends[3].wall_usec = 40 * SEC; // goes on
    ends[4].reason = REASON_EXIT, ends[4].retry = true, ends[4].wall_usec = 80 * SEC; // once more
    ends[5].reason = REASON_TERMINATED, ends[5].wall_usec = 160 * SEC; // from its beginning
    ends[0].start.start_usec = 5 * SEC, ends[1].end_usec = 9 * SEC;
    reply = sync_once(&f, &r, ends, 6, 0);
    sync_reply_fini(&reply);
    is_int(of_runner(&f, &r, "used_usec"), 2 * (10 + 40) * SEC,
           "used: what completed, and what goes on from a checkpoint");
    is_int(of_runner(&f, &r, "lost_usec"), 2 * (20 + 1 + 80 + 160) * SEC, "lost: all else");
    is_int(of_runner(&f, &r, "first_usec"), SEC, "from the first start");
    is_int(of_runner(&f, &r, "last_usec"), 9 * SEC, "to the last end");
    sync_reply_fini(&first);
    fixture_invariants(&f, "ends");
    fixture_close(&f);
}

static void test_larger_than_the_node(void)
{
    struct fixture f;
    fixture_open(&f);
    int64_t w = fixture_workflow(&f, "a\n");
    fixture_number(&f, "UPDATE resource_class SET cpus = 64, enforced = 0");
    struct test_runner r = fixture_enter(&f, f.store, w, "i", 3);
    struct sync_reply reply, first = sync_once(&f, &r, NULL, 0, 3);
    struct attempt_end end = fixture_end(&first.claimed[0], JOB_COMPLETED);
    reply = sync_once(&f, &r, &end, 1, 0);
    is_int(of_runner(&f, &r, "used_usec"), 3 * SEC, "one that named no class holds what there is");
    sync_reply_fini(&reply);
    sync_reply_fini(&first);
    fixture_close(&f);
}

static void test_unfit(void)
{
    struct fixture f;
    fixture_open(&f);
    int64_t w = fixture_workflow(&f, "a\nb\nc: a b\n");
    set_class(&f, 2, 1);
    struct test_runner r = fixture_enter(&f, f.store, w, "i", 3);
    struct sync_reply reply, first = sync_once(&f, &r, NULL, 0, 3);
    is_int(first.claimed_count, 1, "one of two ready jobs fits");
    is_int(of_runner(&f, &r, "unfit_cpus"), 1, "the CPU that is left is too little for the other");
    fixture_number(&f, "UPDATE runner SET heartbeat_usec = heartbeat_usec - 7000000");
    int64_t before = of_runner(&f, &r, "heartbeat_usec");
    struct attempt_end end = fixture_end(&first.claimed[0], JOB_COMPLETED);
    reply = sync_once(&f, &r, &end, 1, 3);
    is_int(of_runner(&f, &r, "unfit_usec"), of_runner(&f, &r, "heartbeat_usec") - before,
           "from one heartbeat to the next");
    is_int(reply.claimed_count, 1, "then the other one starts");
    is_int(of_runner(&f, &r, "unfit_cpus"), 0, "and nothing is ready: the CPU is idle, no more");
    end = fixture_end(&reply.claimed[0], JOB_FAILED);
    sync_reply_fini(&reply);
    reply = sync_once(&f, &r, &end, 1, 3);
    sync_reply_fini(&reply);
    sync_reply_fini(&first);
    fixture_invariants(&f, "what did not fit");
    fixture_close(&f);
}

static void test_at_hand(void)
{
    struct fixture f;
    fixture_open(&f);
    int64_t w = fixture_workflow(&f, "a\nb\n");
    set_class(&f, 2, 1);
    struct test_runner r = fixture_enter(&f, f.store, w, "i", 3);
    struct sync_reply reply;
    struct sync_request q = {.runner_id = r.id, .seq = ++r.seq};
    q.claim =
        (struct claim_request){.max_jobs = 3, .cpus = 3, .memory_bytes = 1 << 30, .prefetch = 1};
    ok(!store_sync(f.store, &q, &reply, &f.err) && reply.claimed_count == 2,
       "one job, and one to have at hand");
    is_int(of_runner(&f, &r, "unfit_cpus"), 1, "which does not fit beside the other");
    sync_reply_fini(&reply);
    q.seq++;
    q.claim =
        (struct claim_request){.max_jobs = 1, .cpus = 1, .memory_bytes = 1 << 30, .at_hand = 1};
    ok(!store_sync(f.store, &q, &reply, &f.err), "it waits there");
    is_int(of_runner(&f, &r, "unfit_cpus"), 1, "and still does not");
    sync_reply_fini(&reply);
    q.seq++;
    q.claim.at_hand = 0;
    ok(!store_sync(f.store, &q, &reply, &f.err), "it started");
    is_int(of_runner(&f, &r, "unfit_cpus"), 0, "nothing is left that could");
    sync_reply_fini(&reply);
    fixture_close(&f);
}

static void test_lost(void)
{
    struct fixture f;
    fixture_open(&f);
    int64_t w = fixture_workflow(&f, "a\nb\n");
    struct test_runner r = fixture_enter(&f, f.store, w, "i", 4);
    struct sync_reply reply, first = sync_once(&f, &r, NULL, 0, 4);
    struct attempt_start start = {.job_id = first.claimed[0].job_id,
                                  .run_id = 1,
                                  .attempt_id = 1,
                                  .start_usec = clock_real_usec() - 50 * SEC};
    struct sync_request q = {
        .runner_id = r.id, .seq = ++r.seq, .starts = &start, .starts_count = 1};
    ok(!store_sync(f.store, &q, &reply, &f.err), "one starts");
    sync_reply_fini(&reply);
    fixture_number(&f, "UPDATE runner SET heartbeat_usec = heartbeat_usec - 20000000");
    bool declared = false;
    ok(!store_runner_lost(f.store, w, r.id, 0, &declared, &f.err) && declared, "the runner died");
    is_int(of_runner(&f, &r, "lost_usec = end_usec - first_usec"), 1,
           "its attempt is lost, until that was noticed");
    is_int(of_runner(&f, &r, "last_usec = end_usec"), 1, "it ends then");
    is_int(of_runner(&f, &r, "unknown_usec = 3 * (end_usec - heartbeat_usec)"), 1,
           "what the other three CPUs did since the last heartbeat is not known");
    is_int(of_runner(&f, &r, "unknown_usec >= 60000000"), 1, "... which is long ago");
    sync_reply_fini(&first);
    fixture_invariants(&f, "a lost runner");
    fixture_close(&f);
}

int main(void)
{
    test_ends();
    test_larger_than_the_node();
    test_unfit();
    test_at_hand();
    test_lost();
    return done_testing();
}
