// SPDX-License-Identifier: GPL-2.0-or-later
// How a job ends: nothing of it is left alive, then the verdict, the words for it, and the record
// for the store.
#include "runner/job.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/duration.h"
#include "lib/base/mem.h"
#include "lib/base/size.h"
#include "lib/workflow/workflow.h"
#include "runner/ahead.h"
#include "runner/steps.h"

enum { DYING_USEC = 5 * USEC_PER_MSEC };

static const char *missing_output(const struct job *job)
{
    struct stat st;
    for (uint32_t i = 0; i < job->claimed.outputs_count; i++)
        if (stat(job->claimed.outputs[i], &st))
            return job->claimed.outputs[i];
    return NULL;
}

static const char *describe(const struct runner *runner, struct job *job, const struct verdict *v,
                            const char *missing)
{
    char size[SIZE_TEXT], duration[DURATION_TEXT];
    struct arena *arena = job->arena;
    switch (v->reason) {
    case REASON_NONE:
        return job->usage.oom_kills > 0
                   ? "it completed, but one of its processes was killed for memory"
                   : NULL;
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
        return arena_printf(arena, "it ended well, but its output file %s is not there", missing);
    case REASON_TERMINATED:
        return job->stop == STOP_USER ? "the user stopped torc-run"
               : v->state == JOB_TERMINATED
                   ? arena_printf(arena, "its allocation ended, for the %d. time",
                                  job->claimed.continuations + 1)
               : runner->node.in_allocation
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

// The record is whole: into the outbox. Its share is free for others.
static void put_out(struct runner *runner, struct job *job)
{
    node_give(&runner->node, &job->share);
    TAILQ_REMOVE(&runner->live, job, link);
    runner->live_count--;
    TAILQ_INSERT_TAIL(&runner->ended, job, link);
    if (!runner->ended_count++)
        runner->ended_since = runner->now;
    job->phase = PHASE_ENDED;
    runner->completed++;
    runner->rate_counts[0]++;
    if (job->end.state == JOB_FAILED)
        runner->failures++;
    runner->last_active_usec = runner->now;
    ahead_go_on(runner, job);
}

// Somebody else has it now: forget it.
static void forget(struct runner *runner, struct job *job)
{
    node_give(&runner->node, &job->share);
    job_destroy(runner, job);
}

static void drop_script(const struct runner *runner, const struct job *job)
{
    if (job->script)
        unlinkat(runner->output.dir, job->script, 0);
}

static void judge(struct runner *runner, struct job *job)
{
    steps_collect(runner, job);
    bool success = WIFEXITED(job->status) && !WEXITSTATUS(job->status);
    const char *missing = success ? missing_output(job) : NULL;
    int64_t wall_usec = runner->now - job->start_usec;
    struct verdict v = verdict_give(&(struct verdict_input){
        .stop = job->stop,
        .status = job->status,
        .oom = job->usage.oom_kills > 0,
        .missing_output = missing,
        .limit_used =
            job->limit_length_usec && wall_usec >= job->limit_length_usec - 2 * USEC_PER_SEC,
        .supports_termination = job->claimed.flags & JOB_SUPPORTS_TERMINATION,
        .continuations = job->claimed.continuations,
        .max_continuations = job->spec.max_continuations,
    });
    if (v.state == JOB_COMPLETED && job->how.delete_on_success) {
        output_delete(&runner->output, &job->files);
        job->end.start.stdout_path = job->end.start.stderr_path = NULL;
    }
    job->end.end_usec = clock_real_usec();
    job->end.wall_usec = wall_usec;
    job->end.state = v.state;
    job->end.reason = v.reason;
    job->end.exit_code = v.exit_code;
    job->end.signal = v.signal;
    job->end.core = v.core;
    job->end.message = describe(runner, job, &v, missing);
    job->end.stderr_tail =
        v.state == JOB_COMPLETED ? NULL : output_tail(&runner->output, &job->files, job->arena);
}

void job_end(struct runner *runner, struct job *job)
{
    if (meter_job_end(job->meter, &job->rusage, &job->usage)) {
        job->due_usec = runner->now + DYING_USEC;
        return;
    }
    meter_job_destroy(take_ptr(job->meter));
    drop_script(runner, job);
    if (!job->start_sent)
        runner->starts_unsent--;
    if (job->stop == STOP_REFUSED) {
        forget(runner, job);
        return;
    }
    judge(runner, job);
    put_out(runner, job);
}

void job_reaped(struct runner *runner, struct job *job, int status, const struct rusage *rusage)
{
    job->pid = 0;
    job->status = status;
    job->rusage = *rusage;
    job->phase = PHASE_DYING;
    job_end(runner, job);
}

void job_fail(struct runner *runner, struct job *job, enum attempt_reason reason,
              const char *message)
{
    drop_script(runner, job);
    if (job->stop == STOP_REFUSED) {
        forget(runner, job);
        return;
    }
    bool goes_back = reason == REASON_TERMINATED && job->stop == STOP_ALLOCATION;
    job->end.end_usec = clock_real_usec();
    job->end.wall_usec = runner->now - job->start_usec;
    job->end.state = goes_back                     ? JOB_READY
                     : job->stop == STOP_CANCELED  ? JOB_CANCELED
                     : reason == REASON_TERMINATED ? JOB_TERMINATED
                                                   : JOB_FAILED;
    job->end.reason = job->stop == STOP_CANCELED ? REASON_CANCELED : reason;
    job->end.exit_code = job->end.signal = UNKNOWN;
    job->end.message = message;
    put_out(runner, job);
}
