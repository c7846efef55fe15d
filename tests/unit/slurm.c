// SPDX-License-Identifier: GPL-2.0-or-later
// Programs that are run, and what is made of Slurm that answers wrongly, too late or not at all:
// unknown, never "no".
#include "lib/slurm/slurm.h"

#include <sys/stat.h>
#include <sys/wait.h>

#include "lib/base/mem.h"
#include "lib/base/program.h"
#include "lib/slurm/elements.h"
#include "lib/slurm/end.h"
#include "lib/slurm/submit.h"
#include "tests/tap.h"

static void test_programs(void)
{
    struct program_result r;
    struct error err = {0};
    is_int(program_run((const char *const[]){"sh", "-c", "cat; echo oops >&2; exit 3", NULL},
                       "in\n", NULL, 10000, &r, &err),
           0, "a program runs");
    is_text(r.out, "in", "its input and output");
    ok(r.whole, "the last line of which has an end");
    is_text(r.err, "oops", "its errors");
    is_int(r.exit_code, 3, "its exit code");
    program_result_fini(&r);
    program_run((const char *const[]){"sh", "-c", "kill -9 $$", NULL}, NULL, NULL, 10000, &r, &err);
    is_int(r.exit_code, 137, "death by a signal");
    program_result_fini(&r);
    program_run((const char *const[]){"sh", "-c", "echo some; exec 1>&- 2>&-; sleep 100", NULL},
                NULL, NULL, 100, &r, &err);
    ok(r.timed_out, "one that goes on for too long is killed, although it closed its output");
    is_text(r.out, "some", "what it had printed is kept");
    program_result_fini(&r);
    program_run((const char *const[]){"printf", "some\nmo", NULL}, NULL, NULL, 10000, &r, &err);
    ok(!r.whole, "a last line without an end");
    program_result_fini(&r);
    is_int(program_run((const char *const[]){"/no/such/program", NULL}, NULL, NULL, 100, &r, &err),
           -1, "one that is missing");
    is_text(err.text, "cannot run /no/such/program: No such file or directory", "says so");
    program_run((const char *const[]){"sh", "-c", "head -c 300000 /dev/zero | tr '\\0' x", NULL},
                NULL, NULL, 10000, &r, &err);
    is_int((int64_t)strlen(r.out), 300000, "more output than a pipe holds");
    program_result_fini(&r);
}

static char folder[] = "/tmp/torc-test-XXXXXX";

// A program of that name first on the PATH, which does what the shell text says.
static void fake(const char *name, const char *text)
{
    cleanup_free char *path = xasprintf("%s/%s", folder, name);
    FILE *f = fopen(path, "we");
    fprintf(f, "#!/bin/sh\n%s\n", text);
    fclose(f);
    chmod(path, 0755);
}

static const struct {
    const char *text, *says;
    enum error_code code;
    int64_t job_id;
    bool too_many, unsure;
} answers[] = {
    {"echo 12", "", ERROR_NONE, 12, false, false},
    {"echo '12;cluster'", "", ERROR_NONE, 12, false, false},
    {"echo hello from the site; echo 12; echo note >&2", "", ERROR_NONE, 12, false, false},
    {"printf 12", "sbatch gave no job id", ERROR_UNREACHABLE, 0, false, false},
    {"exit 0", "sbatch gave no job id", ERROR_UNREACHABLE, 0, false, false},
    {"exit 1", "sbatch: sbatch failed and said nothing", ERROR_UNREACHABLE, 0, false, false},
    {"sleep 100", "sbatch did not answer within 1 s", ERROR_UNREACHABLE, 0, false, false},
    {"kill -9 $$", "sbatch: sbatch failed and said nothing", ERROR_UNREACHABLE, 0, false, false},
    {"echo 'sbatch: error: Batch job submission failed: Socket timed out on send/recv operation' "
     ">&2; exit 1",
     "sbatch: Socket timed out on send/recv operation", ERROR_UNREACHABLE, 0, false, false},
    {"echo 'sbatch: error: Batch job sub' >&2; exit 1", "Slurm refused: Batch job sub", ERROR_USAGE,
     0, false, true},
    {"echo 'sbatch: error: Batch job submission failed: Invalid account' >&2; exit 1",
     "Slurm refused: Invalid account; say one of yours with -A: sacctmgr show assoc user=$USER "
     "format=account%-20,partition,qos%-30 lists them, and who has none asks the site for one",
     ERROR_USAGE, 0, false, false},
    {"printf 'sbatch: error: QOSMaxCpuPerUserLimit\\nsbatch: error: Batch job submission failed: "
     "Job violates accounting/QOS policy (job submit limit, size)\\n' >&2; exit 1",
     "Slurm refused: QOSMaxCpuPerUserLimit", ERROR_USAGE, 0, false, false},
    {"printf 'sbatch: error: AssocGrpSubmitJobsLimit\\nsbatch: error: Batch job submission failed: "
     "Job violates accounting/QOS policy (job submit limit, size)\\n' >&2; exit 1",
     "Slurm refused: AssocGrpSubmitJobsLimit; so many of your jobs are in Slurm already, waiting "
     "or "
     "running; when some have ended there is room again",
     ERROR_USAGE, 0, true, false},
    {"printf 'sbatch: lua: be quick\\nsbatch: error: Batch job submission failed: Job violates "
     "accounting/QOS policy (job submit limit, size)\\n' >&2; exit 1",
     "Slurm refused: Job violates accounting/QOS policy (job submit limit, size)", ERROR_USAGE, 0,
     true, false},
    {"printf 'sbatch: error: say no --mem\\nsbatch: error: Batch job submission failed: "
     "Unspecified "
     "error\\n' >&2; exit 1",
     "Slurm refused: say no --mem", ERROR_USAGE, 0, false, false},
    {"echo 'sbatch: error: Batch job submission failed: Unable to contact slurm controller "
     "(connect failure)' >&2; exit 1",
     "sbatch: Unable to contact slurm controller (connect failure)", ERROR_UNREACHABLE, 0, false,
     false},
    {"printf 'sbatch: unrecognized option %s\\nTry \"sbatch --help\" for more information\\n' "
     "\"'--x'\" >&2; exit 255",
     "sbatch takes no such option: unrecognized option '--x'", ERROR_USAGE, 0, false, false},
    {"echo 'sbatch: error: Invalid --mem specification' >&2; exit 255",
     "sbatch takes no such option: Invalid --mem specification", ERROR_USAGE, 0, false, false},
    {"exit 255", "sbatch: sbatch failed and said nothing", ERROR_UNREACHABLE, 0, false, false},
    {"echo 'sbatch: error: QOSMaxSubmitJobPerUserLimit' >&2; exit 1",
     "Slurm refused: QOSMaxSubmitJobPerUserLimit; so many of your jobs are in Slurm already, "
     "waiting or running; when some have ended there is room again",
     ERROR_USAGE, 0, true, true},
};

static void test_answers(void)
{
    const char *const options[] = {"--array=0-3", NULL};
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        struct sbatch_answer answer;
        struct error err = {0};
        fake("sbatch", answers[i].text);
        slurm_sbatch(&(struct sbatch_call){.options = options, .script = "x"}, &answer, &err);
        is_int(err.code, answers[i].code, answers[i].text);
        is_int(answer.job_id, answers[i].job_id, "its job id");
        is_text(err.text, answers[i].says, "in these words");
        ok(answer.too_many == answers[i].too_many, "too many jobs, or not");
        ok(answer.unsure == answers[i].unsure, "in words of Slurm, or not");
        sbatch_answer_fini(&answer);
    }
}

static void test_queue(void)
{
    struct error err = {0};
    int64_t id = -1;
    struct elements elements;
    bool listed = false;
    fake("squeue",
         "printf 'HEADER\\n5|0|RUNNING|None|t5\\n5|1|CANCELLED|None|t5\\n"
         "6|N/A|FAILED|NonZeroExitCode|(null)\\n"
         "7|N/A|PENDING|launch failed requeued held|t7\\n9|N/A|RUNN|None|t9\\nnonsense\\n'");
    is_int(elements_read(&elements, "a,b", &err), 0, "elements");
    is_int(elements.count, 5, "five of them");
    ok(elements_find(&elements, "x", 5, 0, &listed)->fate == FATE_RUNNING &&
           elements_find(&elements, "x", 5, 1, &listed)->fate == FATE_CANCELED,
       "each element of an array has a fate of its own");
    is_text(elements_find(&elements, "x", 6, UNKNOWN, &listed)->said, "FAILED (NonZeroExitCode)",
            "Slurm's state and reason");
    is_int(elements_find(&elements, "x", 7, UNKNOWN, &listed)->fate, FATE_STUCK,
           "one that Slurm will not start by itself");
    ok(elements_wait(&elements, "x", 7) && !elements_wait(&elements, "t5", 5), "which waits");
    is_int(elements_find(&elements, "t5", 70, 0, &listed)->job_id, 5, "one by its tag");
    is_int(elements_find(&elements, "x", 9, UNKNOWN, &listed)->fate, FATE_UNKNOWN,
           "a state that nobody knows is none");
    ok(!elements_find(&elements, "x", 5, 2, &listed) && listed, "an element that is forgotten");
    ok(!elements_find(&elements, "x", 8, UNKNOWN, &listed) && !listed, "a job that is not listed");
    elements_fini(&elements);
    fake("squeue", "printf 'HEADER\\n5 torc-wf1-ab\\n6 torc-wf1-abc\\n7 (null)\\n'");
    slurm_find_tag("a", "torc-wf1-abc", &id, &err);
    is_int(id, 6, "a job by its tag");
    slurm_find_tag("a", "torc-wf1", &id, &err);
    is_int(id, 0, "none of that tag");
    fake("squeue", "echo 'slurm_load_jobs error: Unable to contact' >&2; exit 1");
    is_int(slurm_find_tag("a", "x", &id, &err), -1, "no answer is no \"no\"");
    is_int(err.code, ERROR_UNREACHABLE, "but unknown");
    fake("squeue", "exit 0");
    is_int(slurm_find_tag("a", "x", &id, &err), -1, "nor is an empty one");
    fake("squeue", "printf 'HEADER\\n5 torc-wf1-'");
    is_int(slurm_find_tag("a", "x", &id, &err), -1, "nor one that is cut");
    cleanup_free char *second =
        xasprintf("cd %s; echo HEADER; [ ! -e asked ] || echo 5 x; touch asked", folder);
    fake("squeue", second);
    ok(!slurm_find_tag("a", "x", &id, &err) && id == 5, "\"no\" has to be said twice");
    cleanup_free char *asked = xasprintf("%s/asked", folder);
    unlink(asked);
}

static void test_query(void)
{
    struct cluster cluster;
    struct error err = {0};
    cleanup_free char *path = xasprintf("%s/slurm-query", folder);
    setenv("TORC_SLURM_QUERY", path, 1);
    static const char *const texts[] = {"exit 1", "kill -9 $$", "exit 0", "echo '{}'",
                                        "echo '{\"config\": '"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        fake("slurm-query", texts[i]);
        err.code = ERROR_NONE;
        slurm_load_cluster(&cluster, &err);
        is_int(err.code, ERROR_UNREACHABLE, texts[i]);
    }
    fake("slurm-query", "echo '{\"job_id\": 7, \"state\": \"RUNNING\"}'");
    bool gone = true;
    ok(!slurm_job_is_gone(7, &gone, &err) && !gone, "a job that is known");
    fake("slurm-query", "echo '{\"job_id\": 7, \"state\": null}'");
    ok(!slurm_job_is_gone(7, &gone, &err) && gone, "a job without a state is gone");
    fake("slurm-query", "echo '{\"job_id\": 8, \"state\": null}'");
    ok(!slurm_job_is_gone(7, &gone, &err) && !gone, "unless it is another job");
    fake("slurm-query", "exit 1");
    is_int(slurm_job_is_gone(7, &gone, &err), -1, "without an answer it is not");
    unsetenv("TORC_SLURM_QUERY");
}

static void test_end(void)
{
    setenv("TZ", "UTC", 1);
    setenv("SLURM_TIME_FORMAT", "relative", 1);
    setenv("SQUEUE_PARTITION", "other", 1);
    fake("squeue", "[ -z \"$SLURM_TIME_FORMAT$SQUEUE_PARTITION\" ] && "
                   "[ \"$*\" = '-h -j 7 -o %A|%e|' ] && "
                   "printf '9|1970-01-01T00:00:05|\\n7|1970-01-01T00:01:05|\\n'");
    is_int(slurm_end_wait(7), 65 * 1000000, "the end of a job, whatever the user has squeue print");
    fake("squeue", "echo '8|1970-01-01T00:01:05|'");
    is_int(slurm_end_wait(7), 0, "that of another job is not its own");
    fake("squeue", "echo '7|1970-01-01T00:01:0'");
    is_int(slurm_end_wait(7), 0, "nor is one that is cut");
    fake("squeue", "echo '7|N/A|'");
    is_int(slurm_end_wait(7), 0, "no limit");
    fake("squeue", "exit 1");
    is_int(slurm_end_wait(7), 0, "no answer");
    fake("squeue", "echo '7|1970-01-02T00:00:00|'");
    struct slurm_end ask = {0};
    slurm_end_ask(&ask, 7);
    ok(ask.pid > 0 && waitpid(ask.pid, NULL, 0) == ask.pid, "asked without waiting");
    is_int(slurm_end_take(&ask), 86400LL * 1000000, "what it said");
    unsetenv("SLURM_TIME_FORMAT");
    unsetenv("SQUEUE_PARTITION");
}

static bool has(char *const *list, const char *want)
{
    for (; list && *list; list++)
        if (!strcmp(*list, want))
            return true;
    return false;
}

static void test_environment(void)
{
    setenv("SLURM_NNODES", "3", 1);
    setenv("SBATCH_ACCOUNT", "astro", 1);
    setenv("TORC_STEP_JOB", "9", 1);
    setenv("TORC_RUNNER", "old", 1);
    unsetenv("SLURM_JOB_ID");
    char **e = slurm_environment("[\"STORED=1\"]", "new");
    ok(has(e, "SLURM_NNODES=3") && has(e, "SBATCH_ACCOUNT=astro") && !has(e, "STORED=1"),
       "a login node's own environment");
    ok(has(e, "TORC_RUNNER=new") && !has(e, "TORC_RUNNER=old") && !has(e, "TORC_STEP_JOB=9"),
       "torc's own variables");
    slurm_environment_free(e);
    setenv("SLURM_JOB_ID", "1", 1);
    setenv("SLURM_CONF", "/x", 1);
    e = slurm_environment("[\"STORED=1\", \"SLURM_CONF=/y\", \"SLURM_NNODES=2\"]", "new");
    ok(has(e, "STORED=1") && has(e, "SLURM_CONF=/x") && has(e, "SRUN_EXPORT_ENV=ALL"),
       "in an allocation the stored one");
    ok(!has(e, "SLURM_NNODES=2") && !has(e, "SLURM_CONF=/y") && !has(e, "SBATCH_ACCOUNT=astro"),
       "and nothing else of Slurm");
    cleanup_free char *text = slurm_environment_text((char *[]){(char *)"A=\"1\"", NULL});
    is_text(text, "[\"A=\\\"1\\\"\"]", "as JSON");
    slurm_environment_free(e);
}

static void test_request(void)
{
    struct settings settings;
    settings_init(&settings);
    settings.account = xstrdup("astro");
    settings.output_dir = (free(settings.output_dir), xstrdup("out%1"));
    sbatch_options_add(&settings.sbatch_options, xstrdup("--constraint=fast"));
    struct plan_group group = {.class_name = "big one,x",
                               .partition = "p",
                               .count = 3,
                               .cpus = 8,
                               .gpus = 2,
                               .nodes = 1,
                               .memory_bytes = 1024LL * 1024 * 1024,
                               .walltime_usec = 600 * 1000000LL,
                               .margin_usec = 60000000};
    struct submit submit = {
        .workflow_id = 4, .db = "/home/a b/it's.db", .folder = "/home/a b", .settings = &settings};
    struct submit_request r;
    submit_request_init(&r, &submit, &group, 3);
    static const char *const want[] = {"--job-name=torc-wf4-big_one_x",
                                       "--chdir=/home/a b",
                                       "--output=/home/a b/out%%1/runner_wf4_%A_%a.log",
                                       "--partition=p",
                                       "--nodes=1",
                                       "--ntasks=1",
                                       "--cpus-per-task=8",
                                       "--mem=1024M",
                                       "--gres=gpu:2",
                                       "--time=10",
                                       "--array=0-2",
                                       "--signal=B:USR1@60",
                                       "--requeue",
                                       "--open-mode=append",
                                       "--account=astro",
                                       "--constraint=fast"};
    for (size_t i = 0; i < sizeof want / sizeof *want; i++)
        ok(has(r.options.list, want[i]), "%s", want[i]);
    ok(strstr(r.script, "--db '/home/a b/it'\\''s.db' --workflow 4 --submission torc-wf4-") != NULL,
       "the script quotes paths");
    cleanup_free char *comment = xasprintf("--comment=%s", r.tag);
    ok(has(r.options.list, comment) &&
           strspn(r.tag, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(r.tag),
       "the tag");
    submit_request_fini(&r);
    settings_fini(&settings);
}

// What Slurm 22.05 makes of its --output was seen: % of the job's folder is expanded too, and where
// there is a backslash nothing is.
static void test_output(void)
{
    static const struct {
        const char *folder, *output_dir, *want; // want: %s is the tag
        int count;
    } rows[] = {
        {"/a", "out", "--output=/a/out/runner_wf4_%%j.log", 1},
        {"/a", "/b/out", "--output=/b/out/runner_wf4_%%A_%%a.log", 2},
        {"/a%jb", "out", "--output=/a%%%%jb/out/runner_wf4_%%j.log", 1},
        {"/a%%", "o%t", "--output=/a%%%%%%%%/o%%%%t/runner_wf4_%%A_%%a.log", 2},
        {"/a\\b", "out", "--output=/a\\\\b/out/runner_%s.log", 1},
        {"/a%j", "o\\", "--output=/a%%j/o\\\\/runner_%s.log", 2},
        {"/a 'b\n", "out", "--output=/a 'b\n/out/runner_wf4_%%j.log", 1},
    };
    struct plan_group group = {.class_name = "c", .partition = "p", .cpus = 1, .nodes = 1};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct settings settings;
        settings_init(&settings);
        settings.output_dir = (free(settings.output_dir), xstrdup(rows[i].output_dir));
        struct submit submit = {
            .workflow_id = 4, .db = "/db", .folder = rows[i].folder, .settings = &settings};
        struct submit_request r;
        submit_request_init(&r, &submit, &group, rows[i].count);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-extra-args"
        cleanup_free char *want = xasprintf(rows[i].want, r.tag);
#pragma GCC diagnostic pop
        ok(has(r.options.list, want), "output in folder %zu", i);
        submit_request_fini(&r);
        settings_fini(&settings);
    }
}

int main(void)
{
    if (!mkdtemp(folder))
        return EXIT_FAILURE;
    test_programs();
    cleanup_free char *path = xasprintf("%s:%s", folder, getenv("PATH"));
    setenv("PATH", path, 1);
    setenv("TORC_SLURM_PATIENCE", "1", 1);
    test_answers();
    test_queue();
    test_query();
    test_end();
    test_environment();
    test_request();
    test_output();
    static const char *const names[] = {"sbatch", "squeue", "slurm-query"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        cleanup_free char *file = xasprintf("%s/%s", folder, names[i]);
        unlink(file);
    }
    rmdir(folder);
    return done_testing();
}
