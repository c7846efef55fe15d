// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/simulate/bound.h"

#include "lib/base/mem.h"

double bound_work(const struct workload *w, int32_t partition, const unsigned char *done,
                  bool declared)
{
    int32_t nodes;
    struct queue_shape all = site_all(w->site, partition, &nodes);
    double cpus = 0, gpus = 0, memory = 0;
    for (size_t j = 0; j < w->jobs_count; j++) {
        const struct workload_job *job = &w->jobs[j];
        const struct workload_class *class = &w->classes[job->class];
        double usec = (double)(declared ? class->runtime_usec : job->runtime_usec);
        if ((done && done[j]) || workload_partition(w, job->class) != partition)
            continue;
        cpus += class->cpus * usec;
        gpus += class->gpus * usec;
        memory += (double)class->memory_mib * usec;
    }
    cpus /= all.cpus ? all.cpus : 1;
    gpus /= all.gpus ? all.gpus : 1;
    memory /= all.memory_mib ? (double)all.memory_mib : 1;
    double most = cpus > memory ? cpus : memory;
    return nodes * (most > gpus ? most : gpus);
}

static int64_t critical_path(const struct workload *w)
{
    cleanup_free int64_t *end = xcalloc(w->jobs_count + 1, sizeof *end);
    int64_t last = 0;
    for (size_t j = 0; j < w->jobs_count; j++) { // needs come before
        const struct workload_job *job = &w->jobs[j];
        for (uint32_t k = 0; k < job->needs; k++)
            if (end[w->needs[job->first + k]] > end[j])
                end[j] = end[w->needs[job->first + k]];
        end[j] += job->runtime_usec;
        last = end[j] > last ? end[j] : last;
    }
    return last;
}

struct bound bound_of(const struct workload *w)
{
    struct bound bound = {.makespan_usec = critical_path(w)};
    for (int32_t p = 0; p < QUEUE_PARTITIONS; p++) {
        int32_t nodes;
        site_all(w->site, p, &nodes);
        double declared = bound_work(w, p, NULL, true), real = bound_work(w, p, NULL, false);
        if (!nodes || declared <= 0)
            continue;
        bound.pools++;
        bound.node_usec += declared;
        if (real / nodes > (double)bound.makespan_usec)
            bound.makespan_usec = (int64_t)(real / nodes);
    }
    return bound;
}
