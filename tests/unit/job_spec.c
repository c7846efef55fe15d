// SPDX-License-Identifier: GPL-2.0-or-later
// The seldom fields of a job: what the workflow file gives is what the runner reads.
#include "lib/workflow/job_spec.h"

#include "lib/text/problem.h"
#include "lib/workflow/workflow.h"
#include "tests/tap.h"

static const struct {
    const char *json, *error;
} wrong[] = {
    {"[]", "the stored fields of a job are no JSON object: []"},
    {"{\"env\": [1]}", "the stored \"env\" of a job is no object of texts"},
    {"{\"env\": {\"A\": 1}}", "the stored \"env\" of a job is no object of texts"},
    {"{\"stdio\": {\"mode\": \"loud\"}}", "the stored \"stdio\" of a job has an unknown mode"},
};

static void test_from_file(void)
{
    static const char text[] =
        "{\"name\": \"w\", \"env\": {\"A\": \"1\"}, \"jobs\": [{\"name\": \"a\", \"command\": "
        "\"x\", \"env\": {\"B\": \"=2\"},"
        " \"workdir\": \"sub\", \"termination_signal\": \"usr1\", \"max_continuations\": 0,"
        " \"stdio\": {\"mode\": \"combined\", \"delete_on_success\": true}}]}";
    struct workflow workflow;
    struct problems problems = {0};
    struct job_spec spec;
    is_int(workflow_load(text, strlen(text), "w.json", &workflow, &problems), 0,
           "the file is read");
    is_int(job_spec_parse(workflow.jobs[0].spec, &spec, NULL), 0, "and what it gave is read");
    is_text(spec.env[0], "A=1", "the workflow's env");
    is_text(spec.env[1],
            "B=\x3d"
            "2",
            "the job's env");
    ok(!spec.env[2], "and no more");
    is_text(spec.workdir, "sub", "workdir");
    is_int(spec.termination_signal, 10, "signal");
    is_int(spec.max_continuations, 0, "max_continuations");
    ok(spec.stdio_set && spec.stdio == STDIO_COMBINED && spec.delete_on_success, "stdio");
    job_spec_fini(&spec);
    workflow_fini(&workflow);
    problems_fini(&problems);
}

int main(void)
{
    struct job_spec spec;
    test_from_file();
    is_int(job_spec_parse(NULL, &spec, NULL), 0, "nothing is set");
    ok(!spec.env && !spec.workdir && !spec.termination_signal && !spec.stdio_set &&
           spec.max_continuations == 10,
       "but defaults");
    job_spec_fini(&spec);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct error err = {0};
        job_spec_parse(wrong[i].json, &spec, &err);
        is_text(err.text, wrong[i].error, wrong[i].json);
        job_spec_fini(&spec);
    }
    return done_testing();
}
