// SPDX-License-Identifier: GPL-2.0-or-later
// What is hung behind a job is neither claimed nor counted; it becomes a job of ours when it
// starts.
#include "runner/ahead.h"

#include <stdlib.h>

#include "lib/base/mem.h"
#include "runner/batch.h"
#include "runner/end_time.h"
#include "runner/job/life.h"

enum { ENOUGH = 16 }; // a chain of so many needs no more yet

static struct job *find_last(struct job_list *list, int64_t job_id)
{
    struct job *job, *last;
    TAILQ_FOREACH(job, list, link) {
        for (last = job; last->ahead;)
            last = last->ahead;
        if (last->claimed.job_id == job_id)
            return last;
    }
    return NULL;
}

void ahead_take(struct runner *runner, struct batch *batch)
{
    struct job *last = NULL;
    for (uint32_t i = 0; i < batch->reply.hints_count; i++) {
        const struct claimed_job *hint = &batch->reply.hints[i];
        if (!last || last->claimed.job_id != hint->after)
            last = find_last(&runner->jobs.live, hint->after);
        if (!last)
            last = find_last(&runner->jobs.held, hint->after);
        if (!last)
            last = find_last(&runner->hashing, hint->after);
        if (!last)
            continue;
        struct job *job = xcalloc(1, sizeof *job);
        job->claimed = *hint;
        job->phase = PHASE_HINT;
        job->taken = true;
        job->batch = batch;
        batch->users++;
        last = last->ahead = job;
    }
}

static bool may_follow(struct runner *runner, const struct job *job)
{
    int64_t left_usec = end_time_left_usec(&runner->end_time, &runner->jobs); // 0: no end
    return job->end.state == JOB_COMPLETED && intake_is_open(&runner->intake) &&
           !runner->jobs.held_count &&
           (!left_usec || job->ahead->claimed.runtime_usec <= left_usec);
}

void ahead_go_on(struct runner *runner, struct job *job)
{
    if (!job->ahead)
        return;
    if (!may_follow(runner, job)) {
        job_drop_ahead(job);
        return;
    }
    struct job *next = take_ptr(job->ahead);
    next->phase = PHASE_HELD;
    next->held_usec = runner->jobs.now;
    TAILQ_INSERT_TAIL(&runner->jobs.held, next, link);
    runner->jobs.held_count++;
    if (!job_begin(&runner->jobs, next)) {
        job_destroy(&runner->jobs, next);
    } else if (next->phase == PHASE_INPUTS) { // not visible yet: the store gives it to whoever
                                              // asks, when it is ready
        node_give(&runner->jobs.node, &next->share);
        job_destroy(&runner->jobs, next);
    }
}

static uint32_t ask(const struct job_list *list, int64_t *ids, uint32_t most)
{
    uint32_t count = 0;
    const struct job *job, *last;
    TAILQ_FOREACH(job, list, link) {
        int length = 0;
        for (last = job; last->ahead; last = last->ahead)
            length++;
        if (length < ENOUGH && count < most && job->stop == STOP_NONE)
            ids[count++] = last->claimed.job_id;
    }
    return count;
}

uint32_t ahead_ask(const struct runner *runner, int64_t *ids, uint32_t most)
{
    uint32_t count = ask(&runner->hashing, ids, most);
    return count + ask(&runner->jobs.live, ids + count, most - count);
}

bool ahead_has_any(const struct runner *runner)
{
    const struct job *job;
    TAILQ_FOREACH(job, &runner->jobs.live, link)
        if (job->ahead)
            return true;
    return ahead_cpus(runner) > 0;
}

int32_t ahead_cpus(const struct runner *runner)
{
    int32_t cpus = 0;
    const struct job *job;
    TAILQ_FOREACH(job, &runner->hashing, link)
        cpus += job->ahead ? job->ahead->claimed.cpus : 0;
    return cpus;
}
