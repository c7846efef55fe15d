// SPDX-License-Identifier: GPL-2.0-or-later
// About how long it will take still, what is said of it, and when a line of progress is due.
#include "lib/show/estimate.h"

#include "lib/base/clock.h"
#include "lib/show/progress_line.h"
#include "tests/unit/store_fixture.h"

#define S INT64_C(1000000)
#define MIN (60 * S)

static const struct {
    const char *what;
    struct pace_info pace; // jobs left, work left, jobs ended, work done, time of runners
    int runners;
    const char *text; // NULL: nothing is known
} rows[] = {
    {"nothing has ended", {8, 80 * MIN, 0, 8 * MIN, MIN}, 1, NULL},
    {"no runner is alive", {8, 80 * MIN, 8, 80 * MIN, 10 * MIN}, 0, NULL},
    {"nothing is left", {0, 0, 8, 80 * MIN, 10 * MIN}, 1, NULL},
    {"what runs takes longer than any before", {1, 0, 8, 80 * MIN, 10 * MIN}, 1, NULL},
    {"no time has passed", {8, 80 * MIN, 1, 0, 0}, 1, NULL},
    {"numbers of a damaged database", {1, INT64_MAX / 64, 1, 1, INT64_MAX / 64}, 1, NULL},
    {"one runner of 8 slots",
     {96, 96 * MIN, 40, 40 * MIN, 5 * MIN},
     1,
     "about 12 min left (from 40 jobs that ended, 8 at a time)"},
    {"of three runners that lived two are alive",
     {96, 96 * MIN, 40, 40 * MIN, 15 * MIN},
     2,
     "about 18 min left (from 40 jobs that ended, 5 at a time)"},
    {"fewer jobs than slots",
     {3, 30 * MIN, 40, 400 * MIN, 50 * MIN},
     1,
     "about 10 min left (from 40 jobs that ended, 3 at a time)"},
    {"short jobs, which mostly wait for their turn",
     {600, 6 * S, 1, S / 100, S / 10},
     1,
     "about 1 min left (from 1 job that ended, 1 at a time)"},
    {"the last seconds",
     {2, 59 * S, 2, 59 * S, 59 * S},
     1,
     "less than a minute left (from 2 jobs that ended, 1 at a time)"},
    {"minutes up to two hours",
     {1, 119 * MIN, 1, MIN, MIN},
     1,
     "about 119 min left (from 1 job that ended, 1 at a time)"},
    {"hours",
     {1, 150 * MIN, 1, MIN, MIN},
     1,
     "about 3 h left (from 1 job that ended, 1 at a time)"},
    {"days",
     {1, 60 * 60 * MIN, 1, MIN, MIN},
     1,
     "about 3 days left (from 1 job that ended, 1 at a time)"},
};

static const struct {
    const char *what;
    bool terminal, changed;
    int64_t since_msec;
    bool due;
} dues[] = {
    {"a log: the first one at once", false, true, -1, true},
    {"... none before a minute, whatever changes", false, true, 59999, false},
    {"... one a minute", false, true, 60000, true},
    {"... though nothing changes", false, false, 60000, true},
    {"a terminal: the first one at once", true, true, -1, true},
    {"... what changes is seen", true, true, 200, true},
    {"... but no faster than anybody reads", true, true, 199, false},
    {"... what does not change stays", true, false, 9999, false},
    {"... but for the estimate", true, false, 10000, true},
};

static char *written(bool terminal, const struct estimate *estimate)
{
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    progress_line_write(out, terminal, 1790000000 * S, "3 of 4", estimate);
    fclose(out);
    return text;
}

static void test_lines(void)
{
    setenv("TZ", "UTC", 1);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct estimate estimate = estimate_make(&rows[i].pace, rows[i].runners);
        cleanup_free char *got = written(false, &estimate);
        cleanup_free char *want = xasprintf("14:13:20 3 of 4%s%s\n", rows[i].text ? "; " : "",
                                            rows[i].text ? rows[i].text : "");
        is_text(got, want, rows[i].what);
    }
    struct estimate none = {0};
    cleanup_free char *line = written(true, &none);
    is_text(line, "\r\033[K\033[?7l3 of 4\033[?7h", "a terminal's line has no time");
    for (size_t i = 0; i < sizeof dues / sizeof *dues; i++)
        ok(progress_line_due(dues[i].terminal, dues[i].changed, dues[i].since_msec) == dues[i].due,
           "%s", dues[i].what);
}

static struct pace_info pace_of(struct fixture *f, int64_t workflow)
{
    struct read_request request = {.what = READ_PACE, .workflow_id = workflow};
    struct read_reply reply;
    struct pace_info pace = {0};
    if (!store_read(f->store, &request, &reply, &f->err)) {
        pace = *reply.pace;
        read_reply_fini(&reply);
    }
    return pace;
}

static void test_store(void)
{
    struct fixture f;
    struct sync_reply first, reply;
    struct estimate estimate;
    fixture_open(&f);
    int64_t w = fixture_workflow(&f, "a\nb\nc\nd: a\ne: d\n"), start = clock_real_usec();
    struct pace_info pace = pace_of(&f, w);
    ok(pace.jobs_left == 5 && pace.left_usec == 5 * 60 * MIN && !pace.jobs_ended,
       "at first all is left, by the runtime that was declared");
    struct test_runner r = fixture_enter(&f, f.store, w, "i", 3);
    fixture_sync(&f, &r, NULL, 0, 3, &first);
    ok(!estimate_read(f.store, w, &estimate, &f.err) && !estimate.known, "nothing is known yet");
    struct attempt_end ends[] = {fixture_end(&first.claimed[0], JOB_COMPLETED),
                                 fixture_end(&first.claimed[1], JOB_FAILED)};
    ends[1].wall_usec = 3 * S;
    fixture_sync(&f, &r, ends, 2, 0, &reply);
    sync_reply_fini(&reply);
    pace = pace_of(&f, w);
    is_int(pace.jobs_left, 3, "two jobs have ended");
    is_int(pace.left_usec, 3 * 2 * S, "the others take as long as these, in the mean");
    is_int(pace.worked_usec, 4 * S, "which is known of them");
    ok(pace.runners_usec > 0 && pace.runners_usec <= clock_real_usec() - start,
       "the runner lives since a moment");
    ok(!estimate_read(f.store, w, &estimate, &f.err) && estimate.known && estimate.jobs_ended == 2,
       "so there is an estimate");
    struct attempt_start begun = {
        .job_id = first.claimed[2].job_id, .attempt_id = 1, .start_usec = clock_real_usec() - S};
    struct sync_request q = {
        .runner_id = r.id, .seq = ++r.seq, .starts = &begun, .starts_count = 1};
    ok(!store_sync(f.store, &q, &reply, &f.err), "one starts");
    sync_reply_fini(&reply);
    pace = pace_of(&f, w);
    ok(pace.left_usec > 3 * S && pace.left_usec <= 5 * S && pace.worked_usec >= 5 * S,
       "what it has done is not left");
    begun.start_usec -= 60 * S;
    fixture_number(&f,
                   "UPDATE attempt SET start_usec = start_usec - 60000000 WHERE end_usec IS NULL");
    is_int(pace_of(&f, w).left_usec, 2 * 2 * S,
           "one that takes longer than the mean leaves the others'");
    fixture_number(&f, "UPDATE runner SET heartbeat_usec = heartbeat_usec - 101000000");
    ok(!estimate_read(f.store, w, &estimate, &f.err) && !estimate.known,
       "of a runner that is not heard of nothing is expected");
    sync_reply_fini(&first);
    fixture_invariants(&f, "estimates");
    fixture_close(&f);
}

int main(void)
{
    test_lines();
    test_store();
    return done_testing();
}
