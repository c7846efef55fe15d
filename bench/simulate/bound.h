// SPDX-License-Identifier: GPL-2.0-or-later
// What no way to run a workflow can be better than.
#ifndef BENCH_SIMULATE_BOUND_H
#define BENCH_SIMULATE_BOUND_H

#include "bench/simulate/workload.h"

struct bound {
    int32_t pools;    // partitions that it has jobs for
    double node_usec; // by what jobs declare: of each pool, the resource of which there is most
    int64_t makespan_usec; // as long as they really take: max(critical path, work / nodes)
};

struct bound bound_of(const struct workload *w);

// Node time of jobs of a partition, of all with done[job] = 0 (NULL: of all); declared or real.
double bound_work(const struct workload *w, int32_t partition, const unsigned char *done,
                  bool declared);

#endif
