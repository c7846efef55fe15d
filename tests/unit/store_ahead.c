// SPDX-License-Identifier: GPL-2.0-or-later
// Looking ahead in the store: what is told of a chain, and jobs that a runner started on such a
// hint.
#include "tests/unit/store_fixture.h"

static struct attempt_end end_taken(const struct claimed_job *hint, enum job_state state)
{
    struct attempt_end end = fixture_end(hint, state);
    end.start.taken = true;
    return end;
}

static void test_chain(void)
{
    struct fixture f;
    fixture_open(&f);
    int64_t w = fixture_workflow(&f, "a\nb: a\nc: b\nd: c\ne: d a\n");
    struct test_runner r = fixture_enter(&f, f.store, w, "i1", 1);
    struct sync_reply claims, reply;
    fixture_sync(&f, &r, NULL, 0, 1, &claims);
    is_int(claims.hints_count, 3, "a is claimed, and b, c, d are told: e needs more than d");
    is_text(claims.hints[0].name, "b", "the first is b");
    is_int(claims.hints[0].after, claims.claimed[0].job_id, "after a");
    is_int(claims.hints[2].after, claims.hints[1].job_id, "d after c");
    is_text(fixture_state(&f, w, "b"), "blocked", "nothing is claimed by that");
    struct attempt_end ends[2] = {fixture_end(&claims.claimed[0], JOB_COMPLETED),
                                  end_taken(&claims.hints[0], JOB_COMPLETED)};
    struct attempt_start start = {
        .job_id = claims.hints[1].job_id, .start_usec = 7, .attempt_id = 1, .taken = true};
    struct sync_request q = {.runner_id = r.id,
                             .seq = ++r.seq,
                             .ends = ends,
                             .ends_count = 2,
                             .starts = &start,
                             .starts_count = 1,
                             .ahead = &claims.hints[2].job_id,
                             .ahead_count = 1,
                             .claim = {.prefetch = 1}};
    is_int(store_sync(f.store, &q, &reply, &f.err), 0,
           "ends of a and b and a start of c in one request");
    is_int(reply.refused_count, 0, "nothing is refused");
    is_int(reply.hints_count, 1, "of d, e is told now");
    is_text(fixture_state(&f, w, "b"), "completed", "b completed");
    is_text(fixture_state(&f, w, "c"), "running", "c runs");
    sync_reply_fini(&reply);
    r.seq--;
    q.seq = ++r.seq;
    is_int(store_sync(f.store, &q, &reply, &f.err), 0, "the same request again");
    sync_reply_fini(&reply);
    is_int(fixture_number(&f, "SELECT count(*) FROM attempt"), 3, "changes nothing");
    struct attempt_end last = end_taken(&claims.hints[1], JOB_COMPLETED);
    fixture_sync(&f, &r, &last, 1, 0, &reply);
    is_int(reply.refused_count, 0, "the end of c, its start told before");
    is_text(fixture_state(&f, w, "d"), "ready", "makes d ready");
    sync_reply_fini(&claims);
    sync_reply_fini(&reply);
    fixture_invariants(&f, "chain");
    fixture_close(&f);
}

static void test_refused(void)
{
    struct fixture f;
    fixture_open(&f);
    int64_t w = fixture_workflow(&f, "a\nb: a\nc: b\n");
    struct test_runner r = fixture_enter(&f, f.store, w, "i1", 1),
                       other = fixture_enter(&f, f.store, w, "i2", 1);
    struct sync_reply claims, reply;
    fixture_sync(&f, &r, NULL, 0, 1, &claims);
    struct attempt_end early = end_taken(&claims.hints[0], JOB_COMPLETED);
    fixture_sync(&f, &r, &early, 1, 0, &reply);
    is_int(reply.refused_count, 1, "b cannot end while a runs");
    sync_reply_fini(&reply);
    struct attempt_end bad[2] = {fixture_end(&claims.claimed[0], JOB_COMPLETED), early};
    fixture_sync(&f, &r, bad, 1, 0, &reply);
    sync_reply_fini(&reply);
    fixture_sync(&f, &other, NULL, 0, 1, &reply);
    is_int(reply.claimed_count, 1, "b, being ready, is claimed by another runner");
    sync_reply_fini(&reply);
    fixture_sync(&f, &r, &early, 1, 0, &reply);
    is_int(reply.refused_count, 1, "and is refused to the one that only had the hint");
    is_int(fixture_number(&f, "SELECT count(*) FROM attempt"), 1, "no attempt is recorded of it");
    sync_reply_fini(&claims);
    sync_reply_fini(&reply);
    fixture_invariants(&f, "refused");
    fixture_close(&f);
}

static void test_not_told(void)
{
    struct fixture f;
    fixture_open(&f);
    int64_t w = fixture_workflow(&f, "a\nb\nc: a\n");
    struct test_runner r = fixture_enter(&f, f.store, w, "i1", 1);
    struct sync_reply reply;
    fixture_sync(&f, &r, NULL, 0, 1, &reply);
    is_int(reply.claimed_count, 1, "of two ready jobs one is claimed");
    is_int(reply.hints_count, 0, "and nothing is told ahead while the other is ready");
    sync_reply_fini(&reply);
    fixture_close(&f);
    fixture_open(&f);
    w = fixture_workflow(&f, "a\nb: a\n");
    r = fixture_enter(&f, f.store, w, "i1", 1);
    fixture_sync(&f, &r, NULL, 0, 1, &reply);
    struct attempt_end ends[2] = {fixture_end(&reply.claimed[0], JOB_FAILED),
                                  end_taken(&reply.hints[0], JOB_COMPLETED)};
    struct sync_reply after;
    fixture_sync(&f, &r, ends, 2, 0, &after);
    is_int(after.refused_count, 1, "what follows a job that failed is refused");
    is_text(fixture_state(&f, w, "b"), "canceled", "it is canceled");
    sync_reply_fini(&after);
    sync_reply_fini(&reply);
    fixture_invariants(&f, "not told");
    fixture_close(&f);
}

int main(void)
{
    test_chain();
    test_refused();
    test_not_told();
    return done_testing();
}
