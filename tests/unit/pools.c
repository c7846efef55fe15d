// SPDX-License-Identifier: GPL-2.0-or-later
// Pools: classes of unlike shape in the same allocations. Every plan is tried with the runner's own
// packing, and what it asks for is held against the least that any packing needs.
#include <math.h>
#include <time.h>

#include "lib/base/mem.h"
#include "lib/plan/plan.h"
#include "lib/plan/pool.h"
#include "lib/store/pack.h"
#include "tests/tap.h"

static const int64_t MiB = 1024 * 1024, SEC = 1000000, MINUTE = 60 * 1000000LL;
enum { NODES = 64, CLASSES = 10000 };

static uint64_t seed;
static int64_t random_of(int64_t low, int64_t high)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return low + (int64_t)((seed >> 33) % (uint64_t)(high - low + 1));
}

struct bed { // a cluster, the classes and a plan
    struct cluster_node nodes[NODES];
    uint32_t list[NODES];
    struct cluster_partition partition;
    struct cluster cluster;
    struct settings settings;
    struct class_row rows[CLASSES];
    struct plan_class classes[CLASSES];
    size_t count;
    struct plan plan;
};

static void bed_init(struct bed *b, int nodes, int cpus, int64_t mib, int gpus, bool idle)
{
    b->count = 0;
    b->partition = (struct cluster_partition){.name = "main",
                                              .is_default = true,
                                              .submits = true,
                                              .starts = true,
                                              .nodes = b->list,
                                              .nodes_count = (uint32_t)nodes};
    b->cluster = (struct cluster){.max_array_size = 1001,
                                  .nodes = b->nodes,
                                  .nodes_count = (uint32_t)nodes,
                                  .partitions = &b->partition,
                                  .partitions_count = 1};
    for (uint32_t i = 0; i < (uint32_t)nodes; i++) {
        b->list[i] = i;
        b->nodes[i] = (struct cluster_node){.name = "n",
                                            .up = true,
                                            .idle = idle,
                                            .cpus = cpus,
                                            .gpus = gpus,
                                            .memory_bytes = mib * MiB};
    }
    settings_init(&b->settings);
}

static void bed_add(struct bed *b, int cpus, int64_t mib, int gpus_milli, int64_t secs,
                    int64_t jobs)
{
    struct class_row *row = &b->rows[b->count];
    *row = (struct class_row){.name = "c",
                              .cpus = cpus,
                              .nodes = 1,
                              .gpus_milli = gpus_milli,
                              .memory_bytes = mib * MiB,
                              .runtime_usec = secs * SEC,
                              .enforced = true};
    b->classes[b->count] =
        (struct plan_class){.row = row, .class_id = (int64_t)b->count + 1, .ready = jobs};
    b->count++;
}

static void bed_plan(struct bed *b)
{
    struct plan_request request = {.classes = b->classes,
                                   .classes_count = b->count,
                                   .cluster = &b->cluster,
                                   .settings = &b->settings};
    plan_make(&b->plan, &request);
}

static void bed_fini(struct bed *b)
{
    plan_fini(&b->plan);
    settings_fini(&b->settings);
}

static double share(double part, double whole)
{
    return whole > 0 ? part / whole : 0;
}

// Node time asked for, walltimes with their margins.
static double asked_usec(const struct bed *b)
{
    double sum = 0;
    const struct cluster_node *node = &b->nodes[0];
    for (size_t i = 0; i < b->plan.groups_count; i++) {
        const struct plan_group *g = &b->plan.groups[i];
        double part = fmax(share(g->cpus, node->cpus), share(g->gpus, node->gpus));
        part =
            fmax(part, share((double)(g->memory_bytes - g->own_bytes), (double)node->memory_bytes));
        sum += part * g->count * (double)g->walltime_usec;
    }
    return sum;
}

static double bound_usec(const struct bed *b)
{
    double cpus = 0, memory = 0, gpus = 0;
    const struct cluster_node *node = &b->nodes[0];
    for (size_t i = 0; i < b->count; i++) {
        double usec = (double)b->rows[i].runtime_usec * (double)b->classes[i].ready;
        cpus += usec * b->rows[i].cpus / node->cpus;
        memory += usec * (double)b->rows[i].memory_bytes / (double)node->memory_bytes;
        gpus += usec * share(b->rows[i].gpus_milli, node->gpus * 1000);
    }
    return fmax(fmax(cpus, memory), gpus);
}

// ---- all allocations start at once, and runners take jobs as they do ----

struct running {
    int64_t end_usec;
    size_t class, allocation;
};
struct floor {
    const struct bed *bed;
    int64_t *left; // by class
    struct pack *packs;
    int64_t *limits; // by allocation: when jobs are told to end
    struct pack_head *heads;
    struct running *running;
    size_t count, space, allocations;
};

static void claim(struct floor *f, size_t allocation, int64_t now_usec)
{
    struct pack *pack = &f->packs[allocation];
    int i;
    for (size_t c = 0; c < f->bed->count; c++) {
        const struct class_row *row = &f->bed->rows[c];
        struct pack_time time = {.left_usec = f->limits[allocation] - now_usec,
                                 .walltime_usec = f->limits[allocation],
                                 .elapsed_usec = now_usec};
        f->heads[c] = (struct pack_head){.empty = !f->left[c] || time.left_usec <= 0 ||
                                                  pack_time_fits(&time, row->runtime_usec, true) !=
                                                      PACK_TIME_YES,
                                         .shape = {row->cpus, row->gpus_milli, row->memory_bytes},
                                         .rank = row->runtime_usec / SEC,
                                         .id = (int64_t)c};
    }
    pack->max_jobs = 1000000;
    while ((i = pack_next(pack, f->heads, f->bed->count)) >= 0) {
        f->running = array_grow(f->running, f->count, &f->space, sizeof *f->running);
        f->running[f->count++] =
            (struct running){now_usec + f->bed->rows[i].runtime_usec, (size_t)i, allocation};
        f->heads[i].empty = --f->left[i] == 0;
    }
}

static int64_t left_over(const struct bed *b)
{
    struct floor f = {.bed = b};
    size_t at = 0;
    for (size_t i = 0; i < b->plan.groups_count; i++)
        f.allocations += (size_t)b->plan.groups[i].count;
    f.left = xcalloc(b->count, sizeof *f.left);
    f.heads = xcalloc(b->count, sizeof *f.heads);
    f.packs = xcalloc(f.allocations, sizeof *f.packs);
    f.limits = xcalloc(f.allocations, sizeof *f.limits);
    for (size_t c = 0; c < b->count; c++)
        f.left[c] = b->classes[c].ready;
    for (size_t i = 0; i < b->plan.groups_count; i++) {
        const struct plan_group *g = &b->plan.groups[i];
        for (int32_t n = 0; n < g->count; n++, at++) {
            struct pack_shape has = {g->cpus, g->gpus * 1000, g->memory_bytes - g->own_bytes};
            f.packs[at] = (struct pack){.free = has, .capacity = has};
            f.limits[at] = g->walltime_usec - g->margin_usec;
        }
    }
    for (at = 0; at < f.allocations; at++)
        claim(&f, at, 0);
    while (f.count) {
        size_t first = 0;
        for (size_t r = 1; r < f.count; r++)
            if (f.running[r].end_usec < f.running[first].end_usec)
                first = r;
        struct running done = f.running[first];
        f.running[first] = f.running[--f.count];
        struct pack *pack = &f.packs[done.allocation];
        pack->free.cpus += b->rows[done.class].cpus;
        pack->free.gpus_milli += b->rows[done.class].gpus_milli;
        pack->free.memory_bytes += b->rows[done.class].memory_bytes;
        claim(&f, done.allocation, done.end_usec);
    }
    int64_t left = 0;
    for (size_t c = 0; c < b->count; c++)
        left += f.left[c];
    free(f.left);
    free(f.heads);
    free(f.packs);
    free(f.limits);
    free(f.running);
    return left;
}

// ---- random pools ----

// 0 all alike, 1 short and very long, 2 memory with a heavy tail, 3 fractions and pairs of GPUs
static void fill(struct bed *b, int kind, int64_t classes, int64_t jobs)
{
    for (int64_t i = 0; i < classes; i++) {
        int cpus = (int)random_of(1, kind == 3 ? 8 : 3), gpus = 0;
        int64_t mib = random_of(100, 4000), secs = random_of(300, 3600);
        if (kind == 1)
            secs = i % 7 ? random_of(240, 360) : random_of(9 * 3600, 10 * 3600);
        if (kind == 2)
            mib = 500 + 60000 / random_of(2, 120); // up to half a node
        if (kind == 3)
            gpus = (int)random_of(1, 4) * 500;
        bed_add(b, cpus, mib, gpus, secs, random_of(1, jobs));
    }
}

static void test_random(struct bed *b, bool idle)
{
    double worst = 0, sum = 0;
    int tried = 0;
    for (int turn = 0; turn < 120; turn++) {
        seed = (uint64_t)turn + 1;
        int kind = turn % 4;
        bed_init(b, NODES, kind == 3 ? 32 : 16, 65536, kind == 3 ? 4 : 0, idle);
        b->settings.max_allocations = 200;
        fill(b, kind, random_of(2, 60), random_of(1, 40));
        bed_plan(b);
        int64_t left = left_over(b);
        double bound = bound_usec(b), asked = asked_usec(b);
        bool much = bound >= 4 * 4 * 60 * (double)MINUTE; // four allocations' worth
        if (!ok(!left && b->plan.groups_count <= 3 && b->plan.groups_count > 0 &&
                    (idle || !much || asked <= 1.25 * bound),
                "pool %d, %s: all jobs have a place, at most three shapes, little waste", turn,
                idle ? "wide" : "tight"))
            printf("# left %lld, groups %zu, asked/bound %.3f, bound %.1f h\n", (long long)left,
                   b->plan.groups_count, asked / bound, bound / 60 / (double)MINUTE);
        if (much) {
            worst = fmax(worst, asked / bound);
            sum += asked / bound;
            tried++;
        }
        bed_fini(b);
    }
    printf(
        "# %s, of %d pools of four allocations' worth and more: asked/bound %.3f on average, %.3f "
        "at worst\n",
        idle ? "wide" : "tight", tried, sum / tried, worst);
}

// The case that a tool makes: every job says its own figures.
static void test_two_hundred(struct bed *b)
{
    seed = 12;
    bed_init(b, 3, 8, 16000, 0, false);
    for (int i = 0; i < 200; i++)
        bed_add(b, (int)random_of(1, 3), random_of(100, 700), 0, 60 * random_of(5, 11), 1);
    bed_plan(b);
    is_int((int64_t)b->plan.groups_count, 1, "200 jobs, each its own class: one request");
    is_text(b->plan.groups[0].class_name, "200 classes", "which is not named after one of them");
    is_int(left_over(b), 0, "and holds them all");
    bed_fini(b);
}

// One class: as wide as nodes are idle, where that ends it sooner.
static void test_width(struct bed *b)
{
    static const struct {
        int idle, minutes, jobs, most, shortest;
        bool tight;
        int count, slots, rounds;
        enum shape_limit limit;
    } rows[] = {
        {8, 10, 90, 16, 10, false, 6, 8, 2, SHAPE_LIMIT_IDLE}, // eight would take two rounds, too
        {8, 10, 90, 16, 10, true, 1, 8, 12, SHAPE_LIMIT_TIGHT},
        {0, 10, 90, 16, 10, false, 1, 8, 12, SHAPE_LIMIT_TIGHT},
        {8, 10, 60, 16, 10, false, 8, 8, 1, SHAPE_LIMIT_LONGEST},
        {8, 10, 3, 16, 10, false, 1, 3, 1, SHAPE_LIMIT_LONGEST},
        {8, 10, 90, 3, 10, false, 3, 8, 4, SHAPE_LIMIT_MOST},
        {8, 10, 1000, 16, 10, false, 8, 8, 16, SHAPE_LIMIT_IDLE},
        {8, 1, 200, 16, 10, false, 2, 8, 13, SHAPE_LIMIT_LEAST}, // 13 minutes
        {8, 1, 200, 16, 1, false, 7, 8, 4, SHAPE_LIMIT_IDLE},
        {8, 1, 20, 16, 10, false, 1, 7, 3, SHAPE_LIMIT_LEAST},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        bed_init(b, 16, 8, 16384, 0, false);
        for (int n = 0; n < rows[i].idle; n++)
            b->nodes[n].idle = true;
        b->settings.max_allocations = rows[i].most;
        b->settings.shortest_usec = rows[i].shortest * MINUTE;
        b->settings.pack = rows[i].tight ? PACK_TIGHT : PACK_WIDE;
        bed_add(b, 1, 1024, 0, rows[i].minutes * 60, rows[i].jobs);
        bed_plan(b);
        const struct plan_group *g = b->plan.groups;
        if (!ok(g->count == rows[i].count && g->slots == rows[i].slots &&
                    g->rounds == rows[i].rounds && g->limit == rows[i].limit,
                "width %zu: %d jobs of %d minutes, %d nodes idle", i + 1, rows[i].jobs,
                rows[i].minutes, rows[i].idle))
            printf("# %d*[%dx%d] limit %d\n", g->count, g->slots, g->rounds, (int)g->limit);
        is_int(left_over(b), 0, "and all have a place");
        bed_fini(b);
    }
}

// What follows shares the allocations of what it waits for, but has none held ready for it.
static void test_soon(struct bed *b)
{
    bed_init(b, 16, 16, 65536, 0, true);
    bed_add(b, 4, 1000, 0, 600, 1);
    bed_add(b, 2, 1000, 0, 3600, 0);
    b->classes[1].soon = 400;
    bed_plan(b);
    ok(b->plan.groups_count == 2 && b->plan.groups[0].now && b->plan.groups[0].count == 1 &&
           b->plan.groups[0].jobs == 1 && !b->plan.groups[1].now,
       "400 jobs that wait for one get allocations when it has ended");
    bed_fini(b);
    bed_init(b, 16, 16, 65536, 0, false);
    bed_add(b, 4, 1000, 0, 3600, 4);
    bed_add(b, 2, 1000, 0, 3500, 0);
    b->classes[1].soon = 8;
    bed_plan(b);
    ok(b->plan.groups_count == 1 && b->plan.groups[0].jobs == 12,
       "eight that wait for four, and fill what these have, run after them");
    bed_fini(b);
}

static double measure(struct bed *b)
{
    struct timespec from, to;
    clock_gettime(CLOCK_MONOTONIC, &from);
    bed_plan(b);
    clock_gettime(CLOCK_MONOTONIC, &to);
    return (double)(to.tv_sec - from.tv_sec) * 1e6 + (double)(to.tv_nsec - from.tv_nsec) / 1e3;
}

// Figures only: how long it takes is for people to look at.
static void test_size(struct bed *b)
{
    bed_init(b, NODES, 16, 65536, 0, false);
    bed_add(b, 1, 100, 0, 60, 1000000);
    printf("# a million jobs of one class: %.0f us\n", measure(b));
    is_int((int64_t)b->plan.groups_count, 1, "a million jobs: one request");
    bed_fini(b);
    bed_init(b, NODES, 16, 65536, 0, false);
    seed = 7;
    fill(b, 0, CLASSES, 3);
    printf("# %d classes: %.0f us\n", CLASSES, measure(b));
    is_int((int64_t)b->plan.groups_count, 1, "ten thousand classes: one request");
    bed_fini(b);
    bed_init(b, NODES, 16, 65536, 0, false);
    fill(b, 0, 100, 100000);
    printf("# 100 classes of %d jobs: %.0f us\n", 100000, measure(b));
    is_int((int64_t)b->plan.groups_count, 1, "a hundred large classes: one request");
    bed_fini(b);
    bed_init(b, NODES, 16, 65536, 0, false);
    for (int i = 0; i < 1000; i++)
        bed_add(b, 1 + i % 3, 100 + i, 0, 1 + i % 5, 1000);
    printf("# 1000 classes of 1000 jobs of seconds: %.0f us\n", measure(b));
    is_int((int64_t)b->plan.groups_count, 1, "a million jobs of seconds: one request");
    bed_fini(b);
}

int main(void)
{
    struct bed *bed = xcalloc(1, sizeof *bed);
    test_two_hundred(bed);
    test_width(bed);
    test_soon(bed);
    test_random(bed, false);
    test_random(bed, true);
    test_size(bed);
    free(bed);
    return done_testing();
}
