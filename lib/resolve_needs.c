// SPDX-License-Identifier: GPL-2.0-or-later
// Which job needs which: explicitly, by files, by data. Each need once; then the order, or the circle that prevents one.
#include <string.h>

#include "lib/graph.h"
#include "lib/mem.h"
#include "lib/resolve.h"

enum { SHOWN = 10 }; /* jobs of a cycle that an error lists */

struct producers { /* of each user data: jobs[first[d]] … jobs[first[d + 1] - 1]; it may have several */
    size_t *first;
    uint32_t *jobs;
};

struct needs { /* what is being gathered for one job */
    uint32_t *seen; /* by job: the last job + 1 that needs it */
    size_t *first;  /* where each job's needs begin in workflow->needs */
};

static struct producers gather_producers(const struct workflow *workflow)
{
    struct producers producers = {
        .first = xcalloc(workflow->data_count + 2, sizeof *producers.first),
        .jobs = xcalloc(workflow->job_data_count + 1, sizeof *producers.jobs),
    };
    for (size_t i = 0; i < workflow->job_data_count; i++)
        if (workflow->job_data[i].role == ROLE_OUTPUT)
            producers.first[workflow->job_data[i].other + 2]++;
    for (size_t d = 0; d < workflow->data_count; d++)
        producers.first[d + 2] += producers.first[d + 1];
    for (size_t i = 0; i < workflow->job_data_count; i++)
        if (workflow->job_data[i].role == ROLE_OUTPUT)
            producers.jobs[producers.first[workflow->job_data[i].other + 1]++] = workflow->job_data[i].job;
    return producers;
}

static void add_need(struct resolver *resolver, struct needs *needs, uint32_t job, uint32_t need)
{
    struct workflow *workflow = resolver->workflow;
    if (needs->seen[need] == job + 1)
        return;
    needs->seen[need] = job + 1;
    workflow->needs = array_grow(workflow->needs, workflow->needs_count, &resolver->needs_space, sizeof *workflow->needs);
    workflow->needs[workflow->needs_count++] = (struct pair_row){.job = job, .other = need};
    workflow->jobs[job].unmet++;
}

static void add_explicit(struct resolver *resolver, struct needs *needs, uint32_t j)
{
    const struct spec_job *job = &resolver->spec->jobs[j];
    struct source *source = resolver->source;
    for (uint32_t i = 0; i < job->depends_on.count; i++) {
        const char *name = job->depends_on.items[i];
        int64_t found = names_find(&resolver->jobs, name);
        if (found != NAMES_NONE) {
            add_need(resolver, needs, j, (uint32_t)found);
            continue;
        }
        if (!name)
            continue;
        source_go_element(source, "jobs", job->place.index, job->place.offset);
        source_down_key(source, "depends_on");
        source_down_index(source, i);
        source_error(source, "no job is named %s%s", source_quote(source, name),
                     source_suggest(source, name, resolver->jobs.list, resolver->jobs.count, ""));
    }
}

/* A job that reads what it writes itself does not wait for itself. */
static void add_by_files(struct resolver *resolver, struct needs *needs, uint32_t j, size_t *at)
{
    const struct workflow *workflow = resolver->workflow;
    for (; *at < workflow->job_files_count && workflow->job_files[*at].job == j; ++*at) {
        const struct pair_row *pair = &workflow->job_files[*at];
        uint32_t producer = resolver->producer[pair->other];
        if (pair->role == ROLE_INPUT && producer != NO_JOB && producer != j)
            add_need(resolver, needs, j, producer);
    }
}

static void add_by_data(struct resolver *resolver, struct needs *needs, uint32_t j, size_t *at,
                        const struct producers *producers)
{
    const struct workflow *workflow = resolver->workflow;
    for (; *at < workflow->job_data_count && workflow->job_data[*at].job == j; ++*at) {
        const struct pair_row *pair = &workflow->job_data[*at];
        for (size_t i = producers->first[pair->other]; pair->role == ROLE_INPUT && i < producers->first[pair->other + 1]; i++)
            if (producers->jobs[i] != j)
                add_need(resolver, needs, j, producers->jobs[i]);
    }
}

/* Why job needs that one, when its depends_on does not say so: ` (file "x")`. */
static const char *need_reason(struct resolver *resolver, uint32_t job, uint32_t need)
{
    const struct workflow *workflow = resolver->workflow;
    const struct texts *explicit = &resolver->spec->jobs[job].depends_on;
    for (uint32_t i = 0; i < explicit->count; i++)
        if (names_find(&resolver->jobs, explicit->items[i]) == (int64_t)need)
            return "";
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
    return name ? source_quote(resolver->source, name) : arena_printf(resolver->source->arena, "jobs[%u]", resolver->spec->jobs[job].place.index);
}

/* "a" needs "b" (file "x") needs "a" */
static void report_cycle(void *context, const uint32_t *jobs, size_t count)
{
    struct resolver *resolver = context;
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
        source_error(source, "these jobs wait for each other, so none could ever start: %s needs %s%s", text, first,
                     need_reason(resolver, jobs[count - 1], jobs[0]));
}

static int32_t runtime_secs(const struct workflow *workflow, const struct job_row *job)
{
    int64_t secs = job->class_index < 0 ? 0 : workflow->classes[job->class_index].runtime_usec / 1000000;
    return secs > INT32_MAX ? INT32_MAX : (int32_t)secs;
}

static void rank_jobs(struct resolver *resolver, const size_t *first)
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
}

void resolve_needs(struct resolver *resolver)
{
    size_t n = resolver->workflow->jobs_count, at_file = 0, at_data = 0;
    struct producers producers = gather_producers(resolver->workflow);
    struct needs needs = {
        .seen = xcalloc(n + 1, sizeof *needs.seen),
        .first = xcalloc(n + 1, sizeof *needs.first),
    };
    for (uint32_t j = 0; j < n; j++) {
        needs.first[j] = resolver->workflow->needs_count;
        add_explicit(resolver, &needs, j);
        add_by_files(resolver, &needs, j, &at_file);
        add_by_data(resolver, &needs, j, &at_data, &producers);
    }
    needs.first[n] = resolver->workflow->needs_count;
    free(producers.first);
    free(producers.jobs);
    free(needs.seen);
    rank_jobs(resolver, needs.first);
    free(needs.first);
}
