// SPDX-License-Identifier: GPL-2.0-or-later
// Selections by regex: who matches, and how many rows many that need many cost.
#include "lib/base/mem.h"
#include "lib/text/problem.h"
#include "lib/workflow/workflow.h"
#include "tests/tap.h"

static struct workflow workflow;
static struct problems problems;

static void load(const char *text)
{
    workflow_fini(&workflow);
    problems_fini(&problems);
    if (!ok(!workflow_load(text, strlen(text), "w.yaml", &workflow, &problems), "loads: %.100s",
            text))
        problems_print(&problems, stdout, "#", "w.yaml", 0);
}

// The names of what a job needs, with blanks between, in the order of the file. The caller's to
// free.
static char *needs_of(const char *job)
{
    char *text = xstrdup("");
    for (size_t n = 0; n < workflow.jobs_count; n++) {
        for (size_t i = 0; i < workflow.needs_count; i++) {
            if (workflow.needs[i].other != n ||
                strcmp(workflow.jobs[workflow.needs[i].job].name, job) != 0)
                continue;
            cleanup_free char *old = text;
            text = xasprintf("%s%s%s", old, *old ? " " : "", workflow.jobs[n].name);
        }
    }
    return text;
}

static void check_needs(const char *job, const char *wanted)
{
    cleanup_free char *got = needs_of(job);
    is_text(got, wanted, job);
}

static void test_matching(void)
{
    load("name: w\n"
         "files: [{name: 'f{i}', path: 'p{i}', parameters: {i: '1:12'}}]\n"
         "user_data: [{name: d1}, {name: d2}]\n"
         "jobs:\n"
         "- {name: 'a.{i}', command: x, output_files: ['f{i}'], parameters: {i: [1, 10]}}\n"
         "- {name: 'b{i}', command: x, depends_on_regexes: ['^a{i}$'], parameters: {i: ['.1', "
         "'.10']}}\n"
         "- {name: same, command: x, depends_on_regexes: ['^a', 'same'], output_user_data_regexes: "
         "['^d']}\n"
         "- {name: reads, command: x, input_file_regexes: ['f\\d{2}$'], input_files: [f1], "
         "input_user_data_regexes: ['2']}\n"
         "- {name: one, command: x, output_file_regexes: ['f12']}\n");
    check_needs("b.1", "a.1");
    check_needs("b.10", "a.10");
    check_needs("same", "a.1 a.10");
    check_needs("reads", "a.1 a.10 same one");
    ok(workflow.jobs_count == 7, "no barrier where it would save nothing");
}

static int rank_of(const char *name)
{
    for (size_t i = 0; i < workflow.jobs_count; i++)
        if (!strcmp(workflow.jobs[i].name, name))
            return workflow.jobs[i].rank;
    return -1;
}

static void test_stages(void)
{
    load("name: w\nparameters: {i: '1:1000', j: '1:1000'}\njobs:\n"
         "- {name: 'a_{i}', command: x, use_parameters: [i]}\n"
         "- {name: 'b_{i}', command: x, depends_on_regexes: ['^a_'], use_parameters: [i]}\n"
         "- {name: 'c_{i}', command: x, depends_on_regexes: ['^a_', '^b_'], "
         "cancel_on_blocking_job_failure: false, use_parameters: [i]}\n");
    is_int((int64_t)workflow.needs_count, 2000 + 2000 + 2000, "stages of 1000 cost 2000 rows each");
    is_int((int64_t)workflow.jobs_count, 3003,
           "with a barrier for each regex and each way to take a failure");
    is_text(workflow.jobs[3000].name, "*^a_", "named after the regex");
    is_text(workflow.jobs[3001].name, "*^a_'", "all different");
    ok(!workflow.jobs[3000].command && workflow.jobs[3000].class_index == -1 &&
           workflow.jobs[3000].unmet == 1000,
       "a barrier");
    ok(workflow.jobs[3000].flags == JOB_CANCEL_ON_BLOCKING_FAILURE && !workflow.jobs[3001].flags,
       "which hands failures on, or not");
    is_int(rank_of("a_7"), 3 * 3600, "ranks go through barriers");
}

static void test_files_and_lists(void)
{
    load("name: w\nparameters: {i: '1:100', j: '1:100'}\n"
         "files: [{name: 'f_{i}', path: 'p_{i}', use_parameters: [i]}]\njobs:\n"
         "- {name: 'a_{i}', command: x, output_files: ['f_{i}'], use_parameters: [i]}\n"
         "- {name: 'b_{i}', command: x, input_file_regexes: ['^f_'], depends_on: ['first_{i}'], "
         "use_parameters: [i]}\n"
         "- {name: 'first_{i}', command: x, use_parameters: [i]}\n"
         "- {name: 'c_{i}', command: x, depends_on: ['b_{j}'], use_parameters: [i, j]}\n"
         "- {name: 'd_{i}', command: x, input_files: ['f_{j}'], use_parameters: [i, j]}\n");
    is_int((int64_t)workflow.needs_count, 200 + 100 + 200 + 200,
           "files and lists have barriers too, beside needs of one's own");
    is_int((int64_t)workflow.jobs_count, 503, "one for each list");
    is_int((int64_t)workflow.job_files_count, 100 + 10000 + 10000, "every file of a job is known");
}

int main(void)
{
    test_matching();
    test_stages();
    test_files_and_lists();
    workflow_fini(&workflow);
    problems_fini(&problems);
    return done_testing();
}
