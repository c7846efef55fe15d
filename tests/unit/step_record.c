// SPDX-License-Identifier: GPL-2.0-or-later
// Usage records: what the plugin writes is what the runner reads, and nothing else is taken for a
// record.
#include "lib/meter/step_record.h"

#include "lib/base/error.h"
#include "plugin/record_text.h"
#include "tests/tap.h"

#define IDENTITY                                                                             \
    "torc-usage 1\nslurm_job_id 7\nstep_id 0\ntask 3\nnode n1\njob 12\nattempt 1.2\nstatus " \
    "0\ncgroup 2\n"

static void test_round_trip(void)
{
    struct step_record in = {.slurm_job_id = 4294967293U,
                             .step_id = 4294967291U,
                             .task = 17,
                             .node = "a-1_b.c",
                             .status = 0x8b,
                             .cgroup = 1,
                             .gpus = "0,2-3"},
                       out;
    struct error err = {0};
    char text[STEP_RECORD_MAX];
    for (size_t i = 0; i < STEP_VALUES; i++)
        in.value[i] = i % 3 ? INT64_MAX - (int64_t)i : -1;
    size_t n = record_text_format(&in, "9223372036854775807", "3.2147483647", text);
    ok(n > 0 && n < STEP_RECORD_MAX, "a record with the largest values fits (%zu bytes)", n);
    is_int(step_record_parse(text, n, &out, &err), 0, "it is read");
    is_text(err.text, "", "without error");
    is_int(out.slurm_job_id, in.slurm_job_id, "slurm_job_id");
    is_int(out.step_id, in.step_id, "step_id");
    is_int(out.task, in.task, "task");
    is_text(out.node, in.node, "node");
    is_int(out.job, INT64_MAX, "job");
    is_int(out.run, 3, "run");
    is_int(out.attempt, INT32_MAX, "attempt");
    is_int(out.status, in.status, "status");
    is_int(out.cgroup, in.cgroup, "cgroup");
    is_text(out.gpus, in.gpus, "gpus");
    ok(!memcmp(out.value, in.value, sizeof in.value), "all values, and those not known");
    for (size_t cut = 0; cut < n; cut++)
        if (!step_record_parse(text, cut, &out, &err)) {
            ok(false, "cut off after %zu bytes it is no record", cut);
            return;
        }
    ok(true, "cut off anywhere it is no record");
}

static void test_too_long(void)
{
    struct step_record in = {.gpus = ""}, out;
    struct error err = {0};
    static char job[STEP_RECORD_MAX], text[STEP_RECORD_MAX + 1];
    memset(job, '1', sizeof job - 1);
    is_int((int64_t)record_text_format(&in, job, "1.1", text), 0,
           "what does not fit is not written");
    memset(text, '\n', sizeof text);
    is_int(step_record_parse(text, sizeof text, &out, &err), -1, "what is too long is not read");
    is_text(err.text, "usage record: not a text of at most 4096 bytes", "and says so");
}

static const struct {
    const char *text, *error; // "": no error
} rows[] = {
    {IDENTITY "end\n", ""},
    {IDENTITY "a_later_key x y\nend\n", ""},
    {IDENTITY "cpu_usec 1\nend\nrubbish", ""},
    {"", "usage record: has no end"},
    {"hello\n", "usage record: does not begin with \"torc-usage 1\""},
    {"torc-usage 2\nend\n", "usage record: does not begin with \"torc-usage 1\""},
    {IDENTITY "end", "usage record: has no end"},
    {IDENTITY "word\nend\n", "usage record: line 10 is no \"key value\""},
    {IDENTITY "cpu_usec -1\nend\n", "usage record: wrong value of cpu_usec: \"-1\""},
    {IDENTITY "cpu_usec 1x\nend\n", "usage record: wrong value of cpu_usec: \"1x\""},
    {IDENTITY "cpu_usec 9223372036854775808\nend\n",
     "usage record: wrong value of cpu_usec: \"9223372036854775808\""},
    {IDENTITY "task 4294967296\nend\n", "usage record: wrong value of task: \"4294967296\""},
    {IDENTITY "node a/b\nend\n", "usage record: wrong value of node: \"a/b\""},
    {IDENTITY "node \nend\n", "usage record: wrong value of node: \"\""},
    {IDENTITY "attempt 1\nend\n", "usage record: wrong value of attempt: \"1\""},
    {IDENTITY "attempt 1.\nend\n", "usage record: wrong value of attempt: \"1.\""},
    {IDENTITY "attempt .1\nend\n", "usage record: wrong value of attempt: \".1\""},
    {IDENTITY "cgroup 3\nend\n", "usage record: wrong value of cgroup: \"3\""},
    {IDENTITY "status 65536\nend\n", "usage record: wrong value of status: \"65536\""},
    {IDENTITY "gpus $(x)\nend\n", "usage record: wrong value of gpus: \"$(x)\""},
    {"torc-usage 1\nend\n", "usage record: no slurm_job_id"},
    {"torc-usage 1\nslurm_job_id 7\nend\n", "usage record: no step_id"},
};

int main(void)
{
    test_round_trip();
    test_too_long();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct step_record record;
        struct error err = {0};
        int result = step_record_parse(rows[i].text, strlen(rows[i].text), &record, &err);
        is_text(err.text, rows[i].error, rows[i].error[0] ? rows[i].error : "a record");
        is_int(result, rows[i].error[0] ? -1 : 0, "result");
    }
    return done_testing();
}
