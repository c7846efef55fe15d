// SPDX-License-Identifier: GPL-2.0-or-later
// The store says in every reply what is to be cleared, until it was told that it is.
#include "runner/shares.h"

#include <stdlib.h>

#include "lib/base/mem.h"
#include "runner/job/life.h"
#include "runner/job/steps.h"

// What was cleared: in `now` since the last request, in `sent` with it.
struct share_ends {
    struct share_end *list;
    struct step_files *files;
    struct arena *arena;
    uint32_t count;
    size_t space, files_space;
};
static struct share_ends now, sent;
static int64_t *doubts;
static size_t doubts_space;

static bool is_doubtful(const struct job *job)
{
    return job->claimed.nodes > 1 && job->stop == STOP_NONE &&
           (job->end.state == JOB_FAILED || job->end.state == JOB_PENDING_FAILED ||
            job->end.retry) &&
           (job->end.reason == REASON_EXIT || job->end.reason == REASON_SIGNAL ||
            job->end.reason == REASON_OOM);
}

bool shares_keep(struct runner *runner, struct job *job)
{
    if (!is_doubtful(job) || runner->intake.draining)
        return false;
    TAILQ_INSERT_TAIL(&runner->doubted, job, link);
    runner->doubted_count++;
    runner->urgent = true;
    return true;
}

static struct job *take_out(struct runner *runner, struct job *job)
{
    TAILQ_REMOVE(&runner->doubted, job, link);
    runner->doubted_count--;
    return job;
}

struct job *shares_next(struct runner *runner)
{
    struct job *job;
    TAILQ_FOREACH(job, &runner->doubted, link)
        if (job->settled || runner->intake.draining)
            return take_out(runner, job);
    return NULL;
}

static void drop(struct share_ends *ends)
{
    if (ends->arena)
        arena_destroy(ends->arena);
    free(ends->list);
    free(ends->files);
    *ends = (struct share_ends){0};
}

void shares_fill(struct runner *runner, struct sync_request *request)
{
    struct job *job;
    sent = now;
    now = (struct share_ends){0};
    request->shares = sent.list;
    request->shares_count = sent.count;
    TAILQ_FOREACH(job, &runner->doubted, link) {
        doubts = array_grow(doubts, request->doubts_count, &doubts_space, sizeof *doubts);
        doubts[request->doubts_count++] = job->claimed.job_id;
    }
    request->doubts = doubts;
}

static bool is_attempt(const struct job *job, const struct share_end *share)
{
    return job && job->claimed.run_id == share->run_id &&
           job->claimed.attempt_id == share->attempt_id;
}

// A job that was started here, and is not this runner's any more, as one of its nodes died.
static bool end_own(struct runner *runner, const struct share_end *share)
{
    struct job *job = job_find(&runner->jobs.live, share->job_id);
    if (is_attempt(job, share)) {
        if (job->stop != STOP_REFUSED)
            job_stop(&runner->jobs, job, STOP_REFUSED, 0);
        return true;
    }
    job = job_find(&runner->doubted, share->job_id);
    if (is_attempt(job, share))
        job_destroy(&runner->jobs, take_out(runner, job));
    return false;
}

static void clear(struct runner *runner, const struct share_end *share)
{
    if (!now.arena)
        now.arena = arena_create();
    now.list = array_grow(now.list, now.count, &now.space, sizeof *now.list);
    now.files = array_grow(now.files, now.count, &now.files_space, sizeof *now.files);
    now.list[now.count] = *share;
    steps_of_share(&runner->jobs, now.arena, &now.list[now.count], &now.files[now.count]);
    now.count++;
    runner->urgent = true;
}

void shares_take(struct runner *runner, const struct sync_reply *reply)
{
    struct job *job;
    for (uint32_t i = 0; i < sent.count; i++)
        step_files_remove(&sent.files[i]);
    drop(&sent);
    for (uint32_t i = 0; i < reply->shares_count; i++)
        if (!end_own(runner, &reply->shares[i]))
            clear(runner, &reply->shares[i]);
    for (uint32_t i = 0; i < reply->settled_count; i++)
        if ((job = job_find(&runner->doubted, reply->settled[i])))
            job->settled = true;
    runner->shares_open = reply->shares_open + (int32_t)now.count;
}

void shares_fini(struct runner *runner)
{
    struct job *job;
    while ((job = TAILQ_FIRST(&runner->doubted)))
        job_destroy(&runner->jobs, take_out(runner, job));
    drop(&now);
    drop(&sent);
    free(doubts);
    doubts = NULL;
    doubts_space = 0;
}
