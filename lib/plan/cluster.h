// SPDX-License-Identifier: GPL-2.0-or-later
// The cluster as plain structs: nodes, partitions and limits, as slurm-query prints them. In every
// number 0 means that there is no limit or that none is known.
#ifndef LIB_PLAN_CLUSTER_H
#define LIB_PLAN_CLUSTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/error.h"

struct arena;
struct limit_owner;
struct limited_partition;

struct cluster_node {
    const char *name, *hostname;
    bool up;      // runs jobs, or will without an administrator: not down, drained or failing
    bool idle;    // up, and nothing runs on it
    int32_t cpus; // without those specialised for the system
    int32_t gpus;
    int64_t memory_bytes; // without what is specialised for the system
    int64_t tmp_bytes;
};

struct cluster_partition {
    const char *name;
    bool is_default, submits, starts; // submits: takes jobs; starts: begins them
    bool root_only, needs_reservation;
    bool whole_nodes; // an allocation gets its nodes whole, whatever it asks for
    int64_t max_time_usec, default_time_usec;
    int32_t max_nodes, max_cpus_per_node;
    int64_t max_memory_per_cpu_bytes, max_memory_per_node_bytes;
    // without --mem; neither: the node's
    int64_t default_memory_per_cpu_bytes, default_memory_per_node_bytes;
    // comma-separated; NULL: all
    const char *allow_accounts, *deny_accounts, *allow_qos, *deny_qos;
    const char *allow_groups, *alloc_nodes; // likewise
    const char *qos;                        // whose limits hold here; NULL: none
    bool group_allowed;                     // the user is in one of allow_groups
    const uint32_t *nodes;                  // indices into the cluster's nodes
    uint32_t nodes_count;
};

struct cluster {
    const char *name, *version;
    int32_t max_array_size; // elements of one job array
    int32_t kill_wait_secs;
    bool memory_shared; // Slurm gives nobody memory of his own: --mem says nothing, or is refused
    struct cluster_node *nodes;
    struct cluster_partition *partitions;
    uint32_t nodes_count, partitions_count;
    struct limit_owner *owners; // QOS and associations: lib/plan/limits.h
    uint32_t owners_count;
    struct limited_partition **limited; // what was found out of them
    struct arena *arena;                // owns everything
};

// Reads the JSON text that slurm-query prints. ERROR_UNREACHABLE when it is not that. On success
// cluster_fini is due.
int cluster_parse(struct cluster *cluster, const char *text, struct error *err);
void cluster_fini(struct cluster *cluster);

// The most that a job could get on some node and in some partition; 0: no limit is known.
void cluster_most(const struct cluster *cluster, int64_t *memory_bytes, int64_t *runtime_usec);

const struct cluster_partition *cluster_find_partition(const struct cluster *cluster,
                                                       const char *name, size_t length);

// Is one of its nodes? A partition that is not known is.
bool cluster_partition_is_up(const struct cluster *cluster, const char *name);

// Does some node of the partition (NULL: of the cluster) belong to another host than `hostname`?
// The domain is ignored.
bool cluster_has_other_hosts(const struct cluster *cluster,
                             const struct cluster_partition *partition, const char *hostname);

#endif
