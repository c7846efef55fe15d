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
static struct share_end *told; // what was signaled here, and has not ended yet
static size_t told_count, told_space;
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

static struct share_end *add(const struct share_end *share)
{
    if (!now.arena)
        now.arena = arena_create();
    now.list = array_grow(now.list, now.count, &now.space, sizeof *now.list);
    now.files = array_grow(now.files, now.count, &now.files_space, sizeof *now.files);
    now.files[now.count] = (struct step_files){0};
    now.list[now.count] = *share;
    return &now.list[now.count++];
}

// Whoever has ended meanwhile is cleared up everywhere.
static void add_signals(struct runner *runner)
{
    struct job *job;
    TAILQ_FOREACH(job, &runner->jobs.live, link) {
        if (job->signal_elsewhere)
            add(&(struct share_end){.job_id = job->claimed.job_id,
                                    .run_id = job->claimed.run_id,
                                    .attempt_id = job->claimed.attempt_id,
                                    .signal = job->signal_elsewhere});
        job->signal_elsewhere = 0;
    }
    runner->jobs.signals_unsent = 0;
}

void shares_fill(struct runner *runner, struct sync_request *request)
{
    struct job *job;
    if (runner->jobs.signals_unsent)
        add_signals(runner);
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
    struct share_end *own = add(share);
    steps_of_share(&runner->jobs, now.arena, own, &now.files[now.count - 1]);
    runner->urgent = true;
}

static bool was_told(const struct share_end *share)
{
    for (size_t i = 0; i < told_count; i++)
        if (told[i].job_id == share->job_id && told[i].run_id == share->run_id &&
            told[i].attempt_id == share->attempt_id)
            return true;
    return false;
}

// Every reply names them until they have ended.
static void signal_once(const struct runner *runner, const struct sync_reply *reply)
{
    const struct share_end *shares = reply->shares;
    for (uint32_t i = 0; i < reply->shares_count; i++)
        if (shares[i].signal && !was_told(&shares[i]))
            steps_signal_share(&runner->jobs, &shares[i]);
    told_count = 0;
    for (uint32_t i = 0; i < reply->shares_count; i++) {
        told = array_grow(told, told_count, &told_space, sizeof *told);
        told[told_count] = shares[i];
        told_count += shares[i].signal != 0;
    }
}

void shares_take(struct runner *runner, const struct sync_reply *reply)
{
    struct job *job;
    for (uint32_t i = 0; i < sent.count; i++)
        step_files_remove(&sent.files[i]);
    drop(&sent);
    signal_once(runner, reply);
    for (uint32_t i = 0; i < reply->shares_count; i++)
        if (!reply->shares[i].signal && !end_own(runner, &reply->shares[i]))
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
    free(told);
    told = NULL;
    told_count = told_space = 0;
}
