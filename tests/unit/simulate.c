// SPDX-License-Identifier: GPL-2.0-or-later
// The simulation of bench/planner is right: a queue whose every start was computed by hand, bounds
// likewise, and, whatever way runs a workflow, on an idle cluster and on a busy one: each job runs
// once, after what it needs, inside of an allocation that has room for it, and no node is ever
// given away twice.
#include <math.h>

#include "bench/simulate/bound.h"
#include "bench/simulate/world.h"
#include "lib/base/mem.h"
#include "tests/tap.h"

static const int64_t SEC = 1000000;

static void nothing(void *context, int64_t job)
{
    (void)context, (void)job;
}

// Two nodes of 4 CPUs; all are submitted at 0 and run to their limit, or as long as they say.
static const struct {
    const char *what;
    int32_t cpus, walltime, runtime; // seconds; runtime 0: to its limit
    bool never;
    int64_t start, end;
} hand[] = {
    {"a: the first look is after a second", 3, 100, 0, false, 1, 101},
    {"b: beside it", 3, 300, 0, false, 1, 301},
    {"c: needs a whole node, the first to be free", 4, 100, 0, false, 102, 202},
    {"d: ends before c's node is free, so goes first, with the backfill", 1, 60, 0, false, 30, 90},
    {"e: would hold c up on its node, not on the other", 1, 200, 0, false, 30, 230},
    {"f: would hold c up wherever it fits; 4 s to its script, and 50", 1, 300, 50, false, 203, 257},
    {"g: never starts, and holds nobody up", 4, 10, 0, true, 0, 0},
    {"h: fits only when all of c's node is free again", 4, 100, 0, false, 258, 358},
};
enum { HAND = sizeof hand / sizeof *hand };

static void test_hand(void)
{
    const struct queue_node nodes[] = {{.has = {.cpus = 4, .memory_mib = 100}},
                                       {.has = {.cpus = 4, .memory_mib = 100}}};
    struct queue queue;
    queue_init(&queue, nodes, 2, NULL);
    queue.hooks = (struct queue_hooks){NULL, nothing, nothing, nothing};
    for (size_t i = 0; i < HAND; i++)
        queue_submit(&queue, &(struct queue_ask){.shape = {.cpus = hand[i].cpus, .memory_mib = 10},
                                                 .never = hand[i].never,
                                                 .walltime_usec = hand[i].walltime * SEC,
                                                 .runtime_usec = hand[i].runtime * SEC});
    queue_run(&queue, 1000 * SEC);
    for (size_t i = 0; i < HAND; i++) {
        const struct queue_job *job = queue_job(&queue, (int64_t)i + 1);
        ok(job->started == hand[i].start * SEC && job->ended == hand[i].end * SEC,
           "%s: %lld to %lld s, is %lld to %lld", hand[i].what, (long long)hand[i].start,
           (long long)hand[i].end, (long long)(job->started / SEC), (long long)(job->ended / SEC));
    }
    queue_fini(&queue);
}

// Nodes of 32 CPUs and 128 GiB, 16 or 12; or 4 of 64 CPUs and 4 GPUs besides. "wide" are jobs of
// 16 CPUs and an hour, one more after the first; "large" declare 64 GiB and two hours and take one;
// "gpu" have a GPU for an hour.
static const struct {
    const char *what;
    enum site_kind site;
    int wide, large, gpu;
    int32_t pools;
    double node_hours, minutes;
} bounds[] = {
    {"CPUs", SITE_PLAIN, 64, 8, 0, 1, 33, 122.8125}, // (65 x 16 + 8) / 512 of an hour
    {"memory; the path", SITE_PLAIN, 1, 32, 0, 1, 32 + 2 / 128.0, 120},
    {"GPUs beside CPUs", SITE_GPUS, 1, 0, 64, 2, 1 + 16, 240},
};

static void test_bounds(void)
{
    static const int64_t HOUR = 3600000000;
    for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++) {
        struct workload w = {.site = &sites[bounds[i].site]};
        int32_t wide = workload_class(&w, 16, 0, 1024, 60),
                large = workload_class(&w, 1, 0, 64 * 1024, 120),
                gpu = workload_class(&w, 4, 1, 1024, 60);
        for (int k = 0; k < bounds[i].wide; k++)
            workload_job(&w, wide, HOUR);
        for (int k = 0; k < bounds[i].large; k++)
            workload_job(&w, large, HOUR);
        for (int k = 0; k < bounds[i].gpu; k++)
            workload_job(&w, gpu, HOUR);
        workload_job(&w, wide, HOUR);
        workload_need(&w, 0);
        workload_close(&w);
        struct bound b = bound_of(&w);
        double hours = b.node_usec / (double)HOUR,
               minutes = (double)b.makespan_usec * 60 / (double)HOUR;
        ok(b.pools == bounds[i].pools && fabs(hours - bounds[i].node_hours) < 0.001 &&
               fabs(minutes - bounds[i].minutes) < 0.001,
           "bound by %s: %d, %g h, %g min", bounds[i].what, b.pools, hours, minutes);
        workload_fini(&w);
    }
}

static bool overlaps(int64_t at, int64_t start, int64_t end)
{
    return start <= at && at < end;
}

static int64_t end_of(const struct world *world, const struct queue_job *job)
{
    return job->state == QUEUE_RUNNING ? world->queue.now + 1 : job->ended;
}

// What is asked for of a node is never more than it has, and nobody is on it beyond his walltime.
static int count_bad_nodes(const struct world *world)
{
    const struct queue *queue = &world->queue;
    int bad = 0;
    for (size_t i = 0; i < queue->jobs_count; i++) {
        const struct queue_job *job = &queue->jobs[i];
        struct queue_shape all = {0};
        if (job->node < 0)
            continue;
        for (size_t k = 0; k < queue->jobs_count; k++) {
            const struct queue_job *other = &queue->jobs[k];
            const struct queue_shape *shape = other->ask.whole ? &other->has : &other->ask.shape;
            if (other->node != job->node ||
                !overlaps(job->started, other->started, end_of(world, other)))
                continue;
            all.cpus += shape->cpus;
            all.gpus += shape->gpus;
            all.memory_mib += shape->memory_mib;
        }
        bad += all.cpus > job->has.cpus || all.gpus > job->has.gpus ||
               all.memory_mib > job->has.memory_mib ||
               end_of(world, job) - job->started > job->ask.walltime_usec + 1;
    }
    return bad;
}

// Once each, after what it needs, as long as it takes.
static int count_bad_jobs(const struct world *world)
{
    const struct workload *w = world->w;
    int bad = 0;
    for (size_t j = 0; j < w->jobs_count; j++) {
        const struct world_run *run = &world->runs[j];
        bad += run->times != 1 || run->end - run->start != w->jobs[j].runtime_usec;
        for (uint32_t k = 0; k < w->jobs[j].needs; k++)
            bad += world->runs[w->needs[w->jobs[j].first + k]].end > run->start;
    }
    return bad;
}

// Jobs are inside of their allocation, and never more at once than it holds.
static int count_bad_allocations(const struct world *world)
{
    const struct workload *w = world->w;
    int bad = 0;
    for (size_t j = 0; j < w->jobs_count; j++) {
        const struct world_run *run = &world->runs[j];
        const struct queue_job *on = queue_job(&world->queue, run->on);
        const struct queue_shape *room = on->ask.whole ? &on->has : &on->ask.shape;
        struct queue_shape all = {0};
        for (size_t k = 0; k < w->jobs_count; k++) {
            const struct workload_class *class = &w->classes[w->jobs[k].class];
            const struct world_run *other = &world->runs[k];
            if (other->on != run->on || !overlaps(run->start, other->start, other->end))
                continue;
            all.cpus += class->cpus;
            all.gpus += class->gpus;
            all.memory_mib += class->memory_mib;
        }
        bad += !on->ask.ours || run->start < on->started || run->end > end_of(world, on) ||
               all.cpus > room->cpus || all.gpus > room->gpus || all.memory_mib > room->memory_mib;
    }
    return bad;
}

static const struct workload_set *find_set(const char *name)
{
    for (const struct workload_set *set = workload_sets; set->name; set++)
        if (!strcmp(set->name, name))
            return set;
    exit(99);
}

static int64_t test_run(const struct workload *w, const char *name, struct scene scene,
                        enum way way)
{
    struct world world;
    world_simulate(&world, w, &scene, way);
    int nodes = count_bad_nodes(&world), jobs = count_bad_jobs(&world),
        allocations = world.done_count == w->jobs_count ? count_bad_allocations(&world) : 0;
    int64_t makespan = world_outcome(&world).makespan_usec;
    ok(makespan > 0 && !nodes && !jobs && !allocations,
       "%s, %s, %s: all jobs once, in order, in their place; wrong: %d nodes, %d jobs, %d "
       "allocations",
       name, way_names[way], scene.busy > 0 ? "busy" : "idle", nodes, jobs, allocations);
    world_fini(&world);
    return makespan;
}

static void test_sets(void)
{
    static const char *const names[] = {"diamond", "gpus", "classes-10"};
    static const struct scene idle = {.seed = 1}, busy = {.seed = 2, .busy = 0.85};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct workload w;
        workload_make(&w, find_set(names[i]), 1);
        struct bound bound = bound_of(&w);
        for (int way = 0; way < WAYS; way++) {
            int64_t usec = test_run(&w, names[i], idle, (enum way)way);
            ok(usec >= bound.makespan_usec, "it is not faster than can be");
            if (i == 0)
                test_run(&w, names[i], busy, (enum way)way);
        }
        workload_fini(&w);
    }
}

static void test_same(void)
{
    struct workload w;
    static const struct scene busy = {.seed = 2, .busy = 0.85};
    workload_make(&w, find_set("diamond"), 1);
    int64_t first = test_run(&w, "diamond", busy, WAY_TORC);
    ok(first == test_run(&w, "diamond", busy, WAY_TORC), "the same seed, the same time");
    workload_fini(&w);
}

int main(void)
{
    test_hand();
    test_bounds();
    test_sets();
    test_same();
    return done_testing();
}
