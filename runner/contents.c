// SPDX-License-Identifier: GPL-2.0-or-later
// Both the list and the hasher keep the order, so that only the first one need be looked at.
#include "runner/contents.h"

#include <string.h>

#include "lib/base/clock.h"
#include "runner/hasher.h"

enum { WAIT_MOST_USEC = 10 * USEC_PER_SEC }; // a file system hangs, or much is to be read

int contents_init(struct runner *runner, struct error *err)
{
    int64_t most_bytes = hash_mode_bytes(runner->jobs.settings.hash);
    if (most_bytes >= 0)
        runner->hasher = hasher_create(most_bytes, err);
    return most_bytes >= 0 && !runner->hasher ? -1 : 0;
}

void contents_fini(struct runner *runner)
{
    struct job *job;
    TAILQ_FOREACH(job, &runner->hashing, link)
        hasher_forget(runner->hasher, job->hash_task);
    hasher_destroy(runner->hasher);
    runner->hasher = NULL;
}

static struct hash_task *ask(struct runner *runner, struct job *job)
{
    const struct claimed_job *claimed = &job->claimed;
    const char **paths = arena_alloc(job->arena, job->end.files_count * sizeof *paths);
    for (uint32_t i = 0; i < job->end.files_count; i++)
        paths[i] = i < claimed->inputs_count ? claimed->inputs[i]
                                             : claimed->outputs[i - claimed->inputs_count];
    return hasher_ask(runner->hasher, paths, job->seen, job->end.files_count);
}

bool contents_keep(struct runner *runner, struct job *job)
{
    if (!job->end.files_count || !runner->hasher || runner->intake.draining)
        return false;
    job->hash_task = ask(runner, job);
    if (!job->hash_task)
        return false;
    job->due_usec = runner->jobs.now + WAIT_MOST_USEC;
    TAILQ_INSERT_TAIL(&runner->hashing, job, link);
    runner->hashing_count++;
    return true;
}

struct job *contents_next(struct runner *runner)
{
    struct job *job = TAILQ_FIRST(&runner->hashing);
    if (!job)
        return NULL;
    if (!hasher_take(runner->hasher, job->hash_task, job->seen)) {
        if (job->due_usec > runner->jobs.now && !runner->intake.draining)
            return NULL;
        hasher_forget(runner->hasher, job->hash_task);
    }
    TAILQ_REMOVE(&runner->hashing, job, link);
    runner->hashing_count--;
    return job;
}

int64_t contents_due(const struct runner *runner)
{
    const struct job *first = TAILQ_FIRST(&runner->hashing);
    return first ? first->due_usec : INT64_MAX;
}
