// SPDX-License-Identifier: GPL-2.0-or-later
// Who needs whom: cycles and critical-path ranks, in O(jobs + needs), without recursion.
#ifndef LIB_WORKFLOW_GRAPH_H
#define LIB_WORKFLOW_GRAPH_H

#include <stddef.h>
#include <stdint.h>

struct graph { // the needs of job j are needs[first[j]] … needs[first[j + 1] - 1]
    size_t jobs_count;
    const size_t *first; // jobs_count + 1 entries
    const uint32_t *needs;
};

// Called for a cycle: its jobs, each needing the next, the last the first; the smallest number
// comes first. Jobs that all need each other, by many ways round, are told by one cycle among
// them.
typedef void (*graph_cycle)(void *context, const uint32_t *jobs, size_t count);

// rank[j] becomes the longest sum of secs over a path from j (its own included) to an end,
// saturating at INT32_MAX. Returns the number of cycles; when there are any, rank is unfinished.
size_t graph_rank(const struct graph *graph, const int32_t *secs, int32_t *rank,
                  graph_cycle on_cycle, void *context);

#endif
