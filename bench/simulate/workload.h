// SPDX-License-Identifier: GPL-2.0-or-later
// A workflow to simulate: what its jobs ask for, how long they really take, and what they need.
#ifndef BENCH_SIMULATE_WORKLOAD_H
#define BENCH_SIMULATE_WORKLOAD_H

#include <stddef.h>
#include <stdint.h>

#include "bench/simulate/site.h"

struct workload_class {
    int32_t cpus, gpus;
    int64_t memory_mib, runtime_usec; // as declared, in whole minutes
};

struct workload_job {
    int32_t class;
    int32_t stage;         // from 0: one more than the last of its needs
    int64_t runtime_usec;  // really; never more than declared
    uint32_t first, needs; // its needs are workload.needs[first] …, jobs before it
};

struct workload {
    const struct site *site;
    struct workload_class *classes;
    struct workload_job *jobs;
    uint32_t *needs;
    size_t classes_count, classes_space, jobs_count, jobs_space, needs_count, needs_space;
    int32_t stages;
    // who needs job j: list[starts[j]] … list[starts[j + 1] - 1]; made by workload_close
    uint32_t *starts, *list;
};

int32_t workload_class(struct workload *w, int32_t cpus, int32_t gpus, int64_t memory_mib,
                       int32_t minutes);
uint32_t workload_job(struct workload *w, int32_t class, int64_t runtime_usec);
void workload_need(struct workload *w, uint32_t other); // the last job needs it
void workload_close(struct workload *w);                // all jobs are there
void workload_fini(struct workload *w);

// The partition that its jobs of this class go to.
int32_t workload_partition(const struct workload *w, int32_t class);

// As a workflow file, in which the jobs are "j0", "j1", …; the caller's to free.
char *workload_text(const struct workload *w);

struct workload_set { // a row of the table of sets
    const char *name, *what;
    enum site_kind site;
    void (*fill)(struct workload *w, uint64_t *seed);
};
extern const struct workload_set workload_sets[]; // the last has no name
void workload_make(struct workload *w, const struct workload_set *set, uint64_t seed);

// The shapes of the traces of WfCommons: traces.c
void traces_montage(struct workload *w, uint64_t *seed);
void traces_epigenomics(struct workload *w, uint64_t *seed);
void traces_genome(struct workload *w, uint64_t *seed);
void traces_seismology(struct workload *w, uint64_t *seed);

#endif
