// SPDX-License-Identifier: GPL-2.0-or-later
// Pilots, as pilot systems and careful users have them: whole nodes for a fixed time, as many as
// the work needs, one array at a time; each takes what fits it, first come first served, and ends
// when it has had nothing to do for five minutes. When there is more work than those that there are
// have time for, more are asked for at once.
#include <stdlib.h>

#include "bench/simulate/bound.h"
#include "bench/simulate/world.h"
#include "lib/base/mem.h"
#include "lib/store/pack.h"

static const int64_t MINUTE = 60 * 1000000ll, HOUR = 60 * MINUTE;
enum { LIMIT_HOURS = 4, SPARE_MINUTES = 10, IDLE_MINUTES = 5 };

struct pilot {
    int64_t number, end; // its job of Slurm; 0: ended
    struct pack_shape has, free;
    int32_t partition;
    size_t live;       // jobs
    int64_t idle_from; // 0: it is not
};

struct line { // ready jobs of a class, the first in front
    uint32_t *jobs;
    size_t first, count;
};

struct pilots {
    struct world *world;
    struct pilot *list;
    size_t count, space;
    struct line *lines;
    struct pack_head *heads;
    uint32_t *at;         // by job: the pilot
    unsigned char *taken; // by job: it runs, or has run
    int64_t limit_usec;
    int64_t waiting[QUEUE_PARTITIONS]; // pilots that have not started
};

static void put(struct pilots *p, uint32_t job)
{
    struct line *line = &p->lines[p->world->w->jobs[job].class];
    line->jobs[line->first + line->count++] = job;
}

static struct pack_shape shape_of(const struct workload_class *class)
{
    return (struct pack_shape){class->cpus, class->gpus * 1000, class->memory_mib};
}

// The next job of each class that this pilot has the time for.
static void set_head(struct pilots *p, const struct pilot *pilot, size_t c)
{
    const struct workload *w = p->world->w;
    const struct line *line = &p->lines[c];
    struct pack_time time = {.left_usec = pilot->end - p->world->queue.now,
                             .walltime_usec = p->limit_usec,
                             .elapsed_usec = p->world->queue.now - (pilot->end - p->limit_usec)};
    bool fits = line->count && workload_partition(w, (int32_t)c) == pilot->partition &&
                time.left_usec > 0 &&
                pack_time_fits(&time, w->classes[c].runtime_usec, true) == PACK_TIME_YES;
    p->heads[c] = (struct pack_head){.empty = !fits,
                                     .shape = shape_of(&w->classes[c]),
                                     .id = line->count ? line->jobs[line->first] : 0};
}

static void fill(struct pilots *p, size_t index)
{
    struct pilot *pilot = &p->list[index];
    struct world *world = p->world;
    struct pack pack = {.free = pilot->free, .capacity = pilot->has, .max_jobs = pilot->free.cpus};
    for (size_t c = 0; c < world->w->classes_count; c++)
        set_head(p, pilot, c);
    for (int i; (i = pack_next(&pack, p->heads, world->w->classes_count)) >= 0;) {
        struct line *line = &p->lines[i];
        uint32_t job = line->jobs[line->first++];
        line->count--;
        pilot->live++;
        p->at[job] = (uint32_t)index;
        p->taken[job] = 1;
        world_start(world, job, pilot->number);
        queue_at(&world->queue, world->queue.now + world->w->jobs[job].runtime_usec, job);
        set_head(p, pilot, (size_t)i);
    }
    pilot->free = pack.free;
    if (pilot->live) {
        pilot->idle_from = 0;
    } else if (!pilot->idle_from) {
        pilot->idle_from = world->queue.now;
        queue_at(&world->queue, world->queue.now + IDLE_MINUTES * MINUTE, -1 - (int64_t)index);
    }
}

// Node time for ready jobs: declared, of a partition.
static double ready_work(const struct pilots *p, int32_t partition)
{
    const struct workload *w = p->world->w;
    cleanup_free unsigned char *other = xcalloc(w->jobs_count + 1, 1);
    for (size_t j = 0; j < w->jobs_count; j++)
        other[j] = p->taken[j] || p->world->unmet[j];
    return bound_work(w, partition, other, true);
}

static void submit(struct pilots *p, int32_t partition, int64_t count)
{
    struct world *world = p->world;
    for (int64_t i = 0; i < count; i++) {
        struct queue_ask ask = {.partition = partition,
                                .whole = true,
                                .never = world_is_stuck(world, i),
                                .ours = true,
                                .walltime_usec = p->limit_usec};
        queue_submit(&world->queue, &ask);
    }
    p->waiting[partition] += count;
    world->requests++;
}

// More, if those that run have not the time; none while some wait.
static void ask_for_more(struct pilots *p)
{
    struct world *world = p->world;
    for (int32_t part = 0; part < QUEUE_PARTITIONS; part++) {
        int32_t nodes, alive = 0;
        site_all(world->w->site, part, &nodes);
        if (!nodes || p->waiting[part])
            continue;
        double work = ready_work(p, part);
        for (size_t i = 0; i < p->count; i++)
            if (p->list[i].number && p->list[i].partition == part) {
                alive++;
                work -= (double)(p->list[i].end - world->queue.now);
            }
        int64_t count = (int64_t)(work / (double)p->limit_usec) + 1;
        if (work > 0 && alive < nodes)
            submit(p, part, count < nodes - alive ? count : nodes - alive);
    }
}

static void fill_all(struct pilots *p)
{
    bool any = false;
    for (size_t c = 0; c < p->world->w->classes_count; c++)
        any |= p->lines[c].count > 0;
    for (size_t i = 0; any && i < p->count; i++)
        if (p->list[i].number && p->list[i].free.cpus > 0)
            fill(p, i);
}

static void started(void *context, int64_t number)
{
    struct pilots *p = context;
    const struct queue_job *job = queue_job(&p->world->queue, number);
    struct pack_shape has = {job->has.cpus, job->has.gpus * 1000, job->has.memory_mib};
    p->list = array_grow(p->list, p->count, &p->space, sizeof *p->list);
    p->list[p->count++] = (struct pilot){.number = number,
                                         .end = job->started + p->limit_usec,
                                         .has = has,
                                         .free = has,
                                         .partition = job->ask.partition};
    p->waiting[job->ask.partition]--;
    fill(p, p->count - 1);
}

static void ended(void *context, int64_t number) // by its limit
{
    struct pilots *p = context;
    for (size_t i = 0; i < p->count; i++)
        if (p->list[i].number == number)
            p->list[i].number = 0;
    ask_for_more(p);
}

static void ready(void *context, uint32_t job)
{
    put(context, job);
}

static void job_over(struct pilots *p, uint32_t job)
{
    struct pilot *pilot = &p->list[p->at[job]];
    struct pack_shape shape = shape_of(&p->world->w->classes[p->world->w->jobs[job].class]);
    pilot->live--;
    pilot->free.cpus += shape.cpus;
    pilot->free.gpus_milli += shape.gpus_milli;
    pilot->free.memory_bytes += shape.memory_bytes;
    world_end(p->world, job, ready, p);
    fill(p, p->at[job]);
    fill_all(p);
    ask_for_more(p);
}

static void due(void *context, int64_t token)
{
    struct pilots *p = context;
    if (token >= 0) {
        job_over(p, (uint32_t)token);
        return;
    }
    struct pilot *pilot = &p->list[-1 - token];
    if (!pilot->number || !pilot->idle_from ||
        p->world->queue.now - pilot->idle_from < IDLE_MINUTES * MINUTE)
        return;
    queue_end(&p->world->queue, pilot->number);
    pilot->number = 0;
    ask_for_more(p);
}

static int64_t limit_of(const struct workload *w)
{
    int64_t limit = LIMIT_HOURS * HOUR;
    for (size_t c = 0; c < w->classes_count; c++) {
        int64_t least = w->classes[c].runtime_usec + SPARE_MINUTES * MINUTE;
        if (least > limit)
            limit = (least + HOUR - 1) / HOUR * HOUR;
    }
    return limit;
}

void pilots_run(struct world *world)
{
    const struct workload *w = world->w;
    struct pilots p = {.world = world,
                       .lines = xcalloc(w->classes_count, sizeof *p.lines),
                       .heads = xcalloc(w->classes_count, sizeof *p.heads),
                       .at = xcalloc(w->jobs_count + 1, sizeof *p.at),
                       .taken = xcalloc(w->jobs_count + 1, 1),
                       .limit_usec = limit_of(w)};
    world->queue.hooks = (struct queue_hooks){&p, started, ended, due};
    for (size_t c = 0; c < w->classes_count; c++)
        p.lines[c].jobs = xcalloc(w->jobs_count, sizeof(uint32_t));
    for (uint32_t j = 0; j < w->jobs_count; j++)
        if (!world->unmet[j])
            put(&p, j);
    ask_for_more(&p);
    world_run(world);
    for (size_t c = 0; c < w->classes_count; c++)
        free(p.lines[c].jobs);
    free(p.lines);
    free(p.heads);
    free(p.at);
    free(p.taken);
    free(p.list);
}
