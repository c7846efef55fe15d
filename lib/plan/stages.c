// SPDX-License-Identifier: GPL-2.0-or-later
// Stages by peeling off jobs whose needs are done; the critical path by following the longest rest
// down. The order in which jobs are claimed says nothing here: the user may have chosen another
// one.
#include "lib/plan/stages.h"

#include <stdlib.h>

#include "lib/base/mem.h"

// The jobs that need job j are list[first[j]] … list[first[j + 1] - 1].
struct dependents {
    size_t *first;
    uint32_t *list;
};

static struct dependents find_dependents(const struct workflow *w)
{
    struct dependents d = {xcalloc(w->jobs_count + 2, sizeof *d.first),
                           xcalloc(w->needs_count + 1, sizeof *d.list)};
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

// order: all jobs, each behind its needs.
static void find_stages(struct stages *stages, const struct workflow *w, const struct dependents *d,
                        uint32_t *order)
{
    cleanup_free uint32_t *unmet = xcalloc(w->jobs_count + 1, sizeof *unmet);
    cleanup_free uint32_t *stack = xcalloc(w->jobs_count + 1, sizeof *stack);
    size_t top = 0, done = 0;
    for (size_t i = 0; i < w->needs_count; i++)
        unmet[w->needs[i].job]++;
    for (uint32_t j = 0; j < w->jobs_count; j++)
        if (!unmet[j])
            stack[top++] = j;
    while (top) {
        uint32_t job = order[done++] = stack[--top];
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

// Of a list of jobs the one with the longest rest, the first of them; UINT32_MAX: the list is
// empty.
static uint32_t longest(const int64_t *rest, const uint32_t *list, size_t count)
{
    uint32_t best = UINT32_MAX;
    for (size_t i = 0; i < count; i++)
        if (best == UINT32_MAX || rest[list[i]] > rest[best])
            best = list[i];
    return best;
}

static void find_path(struct stages *stages, const struct workflow *w, const struct dependents *d,
                      const uint32_t *order)
{
    uint32_t at = UINT32_MAX;
    cleanup_free int64_t *rest =
        xcalloc(w->jobs_count + 1, sizeof *rest); // from here to the end, in microseconds
    for (size_t i = w->jobs_count; i-- > 0;) {
        uint32_t job = order[i],
                 next = longest(rest, d->list + d->first[job], d->first[job + 1] - d->first[job]);
        int64_t own = is_job(w, job) ? w->classes[w->jobs[job].class_index].runtime_usec : 0;
        if (__builtin_add_overflow(own, next == UINT32_MAX ? 0 : rest[next], &rest[job]))
            rest[job] = INT64_MAX;
    }
    for (uint32_t j = 0; j < w->jobs_count; j++)
        if (at == UINT32_MAX || rest[j] > rest[at])
            at = j;
    stages->path = xcalloc(w->jobs_count + 1, sizeof *stages->path);
    if (at != UINT32_MAX)
        stages->path_usec = rest[at];
    for (; at != UINT32_MAX;
         at = longest(rest, d->list + d->first[at], d->first[at + 1] - d->first[at]))
        if (is_job(w, at))
            stages->path[stages->path_count++] = at;
}

void stages_make(struct stages *stages, const struct workflow *workflow)
{
    struct dependents d = find_dependents(workflow);
    *stages = (struct stages){.of_job = xcalloc(workflow->jobs_count + 1, sizeof *stages->of_job)};
    cleanup_free uint32_t *order = xcalloc(workflow->jobs_count + 1, sizeof *order);
    find_stages(stages, workflow, &d, order);
    find_path(stages, workflow, &d, order);
    free(d.first);
    free(d.list);
}

void stages_fini(struct stages *stages)
{
    free(stages->of_job);
    free(stages->path);
    *stages = (struct stages){0};
}
