// SPDX-License-Identifier: GPL-2.0-or-later
// A job's lists, clocks and stopping; job_start.c and job_end.c are its two ends.
#include "runner/job.h"

#include <signal.h>
#include <stdlib.h>

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/workflow/workflow.h"
#include "runner/ahead.h"
#include "runner/steps.h"

void job_hold(struct runner *runner, struct batch *batch, const struct claimed_job *claimed)
{
    struct job *job = xcalloc(1, sizeof *job);
    job->claimed = *claimed;
    job->batch = batch;
    batch->users++;
    job->phase = PHASE_HELD;
    job->held_usec = runner->now;
    TAILQ_INSERT_TAIL(&runner->held, job, link);
    runner->held_count++;
}

void batch_release(struct batch *batch)
{
    if (--batch->users)
        return;
    sync_reply_fini(&batch->reply);
    free(batch);
}

void job_destroy(struct runner *runner, struct job *job)
{
    switch (job->phase) {
    case PHASE_HELD:
        TAILQ_REMOVE(&runner->held, job, link);
        runner->held_count--;
        break;
    case PHASE_INPUTS:
    case PHASE_RUNNING:
    case PHASE_DYING:
        TAILQ_REMOVE(&runner->live, job, link);
        runner->live_count--;
        break;
    case PHASE_HINT:  // in no list
    case PHASE_ENDED: // taken out by whoever knows which list
        break;
    }
    ahead_drop(job);
    job_spec_fini(&job->spec);
    arena_destroy(job->arena);
    batch_release(job->batch);
    free(job);
}

struct job *job_find(struct job_list *list, int64_t job_id)
{
    struct job *job;
    TAILQ_FOREACH(job, list, link)
        if (job->claimed.job_id == job_id)
            return job;
    return NULL;
}

struct job *job_find_pid(struct job_list *live, pid_t pid)
{
    struct job *job;
    TAILQ_FOREACH(job, live, link)
        if (job->pid == pid)
            return job;
    return NULL;
}

void job_stop(struct runner *runner, struct job *job, enum stop why, int64_t grace_usec)
{
    if (why > job->stop)
        job->stop = why;
    if (job->phase == PHASE_INPUTS) {
        job_fail(runner, job, REASON_TERMINATED,
                 "it was stopped while it waited for its input files");
        return;
    }
    if (job->phase != PHASE_RUNNING)
        return;
    if (!job->signaled && grace_usec) {
        job->signaled = true;
        meter_job_signal(job->meter, job->how.signal);
        meter_job_signal(job->meter, SIGCONT); // a stopped process would never see it
    }
    int64_t kill_usec = runner->now + grace_usec;
    if (!job->kill_usec || kill_usec < job->kill_usec)
        job->kill_usec = kill_usec;
    if (!grace_usec)
        job_tick(runner, job);
}

static void sample(struct runner *runner, struct job *job)
{
    int64_t next_usec = USEC_PER_SEC;
    bool over = meter_job_sample(job->meter, runner->now - job->start_usec, &next_usec);
    job->due_usec = runner->now + next_usec;
    if (over && runner->settings.limits == LIMITS_ENFORCE)
        job_stop(runner, job, STOP_OOM, 0);
}

static void kill_job(struct runner *runner, struct job *job)
{
    meter_job_signal(job->meter, SIGKILL);
    if (job->claimed.flags & JOB_SRUN)
        steps_kill(runner, job);
    job->kill_usec =
        runner->now + USEC_PER_SEC / 10; // once more, for those that were born meanwhile
}

void job_tick(struct runner *runner, struct job *job)
{
    if (job->phase == PHASE_INPUTS && job->due_usec <= runner->now) {
        job_look_for_inputs(runner, job);
        return;
    }
    if (job->phase == PHASE_DYING && job->due_usec <= runner->now) {
        job_end(runner, job);
        return;
    }
    if (job->phase != PHASE_RUNNING)
        return;
    if (job->limit_usec && job->limit_usec <= runner->now && job->stop < STOP_TIMEOUT) {
        struct end_times times = settings_end_times(&runner->settings, runner->node.walltime_usec);
        job_stop(runner, job, STOP_TIMEOUT, times.margin_usec - times.headroom_usec);
    }
    if (job->kill_usec && job->kill_usec <= runner->now)
        kill_job(runner, job);
    else if (job->due_usec <= runner->now)
        sample(runner, job);
}

int64_t job_due(const struct job *job)
{
    int64_t due = job->due_usec ? job->due_usec : INT64_MAX;
    if (job->phase != PHASE_RUNNING)
        return due;
    if (job->kill_usec && job->kill_usec < due)
        due = job->kill_usec;
    if (job->limit_usec && job->stop < STOP_TIMEOUT && job->limit_usec < due)
        due = job->limit_usec;
    return due;
}
