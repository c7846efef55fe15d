// SPDX-License-Identifier: GPL-2.0-or-later
// What Slurm says about the allocation that this process runs in, if it does.
#ifndef RUNNER_ALLOCATION_H
#define RUNNER_ALLOCATION_H

#include <stdbool.h>
#include <stdint.h>

struct allocation {                       // strings are the environment's
    int64_t slurm_job_id, slurm_array_id; // the same without an array
    int32_t array_task_id;                // -1: no array
    int32_t restart_count;
    int32_t cpus;         // on this node; 0: not said
    int64_t memory_bytes; // likewise
    const char *node_list, *node_name;
    int64_t end_usec, walltime_usec; // end by the real clock; 0: none known
};

// Fills it from SLURM_*; false: this is none. One Slurm request, only where the environment lacks
// the end time.
bool allocation_read(struct allocation *allocation);

// The smaller of bytes and what the cgroups of this process let it have.
int64_t allocation_memory_limit(int64_t bytes);

#endif
