// SPDX-License-Identifier: GPL-2.0-or-later
// Stages by peeling off jobs whose needs are done; the critical path by following the ranks down.
#include "lib/stages.h"

#include <stdlib.h>

#include "lib/mem.h"

/* The jobs that need job j are list[first[j]] … list[first[j + 1] - 1]. */
struct dependents {
    size_t *first;
    uint32_t *list;
};

static struct dependents find_dependents(const struct workflow *w)
{
    struct dependents d = {xcalloc(w->jobs_count + 2, sizeof *d.first), xcalloc(w->needs_count + 1, sizeof *d.list)};
    for (size_t i = 0; i < w->needs_count; i++)
        d.first[w->needs[i].other + 2]++;
    for (size_t j = 2; j < w->jobs_count + 2; j++)
        d.first[j] += d.first[j - 1];
    for (size_t i = 0; i < w->needs_count; i++)
        d.list[d.first[w->needs[i].other + 1]++] = w->needs[i].job;
    return d;
}

static bool is_job(const struct workflow *w, uint32_t job)
{
    return w->jobs[job].class_index >= 0;
}

static void find_stages(struct stages *stages, const struct workflow *w, const struct dependents *d)
{
    cleanup_free uint32_t *unmet = xcalloc(w->jobs_count + 1, sizeof *unmet);
    cleanup_free uint32_t *stack = xcalloc(w->jobs_count + 1, sizeof *stack);
    size_t top = 0;
    for (size_t i = 0; i < w->needs_count; i++)
        unmet[w->needs[i].job]++;
    for (uint32_t j = 0; j < w->jobs_count; j++)
        if (!unmet[j])
            stack[top++] = j;
    while (top) {
        uint32_t job = stack[--top];
        stages->of_job[job] += is_job(w, job);
        if (stages->of_job[job] > stages->count)
            stages->count = stages->of_job[job];
        for (size_t i = d->first[job]; i < d->first[job + 1]; i++) {
            uint32_t dependent = d->list[i];
            if (stages->of_job[dependent] < stages->of_job[job])
                stages->of_job[dependent] = stages->of_job[job];
            if (--unmet[dependent] == 0)
                stack[top++] = dependent;
        }
    }
}

/* Of a list of jobs the one with the highest rank, the first of them; UINT32_MAX: the list is empty. */
static uint32_t highest(const struct workflow *w, const uint32_t *list, size_t count)
{
    uint32_t best = UINT32_MAX;
    for (size_t i = 0; i < count; i++)
        if (best == UINT32_MAX || w->jobs[list[i]].rank > w->jobs[best].rank)
            best = list[i];
    return best;
}

static void find_path(struct stages *stages, const struct workflow *w, const struct dependents *d)
{
    uint32_t at = UINT32_MAX;
    for (uint32_t j = 0; j < w->jobs_count; j++)
        if (at == UINT32_MAX || w->jobs[j].rank > w->jobs[at].rank)
            at = j;
    stages->path = xcalloc(w->jobs_count + 1, sizeof *stages->path);
    if (at != UINT32_MAX)
        stages->path_usec = w->jobs[at].rank * INT64_C(1000000);
    for (; at != UINT32_MAX; at = highest(w, d->list + d->first[at], d->first[at + 1] - d->first[at]))
        if (is_job(w, at))
            stages->path[stages->path_count++] = at;
}

void stages_make(struct stages *stages, const struct workflow *workflow)
{
    struct dependents d = find_dependents(workflow);
    *stages = (struct stages){.of_job = xcalloc(workflow->jobs_count + 1, sizeof *stages->of_job)};
    find_stages(stages, workflow, &d);
    find_path(stages, workflow, &d);
    free(d.first);
    free(d.list);
}

void stages_fini(struct stages *stages)
{
    free(stages->of_job);
    free(stages->path);
    *stages = (struct stages){0};
}
