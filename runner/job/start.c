// SPDX-License-Identifier: GPL-2.0-or-later
// How a job gets going: its share, its inputs, its place, its process.
#include "runner/job/life.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/content.h"
#include "lib/base/crash.h"
#include "lib/base/folder.h"
#include "lib/base/mem.h"
#include "lib/store/start_log.h"
#include "lib/text/substitute.h"
#include "lib/workflow/workflow.h"
#include "runner/job/gpus.h"
#include "runner/job/outputs.h"
#include "runner/job/program.h"
#include "runner/job/spawn.h"

enum { SHORT_AGAIN_USEC = USEC_PER_SEC, SHORT_MOST_USEC = 60 * USEC_PER_SEC };

// The first input that cannot be seen, or NULL: then they are noted as they are now.
static const char *missing_input(struct job *job)
{
    struct stat st;
    size_t files = (size_t)job->claimed.inputs_count + job->claimed.outputs_count;
    if (files && !job->seen)
        job->seen = arena_alloc(job->arena, files * sizeof *job->seen);
    for (uint32_t i = 0; i < job->claimed.inputs_count; i++) {
        const char *path = job->claimed.inputs[i];
        if (stat(path, &st)) {
            folder_look_again(path);
            if (stat(path, &st))
                return path;
        }
        job->seen[i] = content_look(&st);
    }
    return NULL;
}

static void choose_how(const struct jobs *jobs, struct job *job)
{
    const struct settings *settings = &jobs->settings;
    job->how = (struct settings_of_job){settings->stdio, settings->delete_on_success,
                                        settings->termination_signal};
    if (job->spec.stdio_set) {
        job->how.stdio = job->spec.stdio;
        job->how.delete_on_success = job->spec.delete_on_success;
    }
    if (job->how.stdio == STDIO_AUTO) // as was decided for the workflow
        job->how.stdio = settings->stdio == STDIO_STREAM ? STDIO_STREAM : STDIO_SEPARATE;
    if (job->spec.termination_signal)
        job->how.signal = job->spec.termination_signal;
}

static void set_limit(const struct jobs *jobs, struct job *job)
{
    int64_t length = job->claimed.enforced ? job->claimed.runtime_usec : 0;
    int64_t most = jobs->node.walltime_usec -
                   settings_end_times(&jobs->settings, jobs->node.walltime_usec).margin_usec;
    job->limit_length_usec = length;
    if (length && jobs->node.walltime_usec && most < length)
        job->limit_length_usec = most;
    if (length && jobs->settings.limits == LIMITS_ENFORCE)
        job->limit_usec = job->start_usec + length;
}

static void note_start(const struct jobs *jobs, struct job *job)
{
    job->start_usec = jobs_clock_usec(jobs); // not `now`: it may be one of many that start at once
    job->end.start = (struct attempt_start){
        .job_id = job->claimed.job_id,
        .start_usec = clock_real_usec(),
        .run_id = job->claimed.run_id,
        .attempt_id = job->claimed.attempt_id,
        .taken = job->taken,
        .stdout_path = job->files.stdout_path,
        .stderr_path = job->files.stderr_path,
        .stream_at = job->recording ? recording_at(job->recording) : 0,
    };
}

// Where its output goes: pipes to the recorder, or the names of files.
static int choose_output(struct jobs *jobs, struct job *job, int fds[2], struct error *err)
{
    const struct claimed_job *claimed = &job->claimed;
    job->files = output_name(&jobs->output, job->how.stdio, jobs->workflow_id, claimed->job_id,
                             claimed->run_id, claimed->attempt_id, job->arena);
    if (job->how.stdio != STDIO_STREAM)
        return 0;
    struct stream_key key = {claimed->job_id, claimed->run_id, claimed->attempt_id};
    job->recording = recording_create(jobs->recorder, key, fds, err);
    job->files.stdout_path = job->files.stderr_path = recorder_path(jobs->recorder);
    return job->recording ? 0 : -1;
}

enum { SPAWN_AGAIN = 1 };

static int spawn_once(struct jobs *jobs, struct job *job, struct spawn *spawn, struct error *err)
{
    struct meter_entry entry;
    int64_t limit = job->claimed.enforced && jobs->settings.limits == LIMITS_ENFORCE &&
                            !job->step // srun is not the job
                        ? job->claimed.memory_bytes
                        : 0;
    job->meter = meter_job_create(jobs->meter, job->claimed.job_id, job->claimed.run_id,
                                  job->claimed.attempt_id, limit, &entry, err);
    if (!job->meter)
        return -1;
    spawn->workdir = job->spec.workdir;
    spawn->output_dir = jobs->output.dir;
    spawn->output_folder = jobs->output.path;
    spawn->entry = &entry;
    spawn->affinity = job->share.bound && job->claimed.enforced ? &job->share.set : NULL;
    spawn->files = &jobs->files_limit;
    job->pid = spawn_start(spawn, err);
    if (job->pid > 0) {
        crash_point("job-started");
        meter_job_started(job->meter, job->pid);
        return 0;
    }
    job->pid = 0;
    bool swept = meter_job_is_swept(job->meter);
    meter_job_destroy(take_ptr(job->meter));
    return swept ? SPAWN_AGAIN : -1;
}

// A cgroup that is kept for the next job may be gone meanwhile, as whoever shares the place clears
// it: each that is, goes, and the last one is made anew.
int job_spawn(struct jobs *jobs, struct job *job, struct spawn *spawn, struct error *err)
{
    enum { TRIES = 100 };
    int rc = SPAWN_AGAIN;
    for (int tries = 0; rc == SPAWN_AGAIN && tries < TRIES; tries++)
        rc = spawn_once(jobs, job, spawn, err);
    return rc ? -1 : 0;
}

static int spawn_job(struct jobs *jobs, struct job *job, const int *fds, struct error *err)
{
    struct program program;
    if (program_make(jobs, job, &program, err))
        return -1;
    struct spawn spawn = {
        .argv = program.argv,
        .path = program.path,
        .fallback = program.fallback,
        .environment = program.environment,
        .stdout_path = job->files.stdout_name,
        .stderr_path = job->files.stderr_name,
        .combined = job->files.combined,
        .output_fds = job->recording ? fds : NULL,
    };
    return job_spawn(jobs, job, &spawn, err);
}

// Processes, memory or files are short at the moment: perhaps another job has taken them all.
static bool is_passing(const struct error *err)
{
    return err->saved_errno == EAGAIN || err->saved_errno == ENOMEM || err->saved_errno == ENFILE;
}

// The inputs are there: the process.
static void go(struct jobs *jobs, struct job *job)
{
    struct error err;
    int64_t since_usec = job->start_usec;
    int fds[2];
    bool chosen = !choose_output(jobs, job, fds, &err);
    outputs_note(job);
    note_start(jobs, job);
    crash_point("start-not-noted");
    job->start_place = start_log_note(jobs->starts, &job->end.start);
    crash_point("start-noted");
    bool failed = !chosen || spawn_job(jobs, job, fds, &err);
    if (failed && chosen && output_renew(&jobs->output))
        failed = spawn_job(jobs, job, fds, &err);
    if (failed && job->recording)
        recording_forget(jobs->recorder, take_ptr(job->recording));
    if (failed) {
        start_log_forget(jobs->starts, job->start_place);
        job->start_place = 0;
    }
    if (failed && is_passing(&err) && jobs->now - since_usec < SHORT_MOST_USEC) {
        job->start_usec = since_usec;
        job->due_usec = jobs->now + SHORT_AGAIN_USEC;
        return;
    }
    if (failed) {
        job->end.start.stdout_path = job->end.start.stderr_path = NULL;
        job->end.start.stream_at = 0;
        job_fail(jobs, job, REASON_SPAWN_ERROR, arena_strdup(job->arena, err.text));
        return;
    }
    enum { FIRST_SAMPLE_USEC = 20 * USEC_PER_MSEC };
    job->phase = PHASE_RUNNING;
    job->due_usec = jobs->now + FIRST_SAMPLE_USEC;
    set_limit(jobs, job);
    gpus_start(jobs, job);
    jobs->starts_unsent++;
}

void job_look_for_inputs(struct jobs *jobs, struct job *job)
{
    const char *missing = missing_input(job);
    if (!missing) {
        job->due_usec = 0;
        go(jobs, job);
        return;
    }
    if (!job_looks_again(jobs, job, job->start_usec))
        job_fail(jobs, job, REASON_MISSING_INPUT,
                 arena_printf(job->arena, "its input file %s is not there (looked for it for %d s)",
                              missing, jobs->settings.latency_wait_secs));
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
static int put_data(struct jobs *jobs, struct job *job)
{
    struct lookup lookup = {.claimed = &job->claimed};
    if (!(job->claimed.flags & JOB_NAMES_DATA))
        return 0;
    cleanup_free char *command = substitute(job->claimed.command, look_up_data, &lookup);
    job->claimed.command = arena_strdup(job->arena, command);
    if (!lookup.missing)
        return 0;
    job_fail(
        jobs, job, REASON_MISSING_INPUT,
        arena_printf(job->arena,
                     "its input data %s was never set; the job that writes it did not complete",
                     lookup.missing));
    return -1;
}

bool job_begin(struct jobs *jobs, struct job *job)
{
    struct error err;
    if (job->claimed.gpus_milli && !gpus_are_settled(jobs))
        return false;
    if (!node_take(&jobs->node, &job->claimed, &job->share))
        return false;
    TAILQ_REMOVE(&jobs->held, job, link);
    jobs->held_count--;
    TAILQ_INSERT_TAIL(&jobs->live, job, link);
    jobs->live_count++;
    job->phase = PHASE_INPUTS;
    job->arena = arena_create();
    note_start(jobs, job);
    if (job_spec_parse(job->claimed.spec, &job->spec, &err)) {
        job_fail(jobs, job, REASON_SPAWN_ERROR, arena_strdup(job->arena, err.text));
        return true;
    }
    choose_how(jobs, job);
    if (put_data(jobs, job))
        return true;
    job_look_for_inputs(jobs, job);
    return true;
}
