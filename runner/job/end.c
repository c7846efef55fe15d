// SPDX-License-Identifier: GPL-2.0-or-later
// How a job ends: nothing of it is left alive, then the verdict, the words for it, and the record
// for the store.
#include "runner/job/life.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/crash.h"
#include "lib/base/duration.h"
#include "lib/base/mem.h"
#include "lib/base/size.h"
#include "lib/workflow/workflow.h"
#include "runner/job/gpus.h"
#include "runner/job/outputs.h"
#include "runner/job/retry.h"
#include "runner/job/steps.h"

enum {
    DYING_USEC = 5 * USEC_PER_MSEC,
    DRAINING_MOST_USEC = 10 * USEC_PER_SEC, // a file system hangs
};

// What a job that completed should be told with: something in it went wrong all the same.
static int32_t find_warnings(const struct job *job)
{
    bool steps = job->end.usages_count > 1;
    return (job->usage.oom_kills > 0 ? WARNING_OOM : 0) |
           (outputs_untouched(job) ? WARNING_OUTPUT_OLD : 0) |
           (job->leftovers ? WARNING_BACKGROUND : 0) |
           (job->called_srun && !steps ? WARNING_STEPS : 0);
}

static bool has_lost_output(const struct job *job)
{
    return job->recorded.lost_bytes || job->recorded.end_lost;
}

static const char *describe_warnings(struct job *job, bool strict)
{
    const char *text = NULL;
    for (int i = 0; i < WARNINGS; i++) {
        const char *what = NULL;
        switch ((enum attempt_warning)(job->end.warnings & 1 << i)) {
        case WARNING_OOM:
            what = "one of its processes was killed for memory";
            break;
        case WARNING_OUTPUT_OLD:
            what = arena_printf(job->arena,
                                "it did not write its output file %s, which was there before",
                                outputs_untouched(job));
            break;
        case WARNING_BACKGROUND:
            what =
                arena_printf(job->arena, "%zu %s that it left running in the background %s killed",
                             job->leftovers, job->leftovers == 1 ? "process" : "processes",
                             job->leftovers == 1 ? "was" : "were");
            break;
        case WARNING_STEPS:
            what = "what it started with srun is not in its usage, as nothing recorded its steps "
                   "(the SPANK plugin does)";
            break;
        case WARNING_OUTPUT_LOST:
            what = arena_printf(job->arena, "what it printed could not all be written to %s: %s",
                                job->end.start.stdout_path, strerror(job->recorded.why_errno));
            break;
        case WARNING_GPU:
            what = arena_printf(job->arena, "it used the GPU %s, which was not given to it",
                                job->gpus.not_given);
            break;
        }
        if (what)
            text = text ? arena_printf(job->arena, "%s; %s", text, what)
                        : arena_printf(job->arena, "it %s, but %s",
                                       strict ? "ended well (the workflow is strict)" : "completed",
                                       what);
    }
    return text;
}

static const char *describe(const struct jobs *jobs, struct job *job, const struct verdict *v,
                            const char *missing)
{
    char size[SIZE_TEXT], duration[DURATION_TEXT];
    struct arena *arena = job->arena;
    switch (v->reason) {
    case REASON_NONE:
    case REASON_STRICT:
        return describe_warnings(job, v->reason == REASON_STRICT);
    case REASON_EXIT:
        return v->exit_code == 127   ? "exit code 127: a program was not found"
               : v->exit_code == 126 ? "exit code 126: a program could not be executed"
                                     : arena_printf(arena, "exit code %d", v->exit_code);
    case REASON_SIGNAL:
        return arena_printf(arena, "killed by signal %d (%s)", v->signal, strsignal(v->signal));
    case REASON_OOM:
        return arena_printf(arena, "it used more than its memory of %s",
                            size_format(job->claimed.memory_bytes, size, sizeof size));
    case REASON_TIMEOUT:
        return arena_printf(arena, "it ran for its runtime of %s and was ended",
                            duration_format(job->limit_length_usec, duration, sizeof duration));
    case REASON_MISSING_OUTPUT:
        return job->tries
                   ? arena_printf(arena,
                                  "it ended well, but its output file %s is not there (looked for "
                                  "it for %d s)",
                                  missing, jobs->settings.latency_wait_secs)
                   : arena_printf(arena, "it ended well, but its output file %s is not there",
                                  missing);
    case REASON_TERMINATED:
        return job->stop == STOP_USER ? "the user stopped torc-run"
               : v->state == JOB_TERMINATED
                   ? arena_printf(arena,
                                  "its allocation ended, for the %d. time (max_continuations %d); "
                                  "torc restart goes on with it, with a longer walltime if it got "
                                  "nowhere",
                                  job->claimed.continuations + 1, job->spec.max_continuations)
               : jobs->node.in_allocation
                   ? "its allocation ended; it goes on in another one"
                   : "the time of torc-run was over; it goes on in another run";
    case REASON_CANCELED:
        return "canceled";
    case REASON_MISSING_INPUT:
    case REASON_LOST:
    case REASON_SPAWN_ERROR:
    case REASONS:
        break;
    }
    return NULL;
}

// The record is whole. Its share is free for others.
static void put_out(struct jobs *jobs, struct job *job)
{
    node_give(&jobs->node, &job->share);
    TAILQ_REMOVE(&jobs->live, job, link);
    jobs->live_count--;
    job->phase = PHASE_ENDED;
    TAILQ_INSERT_TAIL(&jobs->ended, job, link);
}

// Somebody else has it now: forget it.
static void forget(struct jobs *jobs, struct job *job)
{
    node_give(&jobs->node, &job->share);
    job_destroy(jobs, job);
}

static void drop_script(const struct jobs *jobs, const struct job *job)
{
    if (job->script)
        unlinkat(jobs->output.dir, job->script, 0);
}

// The real clock may have been set back meanwhile: an end is never before its start.
static void set_end(struct job *job, int64_t wall_usec)
{
    int64_t now_usec = clock_real_usec(), least_usec = job->end.start.start_usec + wall_usec;
    job->end.wall_usec = wall_usec;
    job->end.end_usec = now_usec < least_usec ? least_usec : now_usec;
}

static const char *find_tail(const struct jobs *jobs, struct job *job)
{
    const struct recorded *r = &job->recorded;
    return !r->at           ? output_tail(&jobs->output, &job->files, job->arena)
           : r->tail_length ? output_text(r->tail, r->tail_length,
                                          r->tail_length == r->stderr_length, job->arena)
                            : NULL;
}

static void judge(struct jobs *jobs, struct job *job, const char *missing)
{
    struct verdict v = verdict_give(&(struct verdict_input){
        .stop = job->stop,
        .status = job->status,
        .oom = job->usage.oom_kills > 0,
        .missing_output = missing,
        .limit_used = job->limit_length_usec &&
                      job->end.wall_usec >= job->limit_length_usec - 2 * USEC_PER_SEC,
        .supports_termination = job->claimed.flags & JOB_SUPPORTS_TERMINATION,
        .continuations = job->claimed.continuations,
        .max_continuations = job->spec.max_continuations,
    });
    job->end.warnings =
        (has_lost_output(job) ? WARNING_OUTPUT_LOST : 0) | (job->gpus.not_given ? WARNING_GPU : 0);
    if (v.state == JOB_COMPLETED) {
        job->end.warnings |= find_warnings(job);
        if (jobs->settings.strict && job->end.warnings & ~WARNING_STEPS) {
            v.state = JOB_FAILED;
            v.reason = REASON_STRICT;
        }
    }
    if (v.state == JOB_COMPLETED && job->seen) {
        job->end.files = job->seen;
        job->end.files_count = job->claimed.inputs_count + job->claimed.outputs_count;
    }
    if (v.state == JOB_COMPLETED && job->how.delete_on_success) {
        output_delete(&jobs->output, &job->files);
        job->end.start.stdout_path = job->end.start.stderr_path = NULL;
        job->end.start.stream_at = 0;
    }
    job->end.state = v.state;
    job->end.reason = v.reason;
    job->end.exit_code = v.exit_code;
    job->end.signal = v.signal;
    job->end.core = v.core;
    job->end.message = describe(jobs, job, &v, missing);
    job->end.stderr_tail = v.state == JOB_COMPLETED ? NULL : find_tail(jobs, job);
}

// Nothing more happens here to this attempt.
static void settle(struct jobs *jobs, struct job *job)
{
    if (!job->start_sent)
        jobs->starts_unsent--;
    if (job->stop == STOP_REFUSED)
        forget(jobs, job);
    else
        put_out(jobs, job);
}

void job_look_for_outputs(struct jobs *jobs, struct job *job)
{
    bool success = WIFEXITED(job->status) && !WEXITSTATUS(job->status);
    const char *missing = success ? outputs_missing(job) : NULL;
    if (missing && job->stop == STOP_NONE && outputs_may_lag(missing) &&
        job_looks_again(jobs, job, job->start_usec + job->end.wall_usec)) {
        job->phase = PHASE_OUTPUTS;
        return;
    }
    if (job->stop != STOP_REFUSED) {
        judge(jobs, job, missing);
        if (retry_begin(jobs, job))
            return;
    }
    crash_point("job-judged");
    settle(jobs, job);
}

// Killed neither by the runner nor for its memory: perhaps with all that there is in the
// allocation, whose runner is the next. When Slurm begins an allocation anew where its runner still
// lives, as slurmstepd was killed, the plugin clears the place: kills the jobs, and a moment later
// removes their cgroups. That is no job's failure, so it is not believed at once.
static bool may_be_swept(struct jobs *jobs, struct job *job)
{
    if (!jobs->node.in_allocation || job->stop != STOP_NONE || !WIFSIGNALED(job->status) ||
        WTERMSIG(job->status) != SIGKILL || meter_job_is_oom(job->meter))
        return false;
    jobs->killed = true;
    jobs->swept |= meter_job_is_swept(job->meter);
    job->sweep_usec = job->sweep_usec ? job->sweep_usec : jobs->now + USEC_PER_SEC;
    job->due_usec = job->sweep_usec;
    return jobs->now < job->sweep_usec;
}

void job_end(struct jobs *jobs, struct job *job)
{
    if (may_be_swept(jobs, job))
        return;
    struct usage_record nobodys; // a recovery script is not the job
    if ((!job->recovering && steps_linger(jobs, job)) || gpus_linger(job) ||
        meter_job_end(job->meter, &job->rusage, job->recovering ? &nobodys : &job->usage)) {
        job->due_usec = jobs->now + DYING_USEC;
        return;
    }
    if (job->recovering) {
        meter_job_destroy(take_ptr(job->meter));
        retry_end(jobs, job);
        settle(jobs, job);
        return;
    }
    job->leftovers = meter_job_killed(job->meter);
    if (job->leftovers && jobs->node.in_allocation)
        steps_kill_all(jobs, job); // of an srun among them the tasks
    meter_job_destroy(take_ptr(job->meter));
    drop_script(jobs, job);
    set_end(job, jobs_clock_usec(jobs) - job->start_usec); // `now` may be older than its start
    gpus_collect(job);
    steps_collect(jobs, job);
    job->tries = 0;
    if (job->recording && recording_end(jobs->recorder, job->recording, &job->recorded)) {
        job->recording = NULL;
        job->end.start.stream_at = job->recorded.at;
    }
    if (!job->recording) {
        job_look_for_outputs(jobs, job);
        return;
    }
    if (!job->spec.handler) { // else a recovery script may need it
        node_give(&jobs->node, &job->share);
        job->share = (struct share){0};
    }
    job->phase = PHASE_DRAINING;
    job->due_usec = jobs->now + DRAINING_MOST_USEC;
}

void job_drain(struct jobs *jobs, struct job *job)
{
    if (recording_take(jobs->recorder, job->recording, job->arena, &job->recorded)) {
        job->recording = NULL;
    } else if (job->due_usec > jobs->now) {
        return;
    } else {
        job->recorded = (struct recorded){
            .at = job->end.start.stream_at, .why_errno = ETIMEDOUT, .end_lost = true};
        recording_forget(jobs->recorder, take_ptr(job->recording));
    }
    job->end.start.stream_at = job->recorded.at;
    job_look_for_outputs(jobs, job);
}

void job_reaped(struct jobs *jobs, struct job *job, int status, const struct rusage *rusage)
{
    job->pid = 0;
    job->status = status;
    job->rusage = *rusage;
    job->phase = PHASE_DYING;
    crash_point("job-reaped");
    job_end(jobs, job);
}

void job_fail(struct jobs *jobs, struct job *job, enum attempt_reason reason, const char *message)
{
    drop_script(jobs, job);
    if (job->stop == STOP_REFUSED) {
        forget(jobs, job);
        return;
    }
    bool goes_back = reason == REASON_TERMINATED && job->stop == STOP_ALLOCATION;
    set_end(job, jobs_clock_usec(jobs) - job->start_usec);
    job->end.state = goes_back                     ? JOB_READY
                     : job->stop == STOP_CANCELED  ? JOB_CANCELED
                     : reason == REASON_TERMINATED ? JOB_TERMINATED
                                                   : JOB_FAILED;
    job->end.reason = job->stop == STOP_CANCELED ? REASON_CANCELED : reason;
    job->end.exit_code = job->end.signal = UNKNOWN;
    job->end.message = message;
    put_out(jobs, job);
}
