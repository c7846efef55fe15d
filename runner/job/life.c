// SPDX-License-Identifier: GPL-2.0-or-later
// What is due while a job lives, and how it is told to end; start.c and end.c are its two ends.
#include "runner/job/life.h"

#include <signal.h>

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/workflow/workflow.h"
#include "runner/batch.h"
#include "runner/job/steps.h"

void job_hold(struct jobs *jobs, struct batch *batch, const struct claimed_job *claimed)
{
    struct job *job = xcalloc(1, sizeof *job);
    job->claimed = *claimed;
    job->batch = batch;
    batch->users++;
    job->phase = PHASE_HELD;
    job->held_usec = jobs->now;
    TAILQ_INSERT_TAIL(&jobs->held, job, link);
    jobs->held_count++;
}

bool job_looks_again(const struct jobs *jobs, struct job *job, int64_t since_usec)
{
    enum { FIRST_USEC = 20 * USEC_PER_MSEC, MOST_USEC = USEC_PER_SEC };
    if (jobs->now - since_usec >= (int64_t)jobs->settings.latency_wait_secs * USEC_PER_SEC)
        return false;
    int64_t pause_usec = FIRST_USEC << (job->tries < 6 ? job->tries++ : 6);
    job->due_usec = jobs->now + (pause_usec < MOST_USEC ? pause_usec : MOST_USEC);
    return true;
}

void job_stop(struct jobs *jobs, struct job *job, enum stop why, int64_t grace_usec)
{
    if (why > job->stop)
        job->stop = why;
    if (job->phase == PHASE_INPUTS) {
        job_fail(jobs, job, REASON_TERMINATED,
                 "it was stopped while it waited for its input files");
        return;
    }
    if (job->phase == PHASE_OUTPUTS) {
        job_look_for_outputs(jobs, job); // for the last time
        return;
    }
    if (job->phase != PHASE_RUNNING)
        return;
    if (!job->signaled && grace_usec) {
        job->signaled = true;
        steps_signal(jobs, job, job->how.signal);
        steps_signal(jobs, job, SIGCONT); // a stopped process would never see it
    }
    int64_t kill_usec = jobs->now + grace_usec;
    if (!job->kill_usec || kill_usec < job->kill_usec)
        job->kill_usec = kill_usec;
    if (!grace_usec)
        job_tick(jobs, job);
}

static void sample(struct jobs *jobs, struct job *job)
{
    int64_t next_usec = USEC_PER_SEC;
    bool over = meter_job_sample(job->meter, jobs->now - job->start_usec, &next_usec);
    job->due_usec = jobs->now + next_usec;
    steps_own(jobs, job);
    if (over && jobs->settings.limits == LIMITS_ENFORCE)
        job_stop(jobs, job, STOP_OOM, 0);
}

static void kill_job(struct jobs *jobs, struct job *job)
{
    steps_own(jobs, job);
    if (!job->step || !steps_kill(jobs, job))
        meter_job_signal(job->meter, SIGKILL);
    job->kill_usec = jobs->now + USEC_PER_SEC / 10; // once more, for those that were born meanwhile
}

void job_tick(struct jobs *jobs, struct job *job)
{
    if (job->phase == PHASE_INPUTS && job->due_usec <= jobs->now) {
        job_look_for_inputs(jobs, job);
        return;
    }
    if (job->phase == PHASE_DYING && job->due_usec <= jobs->now) {
        job_end(jobs, job);
        return;
    }
    if (job->phase == PHASE_DRAINING && job->due_usec <= jobs->now) {
        job_drain(jobs, job);
        return;
    }
    if (job->phase == PHASE_OUTPUTS && job->due_usec <= jobs->now) {
        job_look_for_outputs(jobs, job);
        return;
    }
    if (job->phase != PHASE_RUNNING)
        return;
    if (job->limit_usec && job->limit_usec <= jobs->now && job->stop < STOP_TIMEOUT) {
        struct end_times times = settings_end_times(&jobs->settings, jobs->node.walltime_usec);
        job_stop(jobs, job, STOP_TIMEOUT, times.margin_usec - times.headroom_usec);
    }
    if (job->kill_usec && job->kill_usec <= jobs->now)
        kill_job(jobs, job);
    else if (job->due_usec <= jobs->now)
        sample(jobs, job);
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
