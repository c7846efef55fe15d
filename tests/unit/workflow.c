// SPDX-License-Identifier: GPL-2.0-or-later
// A valid file becomes the workflow that it describes: classes, needs, ranks, commands, seldom
// fields.
#include "lib/workflow/workflow.h"

#include "lib/base/mem.h"
#include "lib/text/problem.h"
#include "tests/tap.h"

static struct workflow workflow;
static struct problems problems;

static void load(const char *text)
{
    workflow_fini(&workflow);
    problems_fini(&problems);
    int result = workflow_load(text, strlen(text), "test.json", &workflow, &problems);
    if (!ok(result == 0, "loads: %.60s", text))
        problems_print(&problems, stdout, "#", "test.json", 0);
}

static bool needs(const char *job, const char *need)
{
    for (size_t i = 0; i < workflow.needs_count; i++)
        if (!strcmp(workflow.jobs[workflow.needs[i].job].name, job) &&
            !strcmp(workflow.jobs[workflow.needs[i].other].name, need))
            return true;
    return false;
}

static void test_diamond(void)
{
    load("{\"name\": \"diamond\", \"resource_requirements\": ["
         "  {\"name\": \"small\", \"num_cpus\": 1, \"memory\": \"1g\", \"runtime\": \"PT1M\"},"
         "  {\"name\": \"large\", \"num_cpus\": 4, \"memory\": \"8g\", \"num_gpus\": 0.5}],"
         " \"files\": [{\"name\": \"in\", \"path\": \"in.json\"}, {\"name\": \"f1\", \"path\": \"f "
         "1\"},"
         "  {\"name\": \"f2\", \"path\": \"f2\"}, {\"name\": \"f3\", \"path\": \"f3\"}, {\"name\": "
         "\"f4\", \"path\": \"f4\"}],"
         " \"jobs\": ["
         "  {\"name\": \"post\", \"command\": \"cat ${files.input.f3} ${files.input.f4}\", "
         "\"resource_requirements\": \"large\"},"
         "  {\"name\": \"work1\", \"command\": \"w ${files.input.f1} > ${files.output.f3}\", "
         "\"resource_requirements\": \"small\"},"
         "  {\"name\": \"work2\", \"command\": \"w \\\"${files.input.f2}\\\"\", \"output_files\": "
         "[\"f4\"],"
         "   \"resource_requirements\": \"small\"},"
         "  {\"name\": \"pre\", \"command\": \"p\", \"input_files\": [\"in\"], \"output_files\": "
         "[\"f1\", \"f2\"],"
         "   \"depends_on\": [], \"resource_requirements\": \"small\"}]}");
    is_int((int64_t)workflow.jobs_count, 4, "four jobs");
    is_int((int64_t)workflow.needs_count, 4, "four needs");
    ok(needs("post", "work1") && needs("post", "work2") && needs("work1", "pre") &&
           needs("work2", "pre"),
       "the diamond's needs");
    is_text(workflow.jobs[1].command, "w 'f 1' > f3",
            "paths are put into the command, quoted where they must be");
    is_int(workflow.jobs[0].rank, 3600, "rank of the last: its own runtime");
    is_int(workflow.jobs[1].rank, 3660, "rank of the middle");
    is_int(workflow.jobs[3].rank, 3720, "rank of the first: the longest path");
    is_int(workflow.jobs[0].unmet, 2, "post has two needs");
    is_int((int64_t)workflow.classes_count, 2, "two classes");
    is_int(workflow.classes[0].gpus_milli, 500, "half a GPU");
    ok(!workflow.files[0].produced && workflow.files[4].produced,
       "in comes from outside, f4 from a job");
}

static void test_classes(void)
{
    load("{\"name\": \"w\", \"jobs\": [{\"name\": \"a\", \"command\": \"x\"},"
         " {\"name\": \"b\", \"command\": \"x\", \"cpus\": 2, \"runtime\": \"90m\"},"
         " {\"name\": \"c\", \"command\": \"x\", \"cpus\": 2, \"memory\": \"1024m\", \"runtime\": "
         "\"1h30m\"},"
         " {\"name\": \"d\", \"command\": \"x\", \"labels\": [\"z\", \"a\", \"z\"]}]}");
    is_int((int64_t)workflow.classes_count, 3, "three classes");
    is_text(workflow.classes[0].name, "default", "a job that names nothing has the default class");
    ok(!workflow.classes[0].enforced, "which holds it to nothing");
    is_text(workflow.classes[1].name, "2cpu-1g-1h30m",
            "the name of inline resources says what they are");
    is_int(workflow.jobs[2].class_index, 1, "equal ones share a class");
    is_text(workflow.classes[2].labels, "a,z", "labels are sorted, each once");
}

static void test_fields(void)
{
    load("{\"name\": \"w\", \"env\": {\"A\": \"1\", \"B\": \"2\"}, \"execution_config\": "
         "{\"mode\": \"slurm\"},"
         " \"user_data\": [{\"name\": \"d\", \"data\": {\"k\": \"it's\"}}],"
         " \"jobs\": [{\"name\": \"a\", \"command\": \"x\", \"output_user_data\": [\"d\"]},"
         " {\"name\": \"b\", \"command\": \"echo '${user_data.input.d}'\", \"invocation_script\": "
         "\"time\", \"env\": {\"B\": \"3\"},"
         "  \"workdir\": \"sub\", \"termination_signal\": \"SIGUSR1\", \"launcher\": \"direct\","
         "  \"cancel_on_blocking_job_failure\": false}]}");
    is_text(workflow.jobs[0].spec, "{\"env\":{\"A\":\"1\",\"B\":\"2\"}}",
            "the workflow's env goes to every job");
    is_text(workflow.jobs[1].spec,
            "{\"env\":{\"A\":\"1\",\"B\":\"3\"},\"workdir\":\"sub\",\"termination_signal\":10}",
            "the job's env wins");
    is_text(workflow.jobs[1].command, "time echo '{\"k\":\"it'\\''s\"}'",
            "data are put in for the quotes where they land");
    is_int(workflow.jobs[0].flags, JOB_CANCEL_ON_BLOCKING_FAILURE | JOB_SRUN,
           "mode slurm starts jobs by srun");
    is_int(workflow.jobs[1].flags, 0, "but for those that say direct");
    ok(needs("b", "a"), "user data make a need");
    load("{\"name\": \"w\", \"execution_config\": {\"limit_resources\": false}, \"jobs\": "
         "[{\"name\": \"a\", \"command\": \"x\"}]}");
    ok(strstr(workflow.settings, "\"limits\":\"off\""), "limit_resources: false is limits off");
}

static void test_needs(void)
{
    load("{\"name\": \"w\", \"metadata\": {\"k\": [1]}, \"files\": [{\"name\": \"log\", \"path\": "
         "\"log\"}],"
         " \"user_data\": [{\"name\": \"d\", \"is_ephemeral\": true}],"
         " \"jobs\": [{\"name\": \"a\", \"command\": \"x >> ${files.output.log}\", "
         "\"input_files\": [\"log\", \"log\"],"
         "   \"output_user_data\": [\"d\"], \"priority\": 7, \"workdir\": null},"
         "  {\"name\": \"b\", \"command\": \"x\", \"output_user_data\": [\"d\"], "
         "\"supports_termination\": true},"
         "  {\"name\": \"c\", \"command\": \"x ${files.input.log}\", \"input_files\": [\"log\"], "
         "\"input_user_data\": [\"d\"],"
         "   \"depends_on\": [\"a\", \"a\"], \"invocation_script\": \"set -e\\nmodule load "
         "x\\n\"}]}");
    is_int((int64_t)workflow.needs_count, 2,
           "each need once, whatever it comes from; none for a file read and written by one job");
    ok(needs("c", "a") && needs("c", "b"),
       "data may have two producers, and a reader waits for both");
    is_int((int64_t)workflow.job_files_count, 3, "a list that names a file twice has it once");
    is_text(workflow.jobs[2].command, "set -e\nmodule load x\nx log",
            "a script of several lines stands above the command");
    is_int(workflow.jobs[0].priority, 7, "priority");
    ok(workflow.jobs[1].flags & JOB_SUPPORTS_TERMINATION, "supports_termination");
    ok(workflow.data[0].ephemeral && !workflow.data[0].data, "ephemeral data without a value");
    is_text(workflow.metadata, "{\"k\":[1]}", "metadata are kept as they are");
}

// However a path is written, it is one file; commands get it as it was written.
static void test_spellings(void)
{
    cleanup_free char *folder = realpath(".", NULL);
    cleanup_free char *text = xasprintf(
        "{\"name\": \"w\", \"files\": [{\"name\": \"w\", \"path\": \"out/x\"}, {\"name\": \"r\", "
        "\"path\": "
        "\"./out//x\"}, {\"name\": \"s\", \"path\": \"%s/a/../out/x/\", \"temporary\": true}, "
        "{\"name\": \"d\", \"path\": \"out\"}],"
        " \"jobs\": [{\"name\": \"write\", \"command\": \"x > ${files.output.w}\"},"
        " {\"name\": \"read\", \"command\": \"cat ${files.input.r} ${files.input.s}\"},"
        " {\"name\": \"regex\", \"command\": \"x\", \"input_file_regexes\": [\"^s$\"]},"
        " {\"name\": \"folder\", \"command\": \"x\", \"input_files\": [\"d\"]},"
        " {\"name\": \"both\", \"command\": \"x\", \"input_files\": [\"r\", \"s\", \"w\"]}]}",
        folder);
    load(text);
    ok(needs("read", "write"), "a reader waits for who writes its file under another spelling");
    ok(needs("regex", "write"), "also when a regex selects it");
    ok(needs("both", "write") && !needs("folder", "write"), "but not for what is another file");
    is_int((int64_t)workflow.needs_count, 3, "each need once");
    is_int((int64_t)workflow.job_files_count, 5, "the spellings are one file of a job");
    cleanup_free char *command = xasprintf("cat ./out//x %s/a/../out/x/", folder);
    is_text(workflow.jobs[1].command, command, "commands get what was written");
    ok(workflow.files[1].produced && workflow.files[2].produced && !workflow.files[3].produced,
       "and no spelling of it comes from outside");
    is_int((int64_t)problems.count, 2, "the two other spellings are warned of");
    is_text(problems.list[0].text,
            "this is the path of files[0], \"w\", too: one file under two names", "which says so");
}

static void test_example(const char *name)
{
    const char *source = getenv("TORC_SOURCE");
    char path[4096], text[100000];
    snprintf(path, sizeof path, "%s/examples/%s/workflow.json", source ? source : ".", name);
    FILE *file = fopen(path, "r");
    if (!ok(file != NULL, "%s", path))
        return;
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    load(text);
}

int main(void)
{
    test_needs();
    test_spellings();
    test_example("diamond");
    test_example("words");
    test_diamond();
    test_classes();
    test_fields();
    workflow_fini(&workflow);
    problems_fini(&problems);
    return done_testing();
}
