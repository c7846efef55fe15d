// SPDX-License-Identifier: GPL-2.0-or-later
// Reads SLURM_*, the limits of the cgroup, and, where 22.05 does not say when the allocation ends,
// squeue.
#include "runner/allocation.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/base/program.h"
#include "lib/meter/cgroup_path.h"
#include "lib/meter/proc.h"
#include "runner/node.h"

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

// squeue tries long to reach a controller that is down, and nothing else happens here meanwhile.
enum { SQUEUE_MSEC = 10 * 1000 };

int64_t allocation_read_end(const char *text)
{
    struct tm when = {.tm_isdst = -1};
    bool known = strptime(text, "%Y-%m-%dT%H:%M:%S",
                          &when); // not "N/A": no limit; nor nothing: no answer
    return known ? (int64_t)mktime(&when) * USEC_PER_SEC : 0;
}

static int64_t ask_end(int64_t slurm_job_id)
{
    char job[32];
    struct program_result result;
    struct error ignored;
    snprintf(job, sizeof job, "%lld", (long long)slurm_job_id);
    const char *const argv[] = {"squeue", "-h", "-j", job, "-o", "%e", NULL};
    if (program_run(argv, NULL, NULL, SQUEUE_MSEC, &result, &ignored))
        return 0;
    int64_t end_usec = allocation_read_end(result.out);
    program_result_fini(&result);
    return end_usec;
}

static void read_memory(struct node *node, int64_t own_bytes)
{
    int64_t per_node = number("SLURM_MEM_PER_NODE", 0), per_cpu = number("SLURM_MEM_PER_CPU", 0);
    int64_t granted = per_node ? per_node * mib : per_cpu * mib * node->cpus;
    if (granted <= 0)
        return;
    node->memory_bytes = granted; // also where the kernel knows of less: it is what Slurm and the
                                  // planner count with
    if (node->memory_bytes > 2 * own_bytes)
        node->memory_bytes -= own_bytes;
}

void allocation_read(struct node *node, int64_t own_bytes)
{
    node->slurm_job_id = number("SLURM_JOB_ID", 0);
    node->cpus = (int32_t)number("SLURM_CPUS_ON_NODE", node->cpus);
    node->in_allocation = node->slurm_job_id > 0 && getenv("SLURM_CPUS_ON_NODE");
    if (!node->in_allocation) {
        node->slurm_job_id = 0;
        return;
    }
    node->array_task_id = (int32_t)number("SLURM_ARRAY_TASK_ID", -1);
    node->restart_count = (int32_t)number("SLURM_RESTART_COUNT", 0);
    node->node_list = getenv("SLURM_JOB_NODELIST");
    if (getenv("SLURMD_NODENAME")) {
        free(node->name);
        node->name = xstrdup(getenv("SLURMD_NODENAME"));
    }
    read_memory(node, own_bytes);
    node->end_usec = number("SLURM_JOB_END_TIME", 0) * USEC_PER_SEC;
    if (!node->end_usec)
        node->end_usec = ask_end(node->slurm_job_id);
    int64_t start = number("SLURM_JOB_START_TIME", 0) * USEC_PER_SEC;
    if (node->end_usec)
        node->walltime_usec = node->end_usec - (start ? start : clock_real_usec());
}
