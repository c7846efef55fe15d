// SPDX-License-Identifier: GPL-2.0-or-later
// The lists that a job is in, and what it owns.
#include "runner/job/job.h"

#include <stdlib.h>

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/store/start_log.h"
#include "runner/batch.h"
#include "runner/job/step_report.h"

void jobs_init(struct jobs *jobs)
{
    jobs->output.dir = -1;
    TAILQ_INIT(&jobs->held);
    TAILQ_INIT(&jobs->live);
    TAILQ_INIT(&jobs->ended);
}

int64_t jobs_clock_usec(const struct jobs *jobs)
{
    return clock_mono_usec() - jobs->suspended_usec;
}

void job_destroy(struct jobs *jobs, struct job *job)
{
    switch (job->phase) {
    case PHASE_HELD:
        TAILQ_REMOVE(&jobs->held, job, link);
        jobs->held_count--;
        break;
    case PHASE_INPUTS:
    case PHASE_RUNNING:
    case PHASE_DYING:
    case PHASE_DRAINING:
    case PHASE_OUTPUTS:
        TAILQ_REMOVE(&jobs->live, job, link);
        jobs->live_count--;
        break;
    case PHASE_HINT:  // in no list
    case PHASE_ENDED: // taken out by whoever knows which list
        break;
    }
    start_log_forget(jobs->starts, job->start_place);
    if (job->recording)
        recording_forget(jobs->recorder, job->recording);
    step_report_destroy(job->step);
    gpus_forget(job);
    job_drop_ahead(job);
    job_spec_fini(&job->spec);
    arena_destroy(job->arena);
    batch_release(job->batch);
    free(job);
}

void job_drop_ahead(struct job *job)
{
    while (job->ahead) {
        struct job *next = job->ahead;
        job->ahead = take_ptr(next->ahead);
        batch_release(next->batch);
        free(next);
    }
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
