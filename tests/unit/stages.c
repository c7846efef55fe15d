// SPDX-License-Identifier: GPL-2.0-or-later
// Stages and critical paths of workflows.
#include "lib/plan/stages.h"

#include "lib/base/mem.h"
#include "tests/tap.h"

enum { MOST = 10 };

// A letter a job, "*" a barrier; its runtime in seconds; needs "job>need".
static const struct {
    const char *name, *jobs;
    int32_t secs[MOST];
    const char *needs, *stages, *path;
    int path_secs;
} cases[] = {
    {"nothing", "", {0}, "", "", "", 0},
    {"one job", "a", {5}, "", "1", "a", 5},
    {"a diamond, whose lower half is longer",
     "abcd",
     {5, 5, 10, 5},
     "b>a c>a d>b d>c",
     "1223",
     "acd",
     20},
    {"a shortcut", "abc", {1, 1, 1}, "b>a c>b c>a", "123", "abc", 3},
    {"a barrier takes no stage of its own",
     "ab*cd",
     {2, 2, 0, 2, 2},
     "*>a *>b c>* d>*",
     "11122",
     "ac",
     4},
    {"a barrier of a barrier", "a**b", {1, 0, 0, 1}, "1>a 2>1 b>2", "1112", "ab", 2},
    {"two that have nothing to do with each other", "ab", {1, 7}, "", "11", "b", 7},
    {"against the order of the file", "cba", {1, 1, 1}, "c>b b>a", "321", "abc", 3},
};

static uint32_t find_job(const char *jobs, char letter)
{
    return letter >= '0' && letter <= '9' ? (uint32_t)(letter - '0')
                                          : (uint32_t)(strchr(jobs, letter) - jobs);
}

static void check(size_t i)
{
    struct job_row jobs[MOST] = {{0}};
    struct pair_row needs[MOST] = {{0}};
    struct class_row classes[MOST] = {{0}};
    struct workflow w = {
        .jobs = jobs, .needs = needs, .classes = classes, .jobs_count = strlen(cases[i].jobs)};
    struct stages stages;
    char levels[MOST + 1] = "", path[MOST + 1] = "";
    for (size_t j = 0; j < w.jobs_count; j++)
        jobs[j] = (struct job_row){.class_index = cases[i].jobs[j] == '*' ? -1 : (int32_t)j};
    for (size_t j = 0; j < w.jobs_count; j++)
        classes[j].runtime_usec = cases[i].secs[j] * INT64_C(1000000);
    for (const char *at = cases[i].needs; *at; at += at[3] ? 4 : 3)
        needs[w.needs_count++] = (struct pair_row){.job = find_job(cases[i].jobs, at[0]),
                                                   .other = find_job(cases[i].jobs, at[2])};
    stages_make(&stages, &w);
    for (size_t j = 0; j < w.jobs_count; j++)
        levels[j] = (char)('0' + stages.of_job[j]);
    for (size_t j = 0; j < stages.path_count; j++)
        path[j] = cases[i].jobs[stages.path[j]];
    is_text(levels, cases[i].stages, cases[i].name);
    is_text(path, cases[i].path, "its critical path");
    is_int(stages.path_usec / 1000000, cases[i].path_secs, "how long that is");
    stages_fini(&stages);
}

int main(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check(i);
    return done_testing();
}
