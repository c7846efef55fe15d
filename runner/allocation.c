// SPDX-License-Identifier: GPL-2.0-or-later
// Reads SLURM_* and the limits of the cgroup; where 22.05 does not say when the allocation ends, it
// is asked for.
#include "runner/allocation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/meter/cgroup_path.h"
#include "lib/meter/proc.h"
#include "lib/slurm/end.h"

static const int64_t mib = 1024 * 1024;

static int64_t number(const char *name, int64_t otherwise)
{
    const char *text = getenv(name);
    char *end;
    int64_t value = text ? strtoll(text, &end, 10) : 0;
    return text && end != text ? value : otherwise;
}

static int64_t read_limit(const char *path, int64_t bytes)
{
    cleanup_fclose FILE *f = fopen(path, "re");
    long long limit;
    return f && fscanf(f, "%lld", &limit) == 1 && limit > 0 && limit < bytes ? limit : bytes;
}

// Walks from the cgroup up to the root of its hierarchy, where each level's limit holds, and on
// through folders that have no such file.
static int64_t walk_limits(const char *controller, const char *file, int64_t bytes)
{
    cleanup_close int proc = proc_open();
    cleanup_free char *at = cgroup_path(proc, controller);
    for (char *slash; at && (slash = strrchr(at, '/')); *slash = '\0') {
        cleanup_free char *path = xasprintf("%s/%s", at, file);
        bytes = read_limit(path, bytes);
    }
    return bytes;
}

int64_t allocation_memory_limit(int64_t bytes)
{
    return walk_limits("memory", "memory.limit_in_bytes", walk_limits(NULL, "memory.max", bytes));
}

// Also where the kernel knows of less: it is what Slurm and the planner count with.
static int64_t granted_memory(int32_t cpus)
{
    int64_t per_node = number("SLURM_MEM_PER_NODE", 0), per_cpu = number("SLURM_MEM_PER_CPU", 0);
    int64_t granted = per_node ? per_node * mib : per_cpu * mib * cpus;
    return granted > 0 ? granted : 0;
}

bool allocation_read(struct allocation *allocation)
{
    *allocation = (struct allocation){
        .slurm_job_id = number("SLURM_JOB_ID", 0),
        .slurm_array_id = number("SLURM_ARRAY_JOB_ID", number("SLURM_JOB_ID", 0)),
        .array_task_id = (int32_t)number("SLURM_ARRAY_TASK_ID", -1),
        .restart_count = (int32_t)number("SLURM_RESTART_COUNT", 0),
        .cpus = (int32_t)number("SLURM_CPUS_ON_NODE", 0),
        .node_list = getenv("SLURM_JOB_NODELIST"),
        .node_name = getenv("SLURMD_NODENAME"),
        .end_usec = number("SLURM_JOB_END_TIME", 0) * USEC_PER_SEC,
    };
    if (allocation->slurm_job_id <= 0 || !getenv("SLURM_CPUS_ON_NODE"))
        return false;
    allocation->memory_bytes = granted_memory(allocation->cpus);
    if (!allocation->end_usec)
        allocation->end_usec = slurm_end_wait(allocation->slurm_job_id);
    int64_t start = number("SLURM_JOB_START_TIME", 0) * USEC_PER_SEC;
    if (allocation->end_usec)
        allocation->walltime_usec = allocation->end_usec - (start ? start : clock_real_usec());
    return true;
}
