// SPDX-License-Identifier: GPL-2.0-or-later
// What this node, or its share that Slurm granted, gives to jobs, and what of it is free.
#ifndef RUNNER_NODE_H
#define RUNNER_NODE_H

#include <sched.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/base/error.h"
#include "lib/base/record.h"
#include "runner/options.h"

enum { GPU_WHOLE = 1000, SHARE_GPUS = 64 };

struct share { // of one job
    int32_t cpus, gpus_milli;
    int64_t memory_bytes;
    int32_t gpus[SHARE_GPUS];           // places in node.gpu_ids
    int32_t gpus_count, gpu_part_milli; // gpu_part_milli: taken of each of them
    cpu_set_t set;
    bool bound; // set is valid
};

struct node {
    bool in_allocation; // of Slurm
    char *host, *name;  // name: Slurm's, else the host's
    const char *node_list;
    int64_t slurm_job_id, slurm_array_id;
    int32_t array_task_id, restart_count; // array_task_id -1: no array
    // end of the allocation (or --time), by the real clock; 0: none known
    int64_t end_usec, walltime_usec;
    int32_t cpus, gpus_count;
    int64_t memory_bytes;
    int32_t granted_cpus; // by Slurm, for all that runs here; 0: not known
    int64_t granted_bytes;
    char **gpu_ids; // as CUDA_VISIBLE_DEVICES names them

    int32_t cpus_free;
    int64_t memory_free;
    int32_t *gpus_free; // of each, in thousandths
    int *cpu_order;     // bound nodes: the CPUs, neighbours side by side; NULL: jobs are not bound
    cpu_set_t cpus_taken;
};

int node_init(struct node *node, const struct options *options, struct error *err);
void node_fini(struct node *node);
int32_t node_gpus_free_milli(const struct node *node); // in all

// Takes what the job asks for; false: it is not free now.
bool node_take(struct node *node, const struct claimed_job *job, struct share *share);
void node_give(struct node *node, const struct share *share);

// Why such a job can never run here ("needs 8 CPUs, 2 are here"), or NULL; text has room bytes.
const char *node_refuses(const struct node *node, int32_t cpus, int64_t memory_bytes,
                         int32_t gpus_milli, int32_t nodes, char *text, size_t room);

#endif
