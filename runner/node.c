// SPDX-License-Identifier: GPL-2.0-or-later
// The node's books: taken when a job starts, given back when nothing of it is left.
#include "runner/node.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/comma_list.h"
#include "lib/base/mem.h"
#include "lib/base/size.h"
#include "runner/allocation.h"
#include "runner/topology.h"

// GPUs by the names that their drivers know; "NoDevFiles" is Slurm's word for none.
static void find_gpus(struct node *node, const struct options *options)
{
    static const char *const variables[] = {"CUDA_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES",
                                            "SLURM_JOB_GPUS"};
    const char *list = NULL;
    for (size_t i = 0; !list && i < sizeof variables / sizeof *variables; i++)
        list = getenv(variables[i]);
    const char *rest = list && strcmp(list, "NoDevFiles") ? list : NULL;
    size_t space = 0;
    for (struct comma_item id;
         (options->gpus < 0 || node->gpus_count < options->gpus) && comma_list_next(&rest, &id);) {
        if (!id.length)
            continue;
        node->gpu_ids =
            array_grow(node->gpu_ids, (size_t)node->gpus_count, &space, sizeof *node->gpu_ids);
        node->gpu_ids[node->gpus_count++] = xstrndup(id.text, id.length);
    }
    for (int i = 0; !list && i < (options->gpus < 0 ? SHARE_GPUS : options->gpus); i++) {
        char path[32];
        snprintf(path, sizeof path, "/dev/nvidia%d", i);
        if (options->gpus < 0 && access(path, F_OK))
            break;
        node->gpu_ids =
            array_grow(node->gpu_ids, (size_t)node->gpus_count, &space, sizeof *node->gpu_ids);
        node->gpu_ids[node->gpus_count++] = xasprintf("%d", i);
    }
    node->gpus_free = xcalloc((size_t)node->gpus_count, sizeof *node->gpus_free);
    for (int i = 0; i < node->gpus_count; i++)
        node->gpus_free[i] = GPU_WHOLE;
}

// Jobs are bound only where the CPUs that may be used are just those granted: a node with fake
// CPUs, or one that Slurm does not constrain, says nothing about which are ours.
static void order_cpus(struct node *node)
{
    cpu_set_t allowed;
    if (!node->in_allocation || sched_getaffinity(0, sizeof allowed, &allowed) ||
        CPU_COUNT(&allowed) != node->cpus)
        return;
    int count;
    node->cpu_order = topology_order(&allowed, &count);
}

static void take_allocation(struct node *node, int64_t own_bytes)
{
    struct allocation allocation;
    node->in_allocation = allocation_read(&allocation);
    if (allocation.cpus)
        node->cpus = allocation.cpus;
    if (!node->in_allocation)
        return;
    node->slurm_job_id = allocation.slurm_job_id;
    node->slurm_array_id = allocation.slurm_array_id;
    node->array_task_id = allocation.array_task_id;
    node->restart_count = allocation.restart_count;
    node->node_list = allocation.node_list;
    node->end_usec = allocation.end_usec;
    node->walltime_usec = allocation.walltime_usec;
    if (allocation.node_name) {
        free(node->name);
        node->name = xstrdup(allocation.node_name);
    }
    node->granted_cpus = allocation.cpus;
    node->granted_bytes = allocation.memory_bytes;
    if (allocation.memory_bytes)
        node->memory_bytes = allocation.memory_bytes;
    if (allocation.memory_bytes > 2 * own_bytes)
        node->memory_bytes -= own_bytes;
}

int node_init(struct node *node, const struct options *options, struct error *err)
{
    char host[256] = "";
    *node = (struct node){.array_task_id = -1};
    if (gethostname(host, sizeof host - 1))
        return error_set(err, ERROR_INTERNAL, errno, "cannot read the name of this host");
    node->host = xstrdup(host);
    node->name = xstrdup(host);
    node->cpus = (int32_t)sysconf(_SC_NPROCESSORS_ONLN);
    cpu_set_t allowed;
    if (!sched_getaffinity(0, sizeof allowed, &allowed))
        node->cpus = CPU_COUNT(&allowed);
    node->memory_bytes =
        allocation_memory_limit((int64_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE));
    take_allocation(node, options->own_memory_bytes);
    if (options->cpus)
        node->cpus = options->cpus;
    if (options->memory_bytes)
        node->memory_bytes = options->memory_bytes;
    if (options->time_usec) {
        int64_t end = clock_real_usec() + options->time_usec;
        if (!node->end_usec || end < node->end_usec) {
            node->end_usec = end;
            node->walltime_usec = options->time_usec;
        }
    }
    find_gpus(node, options);
    order_cpus(node);
    node->cpus_free = node->cpus;
    node->memory_free = node->memory_bytes;
    return 0;
}

void node_fini(struct node *node)
{
    for (int i = 0; i < node->gpus_count; i++)
        free(node->gpu_ids[i]);
    free(node->gpu_ids);
    free(node->gpus_free);
    free(node->cpu_order);
    free(node->host);
    free(node->name);
    *node = (struct node){0};
}

int32_t node_gpus_free_milli(const struct node *node)
{
    int32_t sum = 0;
    for (int i = 0; i < node->gpus_count; i++)
        sum += node->gpus_free[i];
    return sum;
}

// Part of a GPU goes to the fullest one that still has it, so that whole ones stay whole.
static bool take_gpus(struct node *node, int32_t milli, struct share *share)
{
    int32_t want = milli >= GPU_WHOLE ? (milli + GPU_WHOLE - 1) / GPU_WHOLE : milli > 0;
    int32_t part = milli >= GPU_WHOLE ? GPU_WHOLE : milli;
    share->gpus_count = 0;
    share->gpu_part_milli = part;
    if (want > SHARE_GPUS)
        return false;
    while (share->gpus_count < want) {
        int best = -1;
        for (int i = 0; i < node->gpus_count; i++)
            if (node->gpus_free[i] >= part &&
                (best < 0 || node->gpus_free[i] < node->gpus_free[best]))
                best = i;
        if (best < 0)
            break;
        node->gpus_free[best] -= part;
        share->gpus[share->gpus_count++] = best;
    }
    if (share->gpus_count == want)
        return true;
    while (share->gpus_count)
        node->gpus_free[share->gpus[--share->gpus_count]] += part;
    return false;
}

static void take_cpus(struct node *node, struct share *share)
{
    CPU_ZERO(&share->set);
    int left = share->cpus;
    for (int i = 0; left && i < node->cpus; i++)
        if (!CPU_ISSET(node->cpu_order[i], &node->cpus_taken)) {
            CPU_SET(node->cpu_order[i], &node->cpus_taken);
            CPU_SET(node->cpu_order[i], &share->set);
            left--;
        }
    share->bound = !left;
}

bool node_take(struct node *node, const struct claimed_job *job, struct share *share)
{
    share->cpus = job->cpus;
    share->memory_bytes = job->memory_bytes;
    if (!job->enforced) { // what is only for planning fits everywhere, as the store has it when it
                          // gives such jobs out
        share->cpus = share->cpus < node->cpus ? share->cpus : node->cpus;
        share->memory_bytes =
            share->memory_bytes < node->memory_bytes ? share->memory_bytes : node->memory_bytes;
    }
    if (share->cpus > node->cpus_free || share->memory_bytes > node->memory_free)
        return false;
    share->bound = false;
    share->gpus_milli = job->nodes > 1 && job->gpus_milli // as the store counts it
                            ? node->gpus_count * GPU_WHOLE
                            : job->gpus_milli;
    if (!take_gpus(node, share->gpus_milli, share))
        return false;
    node->cpus_free -= share->cpus;
    node->memory_free -= share->memory_bytes;
    if (node->cpu_order && job->nodes <= 1) // its steps are bound by nobody: CPUs of other nodes
        take_cpus(node, share);
    return true;
}

void node_give(struct node *node, const struct share *share)
{
    node->cpus_free += share->cpus;
    node->memory_free += share->memory_bytes;
    for (int i = 0; i < share->gpus_count; i++)
        node->gpus_free[share->gpus[i]] += share->gpu_part_milli;
    for (int i = 0; node->cpu_order && i < node->cpus; i++)
        if (share->bound && CPU_ISSET(node->cpu_order[i], &share->set))
            CPU_CLR(node->cpu_order[i], &node->cpus_taken);
}

const char *node_refuses(const struct node *node, int32_t cpus, int64_t memory_bytes,
                         int32_t gpus_milli, int32_t nodes, char *text, size_t room)
{
    char asked[SIZE_TEXT], have[SIZE_TEXT];
    int32_t devices = (gpus_milli + GPU_WHOLE - 1) / GPU_WHOLE;
    if (cpus > node->cpus)
        snprintf(text, room, "needs %d CPUs, and there are %d here", cpus, node->cpus);
    else if (memory_bytes > node->memory_bytes)
        snprintf(text, room, "needs %s of memory, and there is %s here",
                 size_format(memory_bytes, asked, sizeof asked),
                 size_format(node->memory_bytes / 1024 / 1024 * 1024 * 1024, have, sizeof have));
    else if (devices > node->gpus_count)
        snprintf(text, room, "needs %d %s, and there are %d here", devices,
                 devices == 1 ? "GPU" : "GPUs", node->gpus_count);
    else if (nodes > 1)
        snprintf(text, room, "needs %d nodes, and this is one", nodes);
    else
        return NULL;
    return text;
}
