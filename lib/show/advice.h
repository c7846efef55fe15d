// SPDX-License-Identifier: GPL-2.0-or-later
// What the jobs of a class should ask for next time, by what those that completed have used: never
// less than the most that was measured, and a margin.
#ifndef LIB_SHOW_ADVICE_H
#define LIB_SHOW_ADVICE_H

#include <jansson.h>

#include "lib/store/read.h"

enum { ADVICE_JOBS = 3 }; // fewer tell nothing

enum advice_why {
    ADVICE_MEASURED, // it is by what was used
    ADVICE_TOO_FEW,  // jobs that completed, and of which it is known: as it was
    ADVICE_DIED,     // some died of too little of it, and others used less: as it was
    ADVICE_CACHE,    // page cache fills whatever there is, and the rest has its margin: as it was
};

struct advice {
    int32_t cpus;
    int64_t memory_bytes, runtime_usec; // as asked, where there is nothing to say
    enum advice_why cpus_why, memory_why, runtime_why;
};

// Pure. Memory and runtime: the most, and a quarter; CPUs: the most that a job used on average over
// its life, and a tenth, and never more than it asked for, as nobody knows what it would do with
// them.
struct advice advice_make(const struct size_info *used);

// What the jobs that completed would have held less, in CPU and byte microseconds; less than 0:
// more.
double advice_saved_cpu(const struct size_info *used, const struct advice *advice);
double advice_saved_memory(const struct size_info *used, const struct advice *advice);

// {"resource_requirements": [{"name", "num_cpus", "memory", "runtime"}]}: a class as workflow files
// have it; torc-sbatch --resources reads that. Only classes for which anything is advised.
int advice_document(struct store *store, int64_t workflow_id, json_t **document, struct error *err);

#endif
