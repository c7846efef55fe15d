// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/simulate/world.h"

#include <stdlib.h>

#include "bench/simulate/random.h"
#include "lib/base/mem.h"

static const int64_t HOUR = 60 * 60 * 1000000ll;
enum { WARM_HOURS = 48, MOST_HOURS = 60 * 24, STUCK_ONE_IN = 4 };

const char *const way_names[WAYS] = {"torc", "a job", "a class", "pilots"};

static void nobody(void *context, int64_t job)
{
    (void)context, (void)job;
}

void world_init(struct world *world, const struct workload *w, const struct scene *scene)
{
    size_t count;
    cleanup_free struct queue_node *nodes = site_nodes(w->site, &count);
    *world = (struct world){.w = w,
                            .scene = *scene,
                            .unmet = xcalloc(w->jobs_count + 1, sizeof *world->unmet),
                            .done = xcalloc(w->jobs_count + 1, 1),
                            .runs = xcalloc(w->jobs_count + 1, sizeof *world->runs)};
    for (size_t j = 0; j < w->jobs_count; j++)
        world->unmet[j] = w->jobs[j].needs;
    if (scene->busy > 0)
        load_init(&world->load, nodes, count, scene->seed, scene->busy);
    queue_init(&world->queue, nodes, count, scene->busy > 0 ? &world->load : NULL);
    world->queue.hooks = (struct queue_hooks){world, nobody, nobody, nobody};
    queue_run(&world->queue, WARM_HOURS * HOUR);
    world->begin = world->queue.now;
}

void world_fini(struct world *world)
{
    queue_fini(&world->queue);
    free(world->unmet);
    free(world->done);
    free(world->runs);
    *world = (struct world){0};
}

void world_start(struct world *world, uint32_t job, int64_t on)
{
    world->runs[job].start = world->queue.now;
    world->runs[job].on = on;
}

void world_end(struct world *world, uint32_t job, void (*ready)(void *context, uint32_t job),
               void *context)
{
    const struct workload *w = world->w;
    world->runs[job].end = world->queue.now;
    world->runs[job].times++;
    world->done[job] = 1;
    world->done_count++;
    for (uint32_t i = w->starts[job]; i < w->starts[job + 1]; i++)
        if (--world->unmet[w->list[i]] == 0 && ready)
            ready(context, w->list[i]);
    world->queue.stop = world->done_count == w->jobs_count;
}

bool world_is_stuck(const struct world *world, int64_t element)
{
    uint64_t state =
        world->scene.seed * 1000003 + (uint64_t)world->requests * 1009 + (uint64_t)element;
    return world->scene.stuck && element && random_below(&state, STUCK_ONE_IN) == 0;
}

void world_run(struct world *world)
{
    queue_run(&world->queue, world->begin + MOST_HOURS * HOUR);
}

// What was asked for, of what came: a job of Slurm that was canceled before costs nobody anything.
struct outcome world_outcome(const struct world *world)
{
    const struct workload *w = world->w;
    struct outcome outcome = {.requests = world->requests,
                              .again = world->again,
                              .done = (double)world->done_count / (double)w->jobs_count};
    if (world->done_count == w->jobs_count)
        outcome.makespan_usec = world->queue.now - world->begin;
    for (size_t i = 0; i < world->queue.jobs_count; i++) {
        const struct queue_job *job = &world->queue.jobs[i];
        const struct queue_shape *shape = job->ask.whole ? &job->has : &job->ask.shape;
        if (job->ask.ours && job->node >= 0)
            outcome.node_usec +=
                site_share(w->site, job->ask.partition, shape) * (double)job->ask.walltime_usec;
    }
    return outcome;
}

void world_simulate(struct world *world, const struct workload *w, const struct scene *scene,
                    enum way way)
{
    world_init(world, w, scene);
    switch (way) {
    case WAY_TORC:
        torc_run(world);
        break;
    case WAY_JOBS:
    case WAY_ARRAYS:
        others_run(world, way);
        break;
    case WAY_PILOTS:
        pilots_run(world);
        break;
    case WAYS:
        break;
    }
}
