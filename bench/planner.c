// SPDX-License-Identifier: GPL-2.0-or-later
// planner [--seed N] [--only NAME]: how well the planner does, in virtual time: the real planner,
// store, demand and packing on a model of Slurm's queue (bench/simulate/queue.h), on an idle
// cluster, on a busy one, and where some jobs of Slurm never start; beside it what users do today:
// one sbatch a job, one array a class, pilots of whole nodes. doc/planning.md says what each figure
// is, and what the model leaves out. Exits 1 when a goal is missed. The same seed prints the same.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/simulate/bound.h"
#include "bench/simulate/world.h"

enum { LOADED = 3 }; // runs on a busy cluster, of which the mean is taken
static const double busy = 0.85, hour = 3600e6;
// four allocations of a whole node and four hours: for less there is no goal of node hours
static const double work_least = 16;
// nor of time where the bound is shorter than an allocation that is worth its start
static const double idle_least = 600e6;
static const double node_mean = 1.15, node_worst = 1.25, idle_worst = 1.2, loaded_worst = 1.1;

struct figures { // of one way
    struct outcome idle, stuck;
    double loaded_usec; // 0: once it never ended
};

struct goals { // of torc, over all sets
    int sets, requests_reached, node_sets, idle_sets;
    double node_sum, node_most, idle_most, loaded_most;
    const char *node_set, *idle_set, *loaded_set; // the worst
};

static struct outcome simulate(const struct workload *w, struct scene scene, enum way way)
{
    struct world world;
    world_simulate(&world, w, &scene, way);
    struct outcome outcome = world_outcome(&world);
    world_fini(&world);
    return outcome;
}

static void measure(struct figures *f, const struct workload *w, uint64_t seed, enum way way)
{
    f->idle = simulate(w, (struct scene){.seed = seed}, way);
    f->stuck = simulate(w, (struct scene){.seed = seed, .stuck = true}, way);
    f->loaded_usec = 0;
    for (uint64_t i = 0; i < LOADED; i++) {
        struct outcome o = simulate(w, (struct scene){.busy = busy, .seed = seed + i}, way);
        if (!o.makespan_usec) {
            f->loaded_usec = 0;
            return;
        }
        f->loaded_usec += (double)o.makespan_usec / LOADED;
    }
}

static double best_other(const struct figures list[WAYS])
{
    double best = 0;
    for (int way = 0; way < WAYS; way++)
        if (way != WAY_TORC && list[way].loaded_usec > 0 &&
            (best <= 0 || list[way].loaded_usec < best))
            best = list[way].loaded_usec;
    return best;
}

// A time that never came is endless.
static double ratio(double usec, double of)
{
    return usec > 0 ? usec / of : 999;
}

static void print_set(const struct workload_set *set, const struct workload *w,
                      const struct bound *bound, const struct figures list[WAYS])
{
    double best = best_other(list);
    printf("%s: %s; %d %s x %d %s; bound: %.2f node hours, %.3f h\n", set->name, set->what,
           bound->pools, bound->pools == 1 ? "pool" : "pools", w->stages,
           w->stages == 1 ? "stage" : "stages", bound->node_usec / hour,
           (double)bound->makespan_usec / hour);
    puts("           requests   node h  /bound    idle h  /bound    busy h  /best    stuck");
    for (int way = 0; way < WAYS; way++) {
        const struct figures *f = &list[way];
        printf("  %-8s %8lld %8.2f %7.2f  %8.3f %7.2f  %8.3f %6.2f  %5.0f %%\n", way_names[way],
               (long long)f->idle.requests, f->idle.node_usec / hour,
               f->idle.node_usec / bound->node_usec, (double)f->idle.makespan_usec / hour,
               ratio((double)f->idle.makespan_usec, (double)bound->makespan_usec),
               f->loaded_usec / hour, ratio(f->loaded_usec, best), 100 * f->stuck.done);
        if (f->idle.again)
            printf("    %lld jobs were ended by an allocation's end and ran again\n",
                   (long long)f->idle.again);
    }
}

static void take_most(double *most, const char **where, double value, const char *name)
{
    if (value > *most) {
        *most = value;
        *where = name;
    }
}

static void count(struct goals *goals, const char *name, const struct workload *w,
                  const struct bound *bound, const struct figures list[WAYS])
{
    const struct figures *torc = &list[WAY_TORC];
    double nodes = torc->idle.node_usec / bound->node_usec;
    goals->sets++;
    goals->requests_reached += torc->idle.requests <= (int64_t)bound->pools * w->stages;
    if (bound->node_usec / hour >= work_least) {
        goals->node_sets++;
        goals->node_sum += nodes;
        take_most(&goals->node_most, &goals->node_set, nodes, name);
    }
    if ((double)bound->makespan_usec >= idle_least) {
        goals->idle_sets++;
        take_most(&goals->idle_most, &goals->idle_set,
                  ratio((double)torc->idle.makespan_usec, (double)bound->makespan_usec), name);
    }
    take_most(&goals->loaded_most, &goals->loaded_set, ratio(torc->loaded_usec, best_other(list)),
              name);
}

static int verdict(bool reached)
{
    puts(reached ? "reached)" : "MISSED)");
    return !reached;
}

static int print_goals(const struct goals *g)
{
    int missed = 0;
    printf("requests at most pools x stages: in %d of %d sets (all: ", g->requests_reached,
           g->sets);
    missed += verdict(g->requests_reached == g->sets);
    if (g->node_sets) {
        double mean = g->node_sum / g->node_sets;
        printf("node hours against the bound, %d sets of at least %.0f: mean %.2f (at most %.2f: ",
               g->node_sets, work_least, mean, node_mean);
        missed += verdict(mean <= node_mean);
        printf("  worst %.2f, %s (at most %.2f: ", g->node_most, g->node_set, node_worst);
        missed += verdict(g->node_most <= node_worst);
    }
    if (g->idle_sets) {
        printf("time on an idle cluster against the bound, %d sets of at least %.0f min: worst "
               "%.2f, %s (at most %.2f: ",
               g->idle_sets, idle_least / 60e6, g->idle_most, g->idle_set, idle_worst);
        missed += verdict(g->idle_most <= idle_worst);
    }
    printf("time on a busy cluster against the best of the others, %d sets: worst %.2f, %s (at "
           "most %.2f: ",
           g->sets, g->loaded_most, g->loaded_set, loaded_worst);
    missed += verdict(g->loaded_most <= loaded_worst);
    return missed ? 1 : 0;
}

static void run_set(const struct workload_set *set, uint64_t seed, struct goals *goals)
{
    struct workload w;
    struct figures list[WAYS];
    workload_make(&w, set, seed);
    struct bound bound = bound_of(&w);
    for (int way = 0; way < WAYS; way++)
        measure(&list[way], &w, seed, (enum way)way);
    print_set(set, &w, &bound, list);
    fflush(stdout);
    count(goals, set->name, &w, &bound, list);
    workload_fini(&w);
}

int main(int argc, char **argv)
{
    uint64_t seed = 1;
    const char *only = NULL;
    struct goals goals = {0};
    for (int i = 1; i < argc; i += 2) {
        if (i + 1 < argc && !strcmp(argv[i], "--seed"))
            seed = strtoull(argv[i + 1], NULL, 10);
        else if (i + 1 < argc && !strcmp(argv[i], "--only"))
            only = argv[i + 1];
        else {
            fputs("usage: planner [--seed N] [--only NAME]\n", stderr);
            return 2;
        }
    }
    for (const struct workload_set *set = workload_sets; set->name; set++)
        if (!only || !strcmp(set->name, only))
            run_set(set, seed, &goals);
    if (!goals.sets) {
        fprintf(stderr, "planner: there is no set %s\n", only);
        return 2;
    }
    return print_goals(&goals);
}
