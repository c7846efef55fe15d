// SPDX-License-Identifier: GPL-2.0-or-later
// The sets of workflows. Jobs really take 0.8 to 1 of what they declare.
#include <math.h>

#include "bench/simulate/random.h"
#include "bench/simulate/workload.h"

enum { GIB = 1024, HOUR = 60, DAY = 24 * HOUR }; // MiB, minutes

static void add(struct workload *w, int32_t class, uint64_t *seed)
{
    double declared = (double)w->classes[class].runtime_usec;
    workload_job(w, class, (int64_t)(declared * (0.8 + 0.2 * random_part(seed))));
}

static void add_many(struct workload *w, int32_t class, int32_t count, uint64_t *seed)
{
    for (int32_t i = 0; i < count; i++)
        add(w, class, seed);
}

static void uniform(struct workload *w, uint64_t *seed)
{
    add_many(w, workload_class(w, 1, 0, 2 * GIB, HOUR), 2000, seed);
}

static void bimodal(struct workload *w, uint64_t *seed)
{
    int32_t small = workload_class(w, 1, 0, 2 * GIB, 5),
            large = workload_class(w, 2, 0, 4 * GIB, DAY);
    for (int32_t i = 0; i < 1500; i++)
        add(w, i % 10 ? small : large, seed);
}

// Pareto: most need 2 GiB, one in two hundred 64 GiB or more.
static void tail(struct workload *w, uint64_t *seed)
{
    enum { JOBS = 1000, LEAST = 2, MOST = 100 };
    int32_t classes[MOST + 1];
    for (int32_t g = 0; g <= MOST; g++)
        classes[g] = -1;
    for (int32_t i = 0; i < JOBS; i++) {
        double gib = LEAST / pow(1 - random_part(seed), 1 / 1.5);
        int32_t g = gib < MOST ? (int32_t)gib : MOST;
        if (classes[g] < 0)
            classes[g] = workload_class(w, 1, 0, g * GIB, HOUR);
        add(w, classes[g], seed);
    }
}

static void gpus(struct workload *w, uint64_t *seed)
{
    int32_t one = workload_class(w, 4, 1, 16 * GIB, HOUR),
            four = workload_class(w, 16, 4, 64 * GIB, 2 * HOUR),
            none = workload_class(w, 1, 0, 2 * GIB, HOUR / 2);
    add_many(w, none, 2000, seed);
    add_many(w, one, 100, seed);
    add_many(w, four, 20, seed);
}

// The same jobs, about, of 1, 10 or 100 classes: 1 to 3 CPUs, 1 to 8 GiB, 20 to 60 minutes.
static void classes_of(struct workload *w, uint64_t *seed, int32_t count)
{
    enum { JOBS = 1500 };
    for (int32_t c = 0; c < count; c++) {
        int32_t cpus = count == 1 ? 2 : 1 + (int32_t)random_below(seed, 3);
        int64_t mib = count == 1 ? 4 * GIB : GIB + random_below(seed, 7 * GIB);
        workload_class(w, cpus, 0, mib, count == 1 ? 40 : 20 + (int32_t)random_below(seed, 41));
    }
    for (int32_t i = 0; i < JOBS; i++)
        add(w, i % count, seed);
}

static void classes1(struct workload *w, uint64_t *seed)
{
    classes_of(w, seed, 1);
}

static void classes10(struct workload *w, uint64_t *seed)
{
    classes_of(w, seed, 10);
}

static void classes100(struct workload *w, uint64_t *seed)
{
    classes_of(w, seed, 100);
}

static void diamond(struct workload *w, uint64_t *seed)
{
    enum { WIDE = 400, EACH = 4 };
    int32_t first = workload_class(w, 4, 0, 8 * GIB, 10),
            simulate = workload_class(w, 2, 0, 4 * GIB, HOUR),
            join = workload_class(w, 4, 0, 16 * GIB, HOUR / 2),
            last = workload_class(w, 8, 0, 32 * GIB, 20);
    add(w, first, seed);
    for (uint32_t i = 1; i <= WIDE; i++) {
        add(w, simulate, seed);
        workload_need(w, 0);
    }
    for (uint32_t i = 0; i < WIDE / EACH; i++) {
        add(w, join, seed);
        for (uint32_t k = 0; k < EACH; k++)
            workload_need(w, 1 + i * EACH + k);
    }
    add(w, last, seed);
    for (uint32_t i = 0; i < WIDE / EACH; i++)
        workload_need(w, 1 + WIDE + i);
}

static void chain(struct workload *w, uint64_t *seed)
{
    enum { LINKS = 50 };
    int32_t cpu = workload_class(w, 4, 0, 8 * GIB, 10), gpu = workload_class(w, 4, 1, 16 * GIB, 10);
    for (uint32_t i = 0; i < LINKS; i++) {
        add(w, i % 2 ? gpu : cpu, seed);
        if (i)
            workload_need(w, i - 1);
    }
}

const struct workload_set workload_sets[] = {
    {"uniform", "2000 jobs, 1 CPU, 2 GiB, 1 h", SITE_PLAIN, uniform},
    {"kinds", "the same, nodes of two kinds", SITE_KINDS, uniform},
    {"bimodal", "1350 jobs of 5 min, 150 of 24 h", SITE_PLAIN, bimodal},
    {"tail", "1000 jobs of 1 h, 2 to 100 GiB", SITE_PLAIN, tail},
    {"gpus", "2000 jobs of 30 min, 120 on 1 or 4 GPUs", SITE_GPUS, gpus},
    {"classes-1", "1500 jobs of 40 min, 2 CPUs, 4 GiB", SITE_PLAIN, classes1},
    {"classes-10", "1500 jobs, 20-60 min, 1-3 CPUs, 1-8 GiB", SITE_PLAIN, classes10},
    {"classes-100", "the same, 100 classes", SITE_PLAIN, classes100},
    {"diamond", "1, 400, 100, 1 jobs after each other", SITE_PLAIN, diamond},
    {"chain", "50 jobs of 10 min, CPU and GPU in turn", SITE_GPUS, chain},
    {"montage", "619 tasks, 8 kinds", SITE_PLAIN, traces_montage},
    {"epigenomics", "1695 tasks, 8 kinds", SITE_PLAIN, traces_epigenomics},
    {"1000genome", "902 tasks, 5 kinds", SITE_PLAIN, traces_genome},
    {"seismology", "1101 tasks, 2 kinds", SITE_PLAIN, traces_seismology},
    {0},
};
