// SPDX-License-Identifier: GPL-2.0-or-later
// What users do today with sbatch alone. One sbatch a job: with --dependency=afterok of the jobs
// that it needs. One array a class: an array for each class and stage, after the arrays in which
// any job is that any of it needs. The walltime is what the job declares and a minute.
#include <stdlib.h>

#include "bench/simulate/world.h"
#include "lib/base/mem.h"

static const int64_t MINUTE = 60 * 1000000ll;

struct group { // an array
    uint32_t *jobs;
    size_t count, space;
    size_t left;   // of them, that have not ended
    size_t waits;  // for so many other groups
    bool *for_one; // by group: for this one
};

struct others {
    struct world *world;
    int64_t *numbers; // by job: its job of Slurm
    struct group *groups;
    size_t groups_count;
    uint32_t *group_of; // by job; NULL: each job is for itself
};

static void submit(struct others *o, uint32_t job, int64_t element, bool held)
{
    struct world *world = o->world;
    const struct workload *w = world->w;
    const struct workload_class *class = &w->classes[w->jobs[job].class];
    struct queue_ask ask = {
        .partition = workload_partition(w, w->jobs[job].class),
        .shape = {class->cpus, class->gpus, class->memory_mib},
        .held = held,
        .never = world_is_stuck(world, element),
        .ours = true,
        .walltime_usec = class->runtime_usec + MINUTE,
        .runtime_usec = w->jobs[job].runtime_usec,
        .tag = job,
    };
    o->numbers[job] = queue_submit(&world->queue, &ask);
}

static size_t slot_of(const struct workload *w, uint32_t job)
{
    return (size_t)w->jobs[job].stage * w->classes_count + (size_t)w->jobs[job].class;
}

// Groups in the order of their stages.
static void find_groups(struct others *o)
{
    const struct workload *w = o->world->w;
    size_t slots = (size_t)w->stages * w->classes_count;
    cleanup_free uint32_t *found = xcalloc(slots + 1, sizeof *found); // 0: none
    o->group_of = xcalloc(w->jobs_count + 1, sizeof *o->group_of);
    for (uint32_t j = 0; j < w->jobs_count; j++)
        found[slot_of(w, j)] = 1;
    for (size_t s = 0; s < slots; s++)
        if (found[s])
            found[s] = (uint32_t)++o->groups_count;
    o->groups = xcalloc(o->groups_count, sizeof *o->groups);
    for (size_t g = 0; g < o->groups_count; g++)
        o->groups[g].for_one = xcalloc(o->groups_count, sizeof(bool));
    for (uint32_t j = 0; j < w->jobs_count; j++) {
        struct group *group = &o->groups[o->group_of[j] = found[slot_of(w, j)] - 1];
        group->jobs = array_grow(group->jobs, group->count, &group->space, sizeof *group->jobs);
        group->jobs[group->count++] = j;
        group->left++;
        for (uint32_t k = 0; k < w->jobs[j].needs; k++) {
            uint32_t other = o->group_of[w->needs[w->jobs[j].first + k]];
            group->waits += !group->for_one[other];
            group->for_one[other] = true;
        }
    }
}

static void release_job(void *context, uint32_t job)
{
    struct others *o = context;
    queue_release(&o->world->queue, o->numbers[job]);
}

static void group_ended(struct others *o, size_t ended)
{
    for (size_t g = 0; g < o->groups_count; g++) {
        struct group *group = &o->groups[g];
        if (!group->for_one[ended] || --group->waits)
            continue;
        for (size_t i = 0; i < group->count; i++)
            release_job(o, group->jobs[i]);
    }
}

static void started(void *context, int64_t number)
{
    struct others *o = context;
    world_start(o->world, (uint32_t)queue_job(&o->world->queue, number)->ask.tag, number);
}

static void ended(void *context, int64_t number)
{
    struct others *o = context;
    uint32_t job = (uint32_t)queue_job(&o->world->queue, number)->ask.tag;
    world_end(o->world, job, o->group_of ? NULL : release_job, o);
    if (o->group_of && --o->groups[o->group_of[job]].left == 0)
        group_ended(o, o->group_of[job]);
}

static void submit_all(struct others *o)
{
    struct world *world = o->world;
    for (uint32_t j = 0; !o->group_of && j < world->w->jobs_count; j++) {
        submit(o, j, j, world->unmet[j] > 0);
        world->requests++;
    }
    for (size_t g = 0; g < o->groups_count; g++) {
        for (size_t i = 0; i < o->groups[g].count; i++)
            submit(o, o->groups[g].jobs[i], (int64_t)i, o->groups[g].waits > 0);
        world->requests++;
    }
}

void others_run(struct world *world, enum way way)
{
    struct others o = {.world = world,
                       .numbers = xcalloc(world->w->jobs_count + 1, sizeof *o.numbers)};
    world->queue.hooks = (struct queue_hooks){&o, started, ended, NULL};
    if (way == WAY_ARRAYS)
        find_groups(&o);
    submit_all(&o);
    world_run(world);
    for (size_t g = 0; g < o.groups_count; g++) {
        free(o.groups[g].jobs);
        free(o.groups[g].for_one);
    }
    free(o.groups);
    free(o.group_of);
    free(o.numbers);
}
