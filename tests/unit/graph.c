// SPDX-License-Identifier: GPL-2.0-or-later
// Ranks and cycles: small graphs written out, a long chain, and saturation.
#include "lib/workflow/graph.h"

#include "lib/base/mem.h"
#include "tests/tap.h"

static char cycles[1000];

static void note_cycle(void *context, const uint32_t *jobs, size_t count)
{
    (void)context;
    for (size_t i = 0; i < count; i++)
        snprintf(cycles + strlen(cycles), sizeof cycles - strlen(cycles), "%u%s", jobs[i],
                 i + 1 < count ? " " : ";");
}

static const struct {
    const char *needs; // of job 0, 1, …, separated by ';'
    const char *cycles, *ranks;
} rows[] = {
    {"", "", "1"},               // one job
    {";0;0;1 2", "", "3 2 2 1"}, // a diamond
    {";;", "", "1 1 1"},         // nothing needs anything
    {"1 2;2;", "", "1 2 3"},     // a triangle: the longer way counts
    {"0", "0;", NULL},           // itself
    {"1;0", "0 1;", NULL},
    {"1;2;0", "0 1 2;", NULL},
    {"2;0;1", "0 2 1;", NULL},
    {"1;0;3;2", "0 1;2 3;", NULL},   // two
    {";0 2;1;2;3", "1 2;", NULL},    // with jobs before and after it
    {"1;0;0 3;2", "0 1;2 3;", NULL}, // one that needs another
    {"1;0 2;3;2", "2 3;0 1;", NULL},
};

static void run(const char *text, const char *wanted_cycles, const char *wanted_ranks)
{
    size_t first[16] = {0}, jobs = 0, count = 0;
    uint32_t needs[32];
    int32_t secs[16], rank[16];
    for (const char *p = text;; p++) {
        if (*p >= '0' && *p <= '9')
            needs[count++] = (uint32_t)(*p - '0');
        if (*p == ';' || !*p) {
            secs[jobs] = 1;
            first[++jobs] = count;
        }
        if (!*p)
            break;
    }
    struct graph graph = {.jobs_count = jobs, .first = first, .needs = needs};
    char ranks[100] = "";
    *cycles = '\0';
    size_t found = graph_rank(&graph, secs, rank, note_cycle, NULL);
    is_text(cycles, wanted_cycles, text);
    for (size_t j = 0; j < jobs; j++)
        snprintf(ranks + strlen(ranks), sizeof ranks - strlen(ranks), "%d%s", rank[j],
                 j + 1 < jobs ? " " : "");
    if (wanted_ranks)
        is_text(ranks, wanted_ranks, "ranks");
    else
        ok(found > 0, "found");
}

static void test_chain(void)
{
    enum { LONG = 1000000 };
    size_t *first = xcalloc(LONG + 1, sizeof *first);
    uint32_t *needs = xcalloc(LONG, sizeof *needs);
    int32_t *secs = xcalloc(LONG, sizeof *secs), *rank = xcalloc(LONG, sizeof *rank);
    for (size_t j = 0; j < LONG; j++) {
        first[j + 1] = j + 1;
        needs[j] = (uint32_t)((j + 1) % LONG);
        secs[j] = 3600;
    }
    struct graph graph = {.jobs_count = LONG, .first = first, .needs = needs};
    is_int((int64_t)graph_rank(&graph, secs, rank, NULL, NULL), 1, "a circle of a million jobs");
    first[LONG] = LONG - 1;
    is_int((int64_t)graph_rank(&graph, secs, rank, NULL, NULL), 0,
           "cut open, a chain of a million");
    is_int(rank[0], 3600, "its end");
    is_int(rank[LONG - 1], INT32_MAX, "its beginning: as much as fits");
    free(first);
    free(needs);
    free(secs);
    free(rank);
}

int main(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        run(rows[i].needs, rows[i].cycles, rows[i].ranks);
    test_chain();
    return done_testing();
}
