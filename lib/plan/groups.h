// SPDX-License-Identifier: GPL-2.0-or-later
// The nodes of a graph by groups, so that a sweep of a thousand jobs becomes one box: nodes of one
// kind whose names differ in numbers only, and whose neighbours do. Pure, deterministic, O((nodes +
// edges) log).
#ifndef LIB_PLAN_GROUPS_H
#define LIB_PLAN_GROUPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct group_node {
    const char *name;
    int64_t kind; // nodes of different kinds are never put together
};

struct group_edge {
    uint32_t from, to;
};

struct group {
    const char *name;     // of its only node, else with "*" for what differs: "sim_*"
    uint32_t first, size; // its first node, how many it has
};

struct groups {
    struct group *list; // in the order of their first nodes
    size_t count;
    uint32_t *of_node;        // by node: its group
    struct group_edge *edges; // between groups, each once, in order; one to itself where nodes of a
                              // group follow each other
    size_t edges_count;
    struct arena *text;
};

// each: every node is a group of its own. Names are borrowed. groups_fini is due.
void groups_make(struct groups *groups, const struct group_node *nodes, size_t nodes_count,
                 const struct group_edge *edges, size_t edges_count, bool each);
void groups_fini(struct groups *groups);

#endif
