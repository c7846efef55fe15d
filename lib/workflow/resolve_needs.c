// SPDX-License-Identifier: GPL-2.0-or-later
// Which job needs which: explicitly, by regexes, by files, by data. Each need once, and through
// barriers where many need many.
#include <string.h>

#include "lib/base/mem.h"
#include "lib/workflow/resolve.h"
#include "lib/workflow/resolve_barriers.h"

struct producers { // of each user data: jobs[first[d]] … jobs[first[d + 1] - 1]; it may have
                   // several
    size_t *first;
    uint32_t *jobs;
};

struct needs { // what is being gathered
    struct resolver *resolver;
    struct producers producers;
    struct barriers barriers;
    // by job: the last stamp it was added with; there is one for each job and pass
    uint32_t *seen, stamp;
    uint32_t *list; // of one job: what it needs, but for what regexes say
    size_t count, space;
    size_t at_file, at_data; // in workflow->job_files and job_data: the next job's
    size_t *first;           // where each job's needs begin in workflow->needs
    bool counting; // the first pass: who needs what together; the second one adds the needs
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
            producers.jobs[producers.first[workflow->job_data[i].other + 1]++] =
                workflow->job_data[i].job;
    return producers;
}

static void gather(struct needs *needs, uint32_t need)
{
    if (needs->seen[need] == needs->stamp)
        return;
    needs->seen[need] = needs->stamp;
    needs->list = array_grow(needs->list, needs->count, &needs->space, sizeof *needs->list);
    needs->list[needs->count++] = need;
}

static void gather_explicit(struct needs *needs, uint32_t j)
{
    struct resolver *resolver = needs->resolver;
    const struct spec_job *job = &resolver->spec->jobs[j];
    struct source *source = resolver->source;
    for (uint32_t i = 0; i < job->depends_on.count; i++) {
        const char *name = job->depends_on.items[i];
        int64_t found = names_find(&resolver->jobs, name);
        if (found != NAMES_NONE)
            gather(needs, (uint32_t)found);
        if (found != NAMES_NONE || !name || !needs->counting)
            continue;
        source_go_element(source, "jobs", job->place.index, job->place.offset);
        source_down_key(source, "depends_on");
        source_down_index(source, i);
        source_error(source, "no job is named %s%s", source_quote(source, name),
                     source_suggest(source, name, resolver->jobs.list, resolver->jobs.count, ""));
    }
}

// A job that reads what it writes itself does not wait for itself.
static void gather_by_files(struct needs *needs, uint32_t j)
{
    const struct workflow *workflow = needs->resolver->workflow;
    for (;
         needs->at_file < workflow->job_files_count && workflow->job_files[needs->at_file].job == j;
         needs->at_file++) {
        const struct pair_row *pair = &workflow->job_files[needs->at_file];
        uint32_t producer = needs->resolver->producer[pair->other];
        if (pair->role == ROLE_INPUT && !pair->by_regex && producer != NO_JOB && producer != j)
            gather(needs, producer);
    }
}

static void gather_by_data(struct needs *needs, uint32_t j)
{
    const struct workflow *workflow = needs->resolver->workflow;
    const struct producers *producers = &needs->producers;
    for (; needs->at_data < workflow->job_data_count && workflow->job_data[needs->at_data].job == j;
         needs->at_data++) {
        const struct pair_row *pair = &workflow->job_data[needs->at_data];
        if (pair->role != ROLE_INPUT || pair->by_regex)
            continue;
        for (size_t i = producers->first[pair->other]; i < producers->first[pair->other + 1]; i++)
            if (producers->jobs[i] != j)
                gather(needs, producers->jobs[i]);
    }
}

// ---- groups: all jobs that a regex selects, or that write what it selects ----

static int compare_jobs(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static void group_add(struct need_group *group, size_t *space, uint32_t job)
{
    if (job == NO_JOB)
        return;
    group->jobs = array_grow(group->jobs, group->count, space, sizeof *group->jobs);
    group->jobs[group->count++] = job;
}

static void make_group(struct needs *needs, enum select_kind kind, struct selection *selection)
{
    struct need_group *group = &selection->group;
    const struct producers *producers = &needs->producers;
    size_t space = 0, kept = 0;
    for (size_t i = 0; i < selection->count; i++) {
        uint32_t match = selection->matches[i];
        if (kind == SELECT_JOBS)
            group_add(group, &space, match);
        else if (kind == SELECT_FILES)
            group_add(group, &space, needs->resolver->producer[match]);
        else
            for (size_t k = producers->first[match]; k < producers->first[match + 1]; k++)
                group_add(group, &space, producers->jobs[k]);
    }
    if (group->count)
        qsort(group->jobs, group->count, sizeof *group->jobs, compare_jobs);
    for (size_t i = 0; i < group->count; i++)
        if (!i || group->jobs[i] != group->jobs[i - 1])
            group->jobs[kept++] = group->jobs[i];
    group->count = kept;
    group->label = selection->pattern;
    selection->grouped = true;
}

// The group of a regex; NULL when it has none. Regexes over jobs are matched here, those over files
// and data were before.
static struct need_group *find_group(struct needs *needs, enum select_kind kind,
                                     const char *pattern)
{
    const struct selections *all = &needs->resolver->selections[kind];
    struct selection *selection = NULL;
    if (kind == SELECT_JOBS && needs->counting) {
        selection = resolve_selection(needs->resolver, kind, pattern);
    } else {
        int64_t found = names_find(&all->patterns, pattern);
        selection = found == NAMES_NONE || all->list[found]->wrong ? NULL : all->list[found];
    }
    if (selection && !selection->grouped)
        make_group(needs, kind, selection);
    return selection ? &selection->group : NULL;
}

static void add_need(struct needs *needs, uint32_t job, uint32_t need)
{
    struct resolver *resolver = needs->resolver;
    struct workflow *workflow = resolver->workflow;
    workflow->needs = array_grow(workflow->needs, workflow->needs_count, &resolver->needs_space,
                                 sizeof *workflow->needs);
    workflow->needs[workflow->needs_count++] = (struct pair_row){.job = job, .other = need};
    workflow->jobs[job].unmet++;
}

// The job needs all of the group but itself; when it is one of them it cannot wait for the group's
// barrier.
static void need_group(struct needs *needs, struct need_group *group, uint32_t j)
{
    bool inside = group->count && bsearch(&j, group->jobs, group->count, sizeof j, compare_jobs);
    if (needs->counting) {
        if (!inside)
            barriers_announce(&needs->barriers, group, j);
        return;
    }
    uint32_t barrier =
        inside ? NO_JOB : barriers_find(&needs->barriers, group, group->jobs, group->count, j);
    if (barrier != NO_JOB)
        add_need(needs, j, barrier);
    for (size_t i = 0; i < group->count && barrier == NO_JOB; i++)
        if (group->jobs[i] != j)
            gather(needs, group->jobs[i]);
}

static void need_by_regexes(struct needs *needs, uint32_t j, enum select_kind kind,
                            const struct texts *regexes)
{
    struct source *source = needs->resolver->source;
    const struct spec_job *job = &needs->resolver->spec->jobs[j];
    for (uint32_t i = 0; i < regexes->count; i++) {
        if (!regexes->items[i])
            continue;
        source_go_element(source, "jobs", job->place.index, job->place.offset);
        source_down_key(source, "depends_on_regexes");
        source_down_index(source, i);
        struct need_group *group = find_group(needs, kind, regexes->items[i]);
        if (group)
            need_group(needs, group, j);
    }
}

static void need_listed(struct needs *needs, uint32_t j, size_t listed)
{
    uint32_t barrier = NO_JOB;
    if (listed >= BARRIER_LEAST) {
        struct need_group *group = barriers_group(&needs->barriers, needs->list, listed);
        if (needs->counting)
            barriers_announce(&needs->barriers, group, j);
        else
            barrier = barriers_find(&needs->barriers, group, needs->list, listed, j);
    }
    if (barrier != NO_JOB)
        add_need(needs, j, barrier);
    for (size_t i = barrier == NO_JOB ? 0 : listed; i < needs->count && !needs->counting; i++)
        add_need(needs, j, needs->list[i]);
}

static void pass(struct needs *needs, bool counting)
{
    const struct spec *spec = needs->resolver->spec;
    needs->counting = counting;
    needs->at_file = needs->at_data = 0;
    for (uint32_t j = 0; j < spec->jobs_count; j++) {
        const struct spec_job *job = &spec->jobs[j];
        needs->stamp++;
        needs->count = 0;
        needs->first[j] = needs->resolver->workflow->needs_count;
        gather_explicit(needs, j);
        gather_by_files(needs, j);
        gather_by_data(needs, j);
        size_t listed = needs->count;
        need_by_regexes(needs, j, SELECT_JOBS, &job->needs_regexes);
        need_by_regexes(needs, j, SELECT_FILES, &job->input_file_regexes);
        need_by_regexes(needs, j, SELECT_DATA, &job->input_data_regexes);
        need_listed(needs, j, listed);
    }
}

static void add_barriers(struct needs *needs)
{
    struct workflow *workflow = needs->resolver->workflow;
    size_t jobs = needs->resolver->spec->jobs_count, count = needs->barriers.count;
    workflow->jobs = xrealloc(workflow->jobs, jobs + count + 1, sizeof *workflow->jobs);
    needs->first = xrealloc(needs->first, jobs + count + 1, sizeof *needs->first);
    for (size_t i = 0; i < count; i++) {
        const struct barrier *barrier = &needs->barriers.list[i];
        workflow->jobs[jobs + i] =
            (struct job_row){.name = barrier->name,
                             .class_index = -1,
                             .flags = barrier->cancels ? JOB_CANCEL_ON_BLOCKING_FAILURE : 0};
        needs->first[jobs + i] = workflow->needs_count;
        for (size_t k = 0; k < barrier->group->count; k++)
            add_need(needs, (uint32_t)(jobs + i), barrier->group->jobs[k]);
    }
    workflow->jobs_count = jobs + count;
    needs->first[jobs + count] = workflow->needs_count;
}

void resolve_needs(struct resolver *resolver)
{
    size_t n = resolver->spec->jobs_count;
    struct needs needs = {
        .resolver = resolver,
        .producers = gather_producers(resolver->workflow),
        .barriers = {.resolver = resolver},
        .seen = xcalloc(n + 1, sizeof *needs.seen),
        .first = xcalloc(n + 1, sizeof *needs.first),
    };
    pass(&needs, true);
    pass(&needs, false);
    add_barriers(&needs);
    resolve_ranks(resolver, needs.first);
    barriers_fini(&needs.barriers);
    free(needs.producers.first);
    free(needs.producers.jobs);
    free(needs.seen);
    free(needs.list);
    free(needs.first);
}
