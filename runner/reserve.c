// SPDX-License-Identifier: GPL-2.0-or-later
#include "runner/reserve.h"

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/store/pack.h"
#include "lib/workflow/workflow.h"

enum { PATIENCE_LEAST_USEC = USEC_PER_SEC, PATIENCE_MOST_USEC = 60 * USEC_PER_SEC };

// One that named no class runs on whatever there is.
static struct pack_shape shape_of(const struct claimed_job *job, const struct node *node)
{
    struct pack_shape shape = {job->cpus, job->gpus_milli, job->memory_bytes};
    const struct pack_shape all = {node->cpus, node->gpus_count * GPU_WHOLE, node->memory_bytes};
    if (!job->enforced)
        pack_shape_limit(&shape, &all);
    return shape;
}

static struct pack_shape free_of(const struct node *node)
{
    return (struct pack_shape){node->cpus_free, node_gpus_free_milli(node), node->memory_free};
}

// When what runs, by its declared runtimes, leaves enough for the job.
static int64_t starts_at(const struct jobs *jobs, const struct job *job)
{
    static const int64_t most = INT64_MAX / 4;
    cleanup_free struct pack_end *ends = xcalloc(jobs->live_count + 1, sizeof *ends);
    struct pack_shape need = shape_of(&job->claimed, &jobs->node), free = free_of(&jobs->node);
    size_t count = 0;
    const struct job *live;
    TAILQ_FOREACH(live, &jobs->live, link)
        ends[count++] = (struct pack_end){
            .usec = (live->start_usec ? live->start_usec : jobs->now) +
                    (live->claimed.runtime_usec < most ? live->claimed.runtime_usec : most),
            .shape = {live->share.cpus, live->share.gpus_milli, live->share.memory_bytes}};
    return pack_fits_at(&free, &need, jobs->now, ends, count);
}

bool reserve_keeps(const struct reservation *r, const struct job *job)
{
    return r->job_id == job->claimed.job_id && !job->goes_back;
}

static struct job *kept_job(const struct reservation *r, const struct jobs *jobs)
{
    struct job *job;
    if (!r->job_id)
        return NULL;
    TAILQ_FOREACH(job, &jobs->held, link)
        if (reserve_keeps(r, job))
            return job;
    return NULL;
}

static void give_up(struct reservation *r, struct job *job)
{
    job->goes_back = true;
    *r = (struct reservation){0};
}

// Room is kept for the job, if it can start early enough to have its time.
static void keep(struct reservation *r, const struct jobs *jobs, struct job *job)
{
    int64_t at = starts_at(jobs, job), last = INT64_MAX;
    if (r->left_usec && job->claimed.enforced && !(job->claimed.flags & JOB_SUPPORTS_TERMINATION))
        last = jobs->now + r->left_usec - job->claimed.runtime_usec;
    if (at == INT64_MAX || at > last)
        give_up(r, job);
    else
        *r = (struct reservation){
            .job_id = job->claimed.job_id,
            .until_usec = at + PATIENCE_MOST_USEC < last ? at + PATIENCE_MOST_USEC : last};
}

void reserve_fill(struct reservation *r, struct jobs *jobs, struct claim_request *claim)
{
    struct job *job = kept_job(r, jobs);
    if (!job && r->job_id)
        *r = (struct reservation){0}; // it has started, or is canceled
    struct pack_shape free = free_of(&jobs->node);
    struct pack_shape need = job ? shape_of(&job->claimed, &jobs->node) : free;
    // what fits by its figures and was not started lacks something else: parts of several GPUs
    if (job && (jobs->now > r->until_usec || pack_shape_fits(&need, &free))) {
        give_up(r, job);
    } else if (job) {
        int64_t usec = starts_at(jobs, job) - jobs->now;
        claim->prefetch = 0;
        claim->runtime_most_usec = usec > 0 ? usec : 1;
    } else if (r->passed_usec && jobs->now - r->passed_usec >= r->patience_usec) {
        *r = (struct reservation){.asked = true};
        claim->max_jobs = 0;
        claim->prefetch = 1; // the first of those that would fit an empty runner
    }
    r->looked = claim->max_jobs > 0;
    r->left_usec = claim->time_left_usec;
}

static void pass(struct reservation *r, const struct jobs *jobs, int64_t runtime_usec)
{
    if (r->passed_usec || r->job_id || r->asked)
        return;
    r->passed_usec = jobs->now;
    r->patience_usec = runtime_usec < PATIENCE_LEAST_USEC  ? PATIENCE_LEAST_USEC
                       : runtime_usec > PATIENCE_MOST_USEC ? PATIENCE_MOST_USEC
                                                           : runtime_usec;
}

bool reserve_heard(struct reservation *r, struct jobs *jobs, const struct sync_reply *reply)
{
    struct job *job = TAILQ_LAST(&jobs->held, job_list);
    bool asked = r->asked;
    r->asked = false;
    if (asked && reply->claimed_count && job)
        keep(r, jobs, job);
    else if (reply->passed_usec)
        pass(r, jobs, reply->passed_usec);
    else if (r->looked && !r->job_id && !jobs->held_count)
        r->passed_usec = 0;
    return asked; // for what else may start
}

void reserve_passed(struct reservation *r, const struct jobs *jobs, const struct job *job)
{
    pass(r, jobs, job->claimed.runtime_usec);
}
