// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/simulate/site.h"

#include <jansson.h>
#include <stdlib.h>

#include "lib/base/mem.h"

enum { GIB = 1024 };

const struct site sites[] = {
    [SITE_PLAIN] = {.partitions = {"main"},
                    .runs = {{16, {.has = {.cpus = 32, .memory_mib = 128 * GIB}}}}},
    [SITE_KINDS] = {.partitions = {"main"},
                    .runs = {{8, {.has = {.cpus = 32, .memory_mib = 128 * GIB}}},
                             {4, {.has = {.cpus = 64, .memory_mib = 512 * GIB}}}}},
    [SITE_GPUS] =
        {.partitions = {"main", "gpu"},
         .runs = {{12, {.has = {.cpus = 32, .memory_mib = 128 * GIB}}},
                  {4, {.partition = 1, .has = {.cpus = 64, .gpus = 4, .memory_mib = 512 * GIB}}}}},
};
enum { RUNS = sizeof sites[0].runs / sizeof sites[0].runs[0] };

struct queue_node *site_nodes(const struct site *site, size_t *count)
{
    struct queue_node *nodes = NULL;
    *count = 0;
    for (size_t r = 0; r < RUNS; r++)
        for (int32_t i = 0; i < site->runs[r].count; i++) {
            nodes = xrealloc(nodes, *count + 1, sizeof *nodes);
            nodes[(*count)++] = site->runs[r].node;
        }
    return nodes;
}

struct queue_shape site_all(const struct site *site, int32_t partition, int32_t *nodes)
{
    struct queue_shape all = {0};
    *nodes = 0;
    for (size_t r = 0; r < RUNS; r++)
        if (site->runs[r].node.partition == partition) {
            const struct queue_shape *has = &site->runs[r].node.has;
            int32_t count = site->runs[r].count;
            *nodes += count;
            all.cpus += count * has->cpus;
            all.gpus += count * has->gpus;
            all.memory_mib += count * has->memory_mib;
        }
    return all;
}

double site_share(const struct site *site, int32_t partition, const struct queue_shape *shape)
{
    int32_t nodes;
    struct queue_shape all = site_all(site, partition, &nodes);
    double cpus = (double)shape->cpus / all.cpus,
           memory = (double)shape->memory_mib / (double)all.memory_mib,
           gpus = all.gpus ? (double)shape->gpus / all.gpus : 0;
    double most = cpus > memory ? cpus : memory;
    return nodes * (most > gpus ? most : gpus);
}

static json_t *node_json(size_t n, const struct queue_node *node)
{
    char name[32], gres[32] = "";
    snprintf(name, sizeof name, "n%zu", n);
    if (node->has.gpus)
        snprintf(gres, sizeof gres, "gpu:%d", node->has.gpus);
    return json_pack("{s:s, s:s, s:b, s:b, s:i, s:I, s:s}", "name", name, "hostname", name, "up", 1,
                     "idle", !node->jobs_count, "cpus", node->has.cpus, "memory_bytes",
                     (json_int_t)node->has.memory_mib * 1024 * 1024, "gres", gres);
}

static json_t *partition_json(const struct queue *queue, const char *name, int32_t partition)
{
    size_t first = queue->nodes_count, last = 0;
    for (size_t n = 0; n < queue->nodes_count; n++)
        if (queue->nodes[n].partition == partition) {
            first = n < first ? n : first;
            last = n;
        }
    return json_pack("{s:s, s:b, s:b, s:b, s:b, s:[I, I]}", "name", name, "is_default",
                     partition == 0, "submits", 1, "starts", 1, "group_allowed", 1, "node_ranges",
                     (json_int_t)first, (json_int_t)last);
}

char *site_text(const struct site *site, const struct queue *queue)
{
    json_auto_t *nodes = json_array(), *partitions = json_array();
    for (size_t n = 0; n < queue->nodes_count; n++)
        json_array_append_new(nodes, node_json(n, &queue->nodes[n]));
    for (int32_t p = 0; p < QUEUE_PARTITIONS && site->partitions[p]; p++)
        json_array_append_new(partitions, partition_json(queue, site->partitions[p], p));
    json_auto_t *root = json_pack("{s:{s:s, s:s, s:i, s:i}, s:O, s:O}", "config", "name",
                                  "simulated", "version", "23.11", "max_array_size", 1001,
                                  "kill_wait_secs", 30, "nodes", nodes, "partitions", partitions);
    return json_dumps(root, JSON_COMPACT);
}
