// SPDX-License-Identifier: GPL-2.0-or-later
// All stages of a workflow planned at once: how many jobs of which class each of them has.
#include "lib/plan/upfront.h"

#include "lib/base/mem.h"
#include "tests/tap.h"

enum { MOST = 10, CHAIN = UPFRONT_STAGES_MOST + 20 };

// A letter a job, which is its class, "*" a barrier; needs "job>need", places in the list.
static const struct {
    const char *name, *jobs, *needs, *plan; // stage, class, jobs
    const char *ended;                      // classes that the demand does not have
} cases[] = {
    {"nothing", "", "", "", ""},
    {"two classes in one stage", "aba", "", "1a, b3", ""},
    {"a diamond of three classes", "abbc", "1>0 2>0 3>1 3>2", "1a1 2b2 3c1", ""},
    {"a chain of two classes in turn", "abab", "1>0 2>1 3>2", "1a1 2b1 3a1 4b1", ""},
    {"a barrier is no stage", "aa*b", "2>0 2>1 3>2", "1a2 2b1", ""},
    {"one whose jobs have all ended", "ab", "1>0", "2b1", "a"},
};

static char *text_of(const struct plan *plan)
{
    char *text = xstrdup("");
    for (size_t i = 0; i < plan->groups_count; i++) {
        const struct plan_group *g = &plan->groups[i];
        cleanup_free char *before = text;
        text = xasprintf("%s%s%d%s%lld%s", before, i ? " " : "", (int)g->stage, g->class_name,
                         (long long)g->jobs, g->now ? "" : "!");
    }
    return text;
}

static struct cluster cluster_of(struct cluster_node *node, struct cluster_partition *partition)
{
    static const uint32_t nodes[] = {0};
    *node = (struct cluster_node){
        .name = "n", .hostname = "n", .up = true, .cpus = 8, .memory_bytes = 1LL << 34};
    *partition = (struct cluster_partition){.name = "main",
                                            .is_default = true,
                                            .submits = true,
                                            .starts = true,
                                            .nodes = nodes,
                                            .nodes_count = 1};
    return (struct cluster){.nodes = node,
                            .nodes_count = 1,
                            .partitions = partition,
                            .partitions_count = 1,
                            .max_array_size = 1001};
}

static void make(struct plan *plan, const struct workflow *w, const char *ended, uint32_t *stages)
{
    struct cluster_node node;
    struct cluster_partition partition;
    struct cluster cluster = cluster_of(&node, &partition);
    struct settings settings = {.max_allocations = 16};
    struct plan_class classes[MOST];
    size_t count = 0;
    for (size_t c = 0; c < w->classes_count; c++) // soon and later are in their stages
        if (!strstr(ended, w->classes[c].name))
            classes[count++] = (struct plan_class){
                .row = &w->classes[c], .class_id = (int64_t)c, .ready = 1, .soon = 7, .later = 9};
    struct plan_request request = {
        .classes = classes, .classes_count = count, .cluster = &cluster, .settings = &settings};
    plan_upfront(plan, &request, w, stages);
}

static struct class_row class_rows[3] = {
    {.name = "a", .cpus = 1, .nodes = 1, .runtime_usec = 60000000},
    {.name = "b", .cpus = 1, .nodes = 1, .runtime_usec = 60000000},
    {.name = "c", .cpus = 1, .nodes = 1, .runtime_usec = 60000000}};

static void check(size_t i)
{
    struct job_row jobs[MOST] = {{0}};
    struct pair_row needs[MOST] = {{0}};
    struct workflow w = {.jobs = jobs,
                         .needs = needs,
                         .classes = class_rows,
                         .classes_count = 3,
                         .jobs_count = strlen(cases[i].jobs)};
    struct plan plan;
    uint32_t stages;
    for (size_t j = 0; j < w.jobs_count; j++)
        jobs[j] =
            (struct job_row){.class_index = cases[i].jobs[j] == '*' ? -1 : cases[i].jobs[j] - 'a',
                             .command = cases[i].jobs[j] == '*' ? NULL : "true"};
    for (const char *at = cases[i].needs; *at; at += at[3] ? 4 : 3)
        needs[w.needs_count++] =
            (struct pair_row){.job = (uint32_t)(at[0] - '0'), .other = (uint32_t)(at[2] - '0')};
    make(&plan, &w, cases[i].ended, &stages);
    cleanup_free char *text = text_of(&plan);
    is_text(text, cases[i].plan, cases[i].name);
    plan_fini(&plan);
}

static void test_long_chain(void)
{
    struct job_row jobs[CHAIN] = {{0}};
    struct pair_row needs[CHAIN] = {{0}};
    struct workflow w = {.jobs = jobs,
                         .needs = needs,
                         .classes = class_rows,
                         .classes_count = 1,
                         .jobs_count = CHAIN,
                         .needs_count = CHAIN - 1};
    struct plan plan;
    uint32_t stages;
    for (uint32_t j = 0; j < CHAIN; j++)
        jobs[j] = (struct job_row){.command = "true"};
    for (uint32_t j = 1; j < CHAIN; j++)
        needs[j - 1] = (struct pair_row){.job = j, .other = j - 1};
    make(&plan, &w, "", &stages);
    is_int(plan.groups_count, UPFRONT_STAGES_MOST, "of a long chain only the first are planned");
    is_int(stages, CHAIN, "and how long it is is told");
    plan_fini(&plan);
}

int main(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check(i);
    test_long_chain();
    return done_testing();
}
