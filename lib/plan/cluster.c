// SPDX-License-Identifier: GPL-2.0-or-later
// From slurm-query's JSON to structs. A key that is absent or null leaves 0, NULL or false.
#include "lib/plan/cluster.h"

#include <jansson.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/mem.h"
#include "lib/plan/limits.h"
#include "lib/plan/plan.h"
#include "lib/workflow/gres.h"

enum value_type { VALUE_TEXT, VALUE_BOOL, VALUE_INT32, VALUE_INT64 };

struct key {
    const char *name;
    enum value_type type;
    size_t offset;
};

// clang-format off
#define KEY(record, field, type) {#field, type, offsetof(struct record, field)}
// clang-format on

static const struct key node_keys[] = {
    KEY(cluster_node, name, VALUE_TEXT),       KEY(cluster_node, hostname, VALUE_TEXT),
    KEY(cluster_node, up, VALUE_BOOL),         KEY(cluster_node, idle, VALUE_BOOL),
    KEY(cluster_node, cpus, VALUE_INT32),      KEY(cluster_node, memory_bytes, VALUE_INT64),
    KEY(cluster_node, tmp_bytes, VALUE_INT64), {0},
};

static const struct key partition_keys[] = {
    KEY(cluster_partition, name, VALUE_TEXT),
    KEY(cluster_partition, is_default, VALUE_BOOL),
    KEY(cluster_partition, submits, VALUE_BOOL),
    KEY(cluster_partition, starts, VALUE_BOOL),
    KEY(cluster_partition, root_only, VALUE_BOOL),
    KEY(cluster_partition, needs_reservation, VALUE_BOOL),
    KEY(cluster_partition, whole_nodes, VALUE_BOOL),
    KEY(cluster_partition, max_time_usec, VALUE_INT64),
    KEY(cluster_partition, default_time_usec, VALUE_INT64),
    KEY(cluster_partition, max_nodes, VALUE_INT32),
    KEY(cluster_partition, max_cpus_per_node, VALUE_INT32),
    KEY(cluster_partition, max_memory_per_cpu_bytes, VALUE_INT64),
    KEY(cluster_partition, max_memory_per_node_bytes, VALUE_INT64),
    KEY(cluster_partition, default_memory_per_cpu_bytes, VALUE_INT64),
    KEY(cluster_partition, default_memory_per_node_bytes, VALUE_INT64),
    KEY(cluster_partition, allow_accounts, VALUE_TEXT),
    KEY(cluster_partition, deny_accounts, VALUE_TEXT),
    KEY(cluster_partition, allow_qos, VALUE_TEXT),
    KEY(cluster_partition, deny_qos, VALUE_TEXT),
    KEY(cluster_partition, allow_groups, VALUE_TEXT),
    KEY(cluster_partition, alloc_nodes, VALUE_TEXT),
    KEY(cluster_partition, group_allowed, VALUE_BOOL),
    KEY(cluster_partition, qos, VALUE_TEXT),
    {0},
};

static const struct key cluster_keys[] = {
    KEY(cluster, name, VALUE_TEXT),
    KEY(cluster, version, VALUE_TEXT),
    KEY(cluster, max_array_size, VALUE_INT32),
    KEY(cluster, kill_wait_secs, VALUE_INT32),
    KEY(cluster, memory_shared, VALUE_BOOL),
    {0},
};

static void read_keys(void *record, const struct key *keys, const json_t *object,
                      struct arena *arena)
{
    for (const struct key *key = keys; key->name; key++) {
        void *at = (char *)record + key->offset;
        const json_t *value = json_object_get(object, key->name);
        switch (key->type) {
        case VALUE_TEXT:
            *(const char **)at = arena_strdup(arena, json_string_value(value));
            break;
        case VALUE_BOOL:
            *(bool *)at = json_is_true(value);
            break;
        case VALUE_INT32:
            *(int32_t *)at = (int32_t)json_integer_value(value);
            break;
        case VALUE_INT64:
            *(int64_t *)at = json_integer_value(value);
            break;
        }
    }
}

// "node_ranges": [0, 3, 7, 9] is nodes 0 to 3 and 7 to 9: thousands of nodes in a few numbers.
static void read_ranges(struct cluster *cluster, struct cluster_partition *partition,
                        const json_t *ranges)
{
    size_t count = json_array_size(ranges) / 2;
    uint32_t *list = arena_alloc(cluster->arena, cluster->nodes_count * sizeof *list + 1);
    uint32_t used = 0;
    for (size_t i = 0; i < count; i++) {
        json_int_t first = json_integer_value(json_array_get(ranges, 2 * i));
        json_int_t last = json_integer_value(json_array_get(ranges, 2 * i + 1));
        for (json_int_t n = first < 0 ? 0 : first; n <= last && n < cluster->nodes_count; n++)
            if (cluster->nodes[n].name && used < cluster->nodes_count)
                list[used++] = (uint32_t)n;
    }
    partition->nodes = list;
    partition->nodes_count = used;
}

int cluster_parse(struct cluster *cluster, const char *text, struct error *err)
{
    *cluster = (struct cluster){0};
    json_error_t where;
    json_auto_t *root = json_loads(text, 0, &where);
    const json_t *config = json_object_get(root, "config"), *nodes = json_object_get(root, "nodes");
    const json_t *partitions = json_object_get(root, "partitions");
    if (!json_is_object(config) || !json_is_array(nodes) || !json_is_array(partitions))
        return error_set(err, ERROR_UNREACHABLE, 0,
                         "what Slurm says of the cluster makes no sense: %s",
                         root ? "config, nodes or partitions are missing" : where.text);
    struct arena *arena = cluster->arena = arena_create();
    read_keys(cluster, cluster_keys, config, arena);
    cluster->nodes_count = (uint32_t)json_array_size(nodes);
    cluster->partitions_count = (uint32_t)json_array_size(partitions);
    cluster->nodes = arena_alloc(arena, (cluster->nodes_count + 1) * sizeof *cluster->nodes);
    cluster->partitions =
        arena_alloc(arena, (cluster->partitions_count + 1) * sizeof *cluster->partitions);
    size_t i;
    json_t *item;
    json_array_foreach(nodes, i, item) {
        cluster->nodes[i] = (struct cluster_node){0};
        read_keys(&cluster->nodes[i], node_keys, item, arena);
        cluster->nodes[i].gpus = gres_count_gpus(json_string_value(json_object_get(item, "gres")));
    }
    json_array_foreach(partitions, i, item) {
        cluster->partitions[i] = (struct cluster_partition){0};
        read_keys(&cluster->partitions[i], partition_keys, item, arena);
        read_ranges(cluster, &cluster->partitions[i], json_object_get(item, "node_ranges"));
    }
    cluster->limited = arena_alloc(arena, sizeof(void *));
    *cluster->limited = NULL;
    cluster->owners = limits_read(json_object_get(root, "limits"), arena, &cluster->owners_count);
    return 0;
}

void cluster_fini(struct cluster *cluster)
{
    arena_destroy(cluster->arena);
    *cluster = (struct cluster){0};
}

const struct cluster_partition *cluster_find_partition(const struct cluster *cluster,
                                                       const char *name, size_t length)
{
    for (uint32_t i = 0; i < cluster->partitions_count; i++) {
        const char *have = cluster->partitions[i].name;
        if (have && strlen(have) == length && !memcmp(have, name, length))
            return &cluster->partitions[i];
    }
    return NULL;
}

bool cluster_partition_is_up(const struct cluster *cluster, const char *name)
{
    const struct cluster_partition *p = cluster_find_partition(cluster, name, strlen(name));
    for (uint32_t i = 0; p && i < p->nodes_count; i++)
        if (cluster->nodes[p->nodes[i]].up)
            return true;
    return !p;
}

static bool is_host(const char *a, const char *b)
{
    size_t n = strcspn(a, "."), m = strcspn(b, ".");
    return n == m && !strncmp(a, b, n);
}

bool cluster_has_other_hosts(const struct cluster *cluster,
                             const struct cluster_partition *partition, const char *hostname)
{
    uint32_t count = partition ? partition->nodes_count : cluster->nodes_count;
    for (uint32_t i = 0; i < count; i++) {
        const struct cluster_node *node = &cluster->nodes[partition ? partition->nodes[i] : i];
        if (node->name && !is_host(node->hostname ? node->hostname : node->name, hostname))
            return true;
    }
    return false;
}

void cluster_most(const struct cluster *cluster, int64_t *memory_bytes, int64_t *runtime_usec)
{
    bool endless = false;
    *memory_bytes = *runtime_usec = 0;
    for (uint32_t i = 0; i < cluster->nodes_count; i++)
        if (cluster->nodes[i].memory_bytes - PLAN_OWN_BYTES > *memory_bytes)
            *memory_bytes = cluster->nodes[i].memory_bytes - PLAN_OWN_BYTES;
    for (uint32_t i = 0; i < cluster->partitions_count; i++) {
        endless |= !cluster->partitions[i].max_time_usec;
        if (cluster->partitions[i].max_time_usec > *runtime_usec)
            *runtime_usec = cluster->partitions[i].max_time_usec;
    }
    if (endless)
        *runtime_usec = 0;
}
