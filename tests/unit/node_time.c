// SPDX-License-Identifier: GPL-2.0-or-later
// Where the time of an allocation went: whatever its rows are, the parts sum up to what was held.
#include "lib/show/node_time.h"

#include "lib/base/mem.h"
#include "tests/tap.h"

#define S INT64_C(1000000)
#define START (1000000 * S) // of the allocation

// Times are seconds after START, parts CPU seconds.
struct row_runner {
    const char *node;                  // NULL: no more
    int cpus, started, heartbeat, end; // end 0: alive
    int used, running, lost, unfit, unknown;
    int first, last; // 0: none
};

static const struct {
    const char *what;
    int start, end, now; // start -1: it has not started; end 0: it runs
    int cpus, nodes;     // asked
    struct row_runner runners[4];
    int asked, held, parts[TIME_PARTS]; // used running lost waited unfit startup drain unknown
    const char *text;
} rows[] = {
    {"queued", -1, 0, 5, 4, 1, {{0}}, 400, -1, {0}, NULL},
    {"all in its place",
     0,
     100,
     500,
     4,
     1,
     {{"a", 4, 0, 100, 100, 200, 0, 40, 60, 0, 5, 90}},
     400,
     400,
     {200, 0, 40, 40, 60, 20, 40, 0},
     "50% used by jobs, 10% lost to attempts that failed, 10% idle (nothing to start), 15% idle "
     "(what "
     "was ready did not fit), 5% start-up, 10% drain"},
    {"more CPUs than were asked for: whole nodes",
     0,
     100,
     500,
     4,
     1,
     {{"a", 64, 0, 100, 100, 6000, 0, 0, 0, 0, 1, 100}},
     6400,
     6400,
     {6000, 0, 0, 336, 0, 64, 0, 0},
     NULL},
    {"no job ever came",
     0,
     60,
     500,
     2,
     1,
     {{"a", 2, 0, 60, 60, 0, 0, 0, 0, 0, 0, 0}},
     200,
     120,
     {0, 0, 0, 120, 0, 0, 0, 0},
     "100% idle (nothing to start)"},
    {"it runs: what its jobs have taken so far, and no drain",
     0,
     0,
     100,
     2,
     1,
     {{"a", 2, 0, 95, 0, 50, 80, 0, 0, 0, 10, 60}},
     200,
     200,
     {50, 80, 0, 50, 0, 20, 0, 0},
     NULL},
    {"it runs, and is not heard of since",
     0,
     0,
     400,
     2,
     1,
     {{"a", 2, 0, 100, 0, 0, 390, 0, 0, 0, 5, 0}},
     200,
     800,
     {0, 390, 0, 0, 0, 10, 0, 400},
     NULL},
    {"lost with a job of one of its two CPUs",
     0,
     200,
     500,
     2,
     1,
     {{"a", 2, 0, 100, 200, 20, 0, 190, 0, 100, 0, 200}},
     200,
     400,
     {20, 0, 190, 90, 0, 0, 0, 100},
     NULL},
    {"lost without a job: no drain of what nobody knows",
     0,
     200,
     500,
     2,
     1,
     {{"a", 2, 0, 100, 200, 20, 0, 0, 0, 200, 0, 90}},
     200,
     400,
     {20, 0, 0, 160, 0, 0, 20, 200},
     NULL},
    {"killed and started anew on its node: one node",
     0,
     100,
     500,
     4,
     1,
     {{"a", 4, 0, 40, 50, 100, 0, 20, 0, 20, 10, 50},
      {"a", 4, 50, 100, 100, 120, 0, 0, 0, 0, 60, 90}},
     400,
     400,
     {220, 0, 20, 60, 0, 40, 40, 20},
     NULL},
    {"two nodes, one runner has left",
     0,
     100,
     500,
     4,
     2,
     {{"a", 4, 0, 100, 100, 300, 0, 0, 0, 0, 5, 95}, {"b", 4, 2, 50, 50, 100, 0, 0, 0, 0, 10, 40}},
     800,
     800,
     {400, 0, 0, 320, 0, 40, 40, 0},
     NULL},
    {"two nodes, one never had a runner",
     0,
     100,
     500,
     4,
     2,
     {{"a", 4, 0, 100, 100, 400, 0, 0, 0, 0, 0, 100}},
     800,
     800,
     {400, 0, 0, 400, 0, 0, 0, 0},
     NULL},
    {"a job of both nodes counts at the first",
     0,
     100,
     500,
     4,
     2,
     {{"a", 4, 0, 100, 100, 640, 0, 0, 0, 0, 10, 90}, {"b", 4, 0, 100, 100, 0, 0, 0, 0, 0, 0, 0}},
     800,
     800,
     {640, 0, 0, 0, 0, 80, 80, 0},
     NULL},
    {"requeued: what its first start held, too",
     0,
     100,
     500,
     4,
     1,
     {{"a", 4, -500, -450, -400, 100, 0, 200, 0, 0, -490, -400},
      {"b", 4, 0, 100, 100, 300, 0, 0, 0, 0, 10, 90}},
     400,
     800,
     {400, 0, 200, 120, 0, 40, 40, 0},
     NULL},
    {"clocks that differ: no more than there is",
     0,
     100,
     500,
     1,
     1,
     {{"a", 1, 0, 100, 100, 101, 0, 7, 5, 3, -3, 108}},
     100,
     100,
     {100, 0, 0, 0, 0, 0, 0, 0},
     "100% used by jobs"},
    {"a little is no nothing",
     0,
     1000,
     5000,
     1,
     1,
     {{"a", 1, 0, 1000, 1000, 996, 0, 1, 0, 0, 1, 998}},
     100,
     1000,
     {996, 0, 1, 0, 0, 1, 2, 0},
     "100% used by jobs, <1% lost to attempts that failed, <1% start-up, <1% drain"},
    {"thirds",
     0,
     30,
     500,
     1,
     1,
     {{"a", 1, 0, 30, 30, 10, 0, 10, 0, 0, 0, 30}},
     100,
     30,
     {10, 0, 10, 10, 0, 0, 0, 0},
     "34% used by jobs, 33% lost to attempts that failed, 33% idle (nothing to start)"},
};

static int64_t at(int seconds)
{
    return seconds ? START + seconds * S : 0;
}

static struct node_time make(size_t i)
{
    struct allocation_info a = {.walltime_usec = 100 * S,
                                .start_usec = rows[i].start < 0 ? 0 : START,
                                .end_usec = at(rows[i].end),
                                .cpus = rows[i].cpus,
                                .nodes = rows[i].nodes};
    struct runner_info runners[4];
    size_t count = 0;
    for (; count < 4 && rows[i].runners[count].node; count++) {
        const struct row_runner *r = &rows[i].runners[count];
        runners[count] = (struct runner_info){.node = r->node,
                                              .cpus = r->cpus,
                                              .started_usec = START + r->started * S,
                                              .heartbeat_usec = at(r->heartbeat),
                                              .end_usec = at(r->end),
                                              .used_usec = r->used * S,
                                              .running_usec = r->running * S,
                                              .lost_usec = r->lost * S,
                                              .unfit_usec = r->unfit * S,
                                              .unknown_usec = r->unknown * S,
                                              .first_usec = at(r->first),
                                              .last_usec = at(r->last)};
    }
    return node_time_make(&a, runners, count, at(rows[i].now));
}

static void test_row(size_t i)
{
    struct node_time time = make(i);
    int64_t sum = 0;
    int percents[TIME_PARTS], all = 0;
    bool same = time.asked_usec == rows[i].asked * S;
    for (int p = 0; p < TIME_PARTS; p++) {
        sum += time.parts[p];
        same &= time.parts[p] == (rows[i].held < 0 ? UNKNOWN : rows[i].parts[p] * S);
    }
    if (!ok(same, "%s", rows[i].what))
        for (int p = 0; p < TIME_PARTS; p++)
            printf("# %s: %g\n", node_time_keys[p], (double)time.parts[p] / (double)S);
    if (rows[i].held < 0) {
        is_int(time.held_usec, UNKNOWN, "... nothing is known of it");
        return;
    }
    is_int(time.held_usec, rows[i].held * S, "... what it held");
    is_int(sum, time.held_usec, "... the parts sum up to it");
    node_time_percents(&time, percents);
    for (int p = 0; p < TIME_PARTS; p++)
        all += percents[p];
    is_int(all, 100, "... per cents, too");
    cleanup_free char *text = node_time_text(&time);
    if (rows[i].text)
        is_text(text, rows[i].text, "... in words");
}

// Numbers as only a damaged database has them.
static void test_large(void)
{
    struct allocation_info a = {.walltime_usec = INT64_MAX / 64,
                                .start_usec = 1,
                                .end_usec = INT64_MAX / 64,
                                .cpus = 1 << 30};
    struct runner_info runner = {.node = "a",
                                 .cpus = INT32_MAX,
                                 .started_usec = 1,
                                 .end_usec = INT64_MAX / 64,
                                 .used_usec = INT64_MAX / 64,
                                 .lost_usec = INT64_MAX / 64,
                                 .last_usec = 5};
    struct node_time time = node_time_make(&a, &runner, 1, INT64_MAX / 64), sum = {0};
    int64_t parts = 0;
    for (int i = 0; i < 3; i++)
        node_time_add(&sum, &time);
    for (int p = 0; p < TIME_PARTS; p++)
        parts += sum.parts[p];
    is_int(time.held_usec, INT64_MAX, "what is too large is as large as a number can be");
    is_int(parts, sum.held_usec, "and the sum of three is right still");
}

int main(void)
{
    struct node_time sum = {0};
    int64_t held = 0, parts = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct node_time time = make(i);
        test_row(i);
        node_time_add(&sum, &time);
        held += time.held_usec < 0 ? 0 : time.held_usec;
    }
    for (int p = 0; p < TIME_PARTS; p++)
        parts += sum.parts[p];
    is_int(sum.held_usec, held, "a workflow has what its allocations held");
    is_int(parts, held, "and so have its parts");
    struct node_time none = {0};
    is_text(node_time_text(&none), NULL, "nothing is said where nothing was held");
    test_large();
    return done_testing();
}
