// SPDX-License-Identifier: GPL-2.0-or-later
// Part of the planner: which partition can hold jobs of a class, and how many of them its nodes
// hold side by side. Pure.
#ifndef LIB_PLAN_FIT_H
#define LIB_PLAN_FIT_H

#include "lib/plan/limits.h"
#include "lib/plan/plan.h"
#include "lib/workflow/sbatch_options.h"

struct fit_least { // the least that the nodes of one width or more have for jobs
    int32_t cpus, gpus;
    int64_t memory_bytes; // 0: Slurm does not know the memory of these nodes
    int64_t tmp_bytes;    // likewise
    int64_t idle;         // of these nodes
};

struct fit {
    const struct cluster_partition *partition; // as these limits of account and QOS leave it:
    struct limits limits;
    const struct scheduler *scheduler; // NULL: none
    struct sbatch_asks asks;           // of the scheduler and of the command line's further options
    bool whole_nodes;
    bool memory_unasked;           // of memory there is what Slurm gives without --mem
    int64_t memory_per_cpu_bytes;  // no CPU brings more: by the partition, or as asked for; 0: no
                                   // limit
    int64_t memory_per_node_bytes; // no node does; likewise
    int32_t cpus_per_job;          // more than it asked for where its memory makes that necessary
    int32_t *widths; // jobs per node, each node type that holds any, ascending, distinct; at least
                     // one
    struct fit_least *leasts; // of nodes as wide as that or wider
    uint32_t widths_count;
};

// Chooses the partition: the scheduler's or -p (the first that fits of several), else Slurm's
// default, else one that fits, which is noted. -1: none holds a job of this class, which is noted
// as refused with the reason. fit_fini is due in both cases.
int fit_choose(struct fit *fit, struct plan *plan, const struct plan_request *request,
               const struct plan_class *class);
void fit_fini(struct fit *fit);

const struct fit_least *fit_least_of(const struct fit *fit, int32_t width);

// The types of nodes that are up in the fit's partition, the narrowest first, each with what the
// least of its nodes has and how many nodes as large are idle; of allocations of several nodes one
// type, as these may be of several. Gives how many; the caller frees.
size_t fit_types(const struct fit *fit, const struct cluster *cluster, int32_t nodes,
                 struct fit_least **types);

// What an allocation has of the node at most; whether it may get it; what two nodes both have.
struct fit_least fit_share(const struct fit *fit, const struct cluster_node *node);
bool fit_takes(const struct fit *fit, const struct cluster_node *node);
void fit_unite(struct fit_least *least, const struct fit_least *other);

// Nodes of one allocation.
int32_t fit_nodes(const struct fit *fit, const struct class_row *row);

// What each of its jobs is planned with.
int64_t fit_memory(const struct fit *fit, const struct class_row *row);

// GPUs that so many jobs side by side need: a fraction of one is never put together from two.
int32_t fit_gpus(int32_t gpus_milli, int32_t jobs);

#endif
