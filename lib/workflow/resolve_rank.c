// SPDX-License-Identifier: GPL-2.0-or-later
// The order of the jobs, or the circles that prevent one.
#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/workflow/graph.h"
#include "lib/workflow/resolve.h"

enum { SHOWN = 10 }; // jobs of a cycle that an error lists

static bool selects(const struct resolver *resolver, const char *pattern, uint32_t need)
{
    const struct selections *all = &resolver->selections[SELECT_JOBS];
    int64_t found = names_find(&all->patterns, pattern);
    for (size_t i = 0; found != NAMES_NONE && i < all->list[found]->count; i++)
        if (all->list[found]->matches[i] == need)
            return true;
    return false;
}

// Why job needs that one, when its depends_on does not say so: ` (file "x")`.
static const char *need_reason(struct resolver *resolver, uint32_t job, uint32_t need)
{
    const struct workflow *workflow = resolver->workflow;
    const struct texts *explicit = &resolver->spec->jobs[job].depends_on;
    const struct texts *regexes = &resolver->spec->jobs[job].needs_regexes;
    for (uint32_t i = 0; i < explicit->count; i++)
        if (names_find(&resolver->jobs, explicit->items[i]) == (int64_t)need)
            return "";
    for (uint32_t i = 0; i < regexes->count; i++)
        if (selects(resolver, regexes->items[i], need))
            return arena_printf(resolver->source->arena, " (regex %s)",
                                source_quote(resolver->source, regexes->items[i]));
    for (size_t i = 0; i < workflow->job_files_count; i++) {
        const struct pair_row *pair = &workflow->job_files[i];
        if (pair->job == job && pair->role == ROLE_INPUT && resolver->producer[pair->other] == need)
            return arena_printf(resolver->source->arena, " (file %s)",
                                source_quote(resolver->source, resolver->files.list[pair->other]));
    }
    return " (user data)";
}

static const char *cycle_name(struct resolver *resolver, uint32_t job)
{
    const char *name = resolver->jobs.list[job];
    return name ? source_quote(resolver->source, name)
                : arena_printf(resolver->source->arena, "jobs[%u]",
                               resolver->spec->jobs[job].place.index);
}

// "a" needs "b" (file "x") needs "a"
static void say_cycle(struct resolver *resolver, const uint32_t *jobs, size_t count)
{
    struct source *source = resolver->source;
    const char *first = cycle_name(resolver, jobs[0]), *text = first;
    size_t shown = count <= SHOWN ? count : SHOWN;
    for (size_t i = 1; i < shown; i++)
        text = arena_printf(source->arena, "%s needs %s%s", text, cycle_name(resolver, jobs[i]),
                            need_reason(resolver, jobs[i - 1], jobs[i]));
    if (shown < count)
        text = arena_printf(source->arena, "%s needs … (%zu more jobs)", text, count - shown);
    const struct spec_place *place = &resolver->spec->jobs[jobs[0]].place;
    source_go_element(source, "jobs", place->index, place->offset);
    if (count == 1)
        source_error(source, "the job needs itself, so it could never start");
    else
        source_error(source,
                     "these jobs wait for each other, so none could ever start: %s needs %s%s",
                     text, first, need_reason(resolver, jobs[count - 1], jobs[0]));
}

// Barriers are nothing that users know.
static void report_cycle(void *context, const uint32_t *jobs, size_t count)
{
    struct resolver *resolver = context;
    cleanup_free uint32_t *real = xmalloc(count * sizeof *real);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (jobs[i] < resolver->spec->jobs_count)
            real[kept++] = jobs[i];
    say_cycle(resolver, real, kept);
}

static int32_t runtime_secs(const struct workflow *workflow, const struct job_row *job)
{
    int64_t secs =
        job->class_index < 0 ? 0 : workflow->classes[job->class_index].runtime_usec / 1000000;
    return secs > INT32_MAX ? INT32_MAX : (int32_t)secs;
}

static int compare(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int by_runtime_memory(const void *left, const void *right)
{
    const struct class_row *a = *(const struct class_row *const *)left,
                           *b = *(const struct class_row *const *)right;
    int order = compare(a->gpus_milli, b->gpus_milli);
    if (!order)
        order = compare(a->runtime_usec, b->runtime_usec);
    return order ? order : compare(a->memory_bytes, b->memory_bytes);
}

static int by_memory_runtime(const void *left, const void *right)
{
    const struct class_row *a = *(const struct class_row *const *)left,
                           *b = *(const struct class_row *const *)right;
    int order = compare(a->gpus_milli, b->gpus_milli);
    if (!order)
        order = compare(a->memory_bytes, b->memory_bytes);
    return order ? order : compare(a->runtime_usec, b->runtime_usec);
}

// The user's own order instead of the critical path: what asks for more goes first.
static void rank_by_class(struct workflow *workflow, enum sort_method method)
{
    int (*order)(const void *, const void *) =
        method == SORT_GPUS_RUNTIME_MEMORY ? by_runtime_memory : by_memory_runtime;
    size_t n = workflow->classes_count;
    cleanup_free const struct class_row **sorted = xcalloc(n + 1, sizeof *sorted);
    cleanup_free int32_t *rank = xcalloc(n + 1, sizeof *rank);
    for (size_t i = 0; i < n; i++)
        sorted[i] = &workflow->classes[i];
    if (n && method != SORT_NONE)
        qsort(sorted, n, sizeof *sorted, order);
    for (size_t i = 1; i < n && method != SORT_NONE; i++) {
        const int32_t *before = &rank[sorted[i - 1] - workflow->classes];
        rank[sorted[i] - workflow->classes] = *before + (order(&sorted[i - 1], &sorted[i]) != 0);
    }
    for (size_t j = 0; j < workflow->jobs_count; j++)
        workflow->jobs[j].rank =
            workflow->jobs[j].class_index < 0 ? 0 : rank[workflow->jobs[j].class_index];
}

void resolve_ranks(struct resolver *resolver, const size_t *first)
{
    struct workflow *workflow = resolver->workflow;
    size_t n = workflow->jobs_count;
    cleanup_free int32_t *secs = xcalloc(n + 1, sizeof *secs), *rank = xcalloc(n + 1, sizeof *rank);
    cleanup_free uint32_t *needs = xcalloc(workflow->needs_count + 1, sizeof *needs);
    for (size_t i = 0; i < workflow->needs_count; i++)
        needs[i] = workflow->needs[i].other;
    for (size_t j = 0; j < n; j++)
        secs[j] = runtime_secs(workflow, &workflow->jobs[j]);
    struct graph graph = {.jobs_count = n, .first = first, .needs = needs};
    graph_rank(&graph, secs, rank, report_cycle, resolver);
    for (size_t j = 0; j < n; j++)
        workflow->jobs[j].rank = rank[j];
    if (resolver->spec->sort_method != SORT_PATH)
        rank_by_class(workflow, (enum sort_method)resolver->spec->sort_method);
}
