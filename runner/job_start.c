// SPDX-License-Identifier: GPL-2.0-or-later
// How a job gets going: its share, its inputs, its place, its process.
#include "runner/job.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/text/substitute.h"
#include "lib/workflow/workflow.h"
#include "runner/program.h"
#include "runner/spawn.h"

enum {
    LOOK_AGAIN_USEC = 20 * USEC_PER_MSEC,
    LOOK_AGAIN_MOST_USEC = USEC_PER_SEC,
    SHORT_MOST_USEC = 60 * USEC_PER_SEC
};

// The first input that cannot be seen, or NULL. Opening its folder makes NFS look again.
static const char *missing_input(const struct job *job)
{
    struct stat st;
    for (uint32_t i = 0; i < job->claimed.inputs_count; i++) {
        const char *path = job->claimed.inputs[i], *slash = strrchr(path, '/');
        if (!stat(path, &st))
            continue;
        cleanup_free char *folder = slash && slash > path ? xstrndup(path, (size_t)(slash - path))
                                                          : xstrdup(slash ? "/" : ".");
        int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd >= 0)
            close(fd);
        if (stat(path, &st))
            return path;
    }
    return NULL;
}

static void choose_how(const struct runner *runner, struct job *job)
{
    const struct settings *settings = &runner->settings;
    job->how = (struct settings_of_job){settings->stdio, settings->delete_on_success,
                                        settings->termination_signal};
    if (job->spec.stdio_set) {
        job->how.stdio = job->spec.stdio;
        job->how.delete_on_success = job->spec.delete_on_success;
    }
    if (job->spec.termination_signal)
        job->how.signal = job->spec.termination_signal;
}

static void set_limit(const struct runner *runner, struct job *job)
{
    int64_t length = job->claimed.enforced ? job->claimed.runtime_usec : 0;
    int64_t most = runner->node.walltime_usec -
                   settings_end_times(&runner->settings, runner->node.walltime_usec).margin_usec;
    job->limit_length_usec = length;
    if (length && runner->node.walltime_usec && most < length)
        job->limit_length_usec = most;
    if (length && runner->settings.limits == LIMITS_ENFORCE)
        job->limit_usec = job->start_usec + length;
}

static void note_start(const struct runner *runner, struct job *job)
{
    job->start_usec =
        runner_clock_usec(runner); // not `now`: it may be one of many that start at once
    job->end.start = (struct attempt_start){
        .job_id = job->claimed.job_id,
        .start_usec = clock_real_usec(),
        .attempt_id = job->claimed.attempt_id,
        .taken = job->taken,
        .stdout_path = job->files.stdout_path,
        .stderr_path = job->files.stderr_path,
    };
}

static int spawn_job(struct runner *runner, struct job *job, struct error *err)
{
    struct program program;
    struct meter_entry entry;
    if (program_make(runner, job, &program, err))
        return -1;
    int64_t limit = job->claimed.enforced && runner->settings.limits == LIMITS_ENFORCE
                        ? job->claimed.memory_bytes
                        : 0;
    job->meter = meter_job_create(runner->meter, job->claimed.job_id, runner->grant.run_id,
                                  job->claimed.attempt_id, limit, &entry, err);
    if (!job->meter)
        return -1;
    struct spawn spawn = {
        .argv = program.argv,
        .path = program.path,
        .fallback = program.fallback,
        .environment = program.environment,
        .workdir = job->spec.workdir,
        .output_dir = runner->output.dir,
        .output_folder = runner->output.path,
        .stdout_path = job->files.stdout_name,
        .stderr_path = job->files.stderr_name,
        .combined = job->files.combined,
        .entry = &entry,
        .affinity = job->share.bound && job->claimed.enforced ? &job->share.set : NULL,
        .files = &runner->files_limit,
    };
    job->pid = spawn_start(&spawn, err);
    if (job->pid > 0) {
        meter_job_started(job->meter, job->pid);
        return 0;
    }
    job->pid = 0;
    meter_job_destroy(take_ptr(job->meter));
    return -1;
}

// Processes, memory or files are short at the moment: perhaps another job has taken them all.
static bool is_passing(const struct error *err)
{
    return err->saved_errno == EAGAIN || err->saved_errno == ENOMEM || err->saved_errno == ENFILE;
}

// The inputs are there: the process.
static void go(struct runner *runner, struct job *job)
{
    struct error err;
    int64_t since_usec = job->start_usec;
    job->files =
        output_name(&runner->output, job->how.stdio, runner->workflow_id, job->claimed.job_id,
                    runner->grant.run_id, job->claimed.attempt_id, job->arena);
    note_start(runner, job);
    bool failed = spawn_job(runner, job, &err);
    if (failed && output_renew(&runner->output))
        failed = spawn_job(runner, job, &err);
    if (failed && is_passing(&err) && runner->now - since_usec < SHORT_MOST_USEC) {
        job->start_usec = since_usec;
        job->due_usec = runner->now + LOOK_AGAIN_MOST_USEC;
        return;
    }
    if (failed) {
        job->end.start.stdout_path = job->end.start.stderr_path = NULL;
        job_fail(runner, job, REASON_SPAWN_ERROR, arena_strdup(job->arena, err.text));
        return;
    }
    enum { FIRST_SAMPLE_USEC = 20 * USEC_PER_MSEC };
    job->phase = PHASE_RUNNING;
    job->due_usec = runner->now + FIRST_SAMPLE_USEC;
    set_limit(runner, job);
    runner->starts_unsent++;
}

void job_look_for_inputs(struct runner *runner, struct job *job)
{
    const char *missing = missing_input(job);
    if (!missing) {
        job->due_usec = 0;
        go(runner, job);
        return;
    }
    int64_t wait_usec = (int64_t)runner->settings.latency_wait_secs * USEC_PER_SEC;
    if (runner->now - job->start_usec >= wait_usec) {
        job_fail(runner, job, REASON_MISSING_INPUT,
                 arena_printf(job->arena, "its input file %s is not there (looked for it for %d s)",
                              missing, runner->settings.latency_wait_secs));
        return;
    }
    int64_t pause_usec = LOOK_AGAIN_USEC << (job->tries < 6 ? job->tries++ : 6);
    job->due_usec =
        runner->now + (pause_usec < LOOK_AGAIN_MOST_USEC ? pause_usec : LOOK_AGAIN_MOST_USEC);
}

struct lookup {
    const struct claimed_job *claimed;
    const char *missing; // data that was never set
};

static const char *look_up_data(void *context, enum substitute_kind kind, const char *name)
{
    struct lookup *lookup = context;
    for (uint32_t i = 0; kind == SUBSTITUTE_DATA_INPUT && i < lookup->claimed->data_count; i++) {
        const struct claimed_data *data = &lookup->claimed->data[i];
        if (strcmp(data->name, name))
            continue;
        if (!data->json)
            lookup->missing = data->name;
        return data->json;
    }
    return NULL;
}

// Values that other jobs have written go into the command. -1: the job has failed.
static int put_data(struct runner *runner, struct job *job)
{
    struct lookup lookup = {.claimed = &job->claimed};
    if (!(job->claimed.flags & JOB_NAMES_DATA))
        return 0;
    cleanup_free char *command = substitute(job->claimed.command, look_up_data, &lookup);
    job->claimed.command = arena_strdup(job->arena, command);
    if (!lookup.missing)
        return 0;
    job_fail(
        runner, job, REASON_MISSING_INPUT,
        arena_printf(job->arena,
                     "its input data %s was never set; the job that writes it did not complete",
                     lookup.missing));
    return -1;
}

bool job_begin(struct runner *runner, struct job *job)
{
    struct error err;
    if (!node_take(&runner->node, &job->claimed, &job->share))
        return false;
    TAILQ_REMOVE(&runner->held, job, link);
    runner->held_count--;
    TAILQ_INSERT_TAIL(&runner->live, job, link);
    runner->live_count++;
    job->phase = PHASE_INPUTS;
    job->arena = arena_create();
    note_start(runner, job);
    if (job_spec_parse(job->claimed.spec, &job->spec, &err)) {
        job_fail(runner, job, REASON_SPAWN_ERROR, arena_strdup(job->arena, err.text));
        return true;
    }
    choose_how(runner, job);
    if (put_data(runner, job))
        return true;
    job_look_for_inputs(runner, job);
    return true;
}
