// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/simulate/load.h"

#include <math.h>

#include "bench/simulate/random.h"

static const int64_t MINUTE = 60 * 1000000ll;
static const int32_t sizes[] = {1, 1, 2, 4, 8, 16, 32}, gpu_sizes[] = {1, 1, 2, 4};
static const int32_t minutes[] = {30, 60, 120, 240, 480, 1440};
enum {
    SIZES = sizeof sizes / sizeof *sizes,
    GPU_SIZES = sizeof gpu_sizes / sizeof *gpu_sizes,
    TIMES = sizeof minutes / sizeof *minutes,
    CPUS_EACH_GPU = 8,
};
static const double least_part = 0.2; // of what is asked for, jobs take this much to all of it

static double mean(const int32_t *list, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += list[i];
    return sum / (double)count;
}

static void plan_next(struct load *load, int32_t partition)
{
    double wait = -log(1 - random_part(&load->seed)) * load->gap_usec[partition];
    load->next[partition] += 1 + (int64_t)wait;
}

void load_init(struct load *load, const struct queue_node *nodes, size_t count, uint64_t seed,
               double busy)
{
    double work = mean(minutes, TIMES) * (double)MINUTE * (1 + least_part) / 2;
    *load = (struct load){.seed = seed};
    for (int32_t p = 0; p < QUEUE_PARTITIONS; p++) {
        struct queue_shape all = {0};
        for (size_t n = 0; n < count; n++) {
            const struct queue_shape *has = &nodes[n].has;
            if (nodes[n].partition != p)
                continue;
            if (!all.cpus || has->cpus < load->node[p].cpus)
                load->node[p] = *has;
            all.cpus += has->cpus;
            all.gpus += has->gpus;
        }
        if (!all.cpus)
            continue;
        load->gap_usec[p] = all.gpus ? work * mean(gpu_sizes, GPU_SIZES) / (busy * all.gpus)
                                     : work * mean(sizes, SIZES) / (busy * all.cpus);
        plan_next(load, p);
    }
}

struct queue_ask load_draw(struct load *load, int32_t partition)
{
    const struct queue_shape *node = &load->node[partition];
    int32_t gpus = node->gpus ? gpu_sizes[random_below(&load->seed, GPU_SIZES)] : 0;
    int32_t cpus = gpus ? gpus * CPUS_EACH_GPU : sizes[random_below(&load->seed, SIZES)];
    int64_t each_mib = 1024 << random_below(&load->seed, 3); // 1, 2 or 4 GiB a CPU
    int64_t walltime = minutes[random_below(&load->seed, TIMES)] * MINUTE;
    double part = least_part + (1 - least_part) * random_part(&load->seed);
    struct queue_ask ask = {.partition = partition,
                            .shape = {cpus, gpus, cpus * each_mib},
                            .walltime_usec = walltime,
                            .runtime_usec = (int64_t)((double)walltime * part)};
    if (ask.shape.cpus > node->cpus)
        ask.shape.cpus = node->cpus;
    if (ask.shape.gpus > node->gpus)
        ask.shape.gpus = node->gpus;
    if (ask.shape.memory_mib > node->memory_mib)
        ask.shape.memory_mib = node->memory_mib;
    plan_next(load, partition);
    return ask;
}
