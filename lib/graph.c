// SPDX-License-Identifier: GPL-2.0-or-later
// Ranks by peeling off jobs that nobody waits for; what cannot be peeled off from either side is on cycles or between them.
#include "lib/graph.h"

#include <stdbool.h>
#include <string.h>

#include "lib/mem.h"

static int32_t add_saturated(int32_t a, int32_t b)
{
    int32_t sum;
    return __builtin_add_overflow(a, b, &sum) ? INT32_MAX : sum;
}

/* Peels off from the ends, setting ranks; marks in gone[] what was peeled. Returns how many jobs that were. */
static size_t peel_ends(const struct graph *graph, const int32_t *secs, int32_t *rank, bool *gone)
{
    size_t n = graph->jobs_count, top = 0, peeled = 0;
    cleanup_free uint32_t *dependents = xcalloc(n ? n : 1, sizeof *dependents);
    cleanup_free uint32_t *stack = xmalloc((n ? n : 1) * sizeof *stack);
    for (size_t i = 0; i < graph->first[n]; i++)
        dependents[graph->needs[i]]++;
    for (size_t j = 0; j < n; j++) {
        rank[j] = secs[j];
        if (!dependents[j])
            stack[top++] = (uint32_t)j;
    }
    while (top) {
        uint32_t j = stack[--top];
        gone[j] = true;
        peeled++;
        for (size_t i = graph->first[j]; i < graph->first[j + 1]; i++) {
            uint32_t need = graph->needs[i];
            int32_t through = add_saturated(rank[j], secs[need]);
            if (through > rank[need])
                rank[need] = through;
            if (--dependents[need] == 0)
                stack[top++] = need;
        }
    }
    return peeled;
}

/* Peels off from the beginnings, among what is left: jobs without a need that is left. Passes in file order until nothing
 * changes would be quadratic, so it keeps dependents of what is left in a table of its own. */
static void peel_beginnings(const struct graph *graph, bool *gone)
{
    size_t n = graph->jobs_count, top = 0;
    cleanup_free uint32_t *left = xcalloc(n, sizeof *left);
    cleanup_free size_t *start = xcalloc(n + 2, sizeof *start);
    cleanup_free uint32_t *dependents = xmalloc((graph->first[n] + 1) * sizeof *dependents);
    cleanup_free uint32_t *stack = xmalloc(n * sizeof *stack);
    for (size_t i = 0; i < graph->first[n]; i++)
        start[graph->needs[i] + 2]++;
    for (size_t j = 0; j < n; j++)
        start[j + 2] += start[j + 1];
    for (size_t j = 0; j < n; j++)
        for (size_t i = graph->first[j]; i < graph->first[j + 1]; i++) {
            dependents[start[graph->needs[i] + 1]++] = (uint32_t)j;
            left[j] += !gone[graph->needs[i]];
        }
    for (size_t j = 0; j < n; j++)
        if (!gone[j] && !left[j])
            stack[top++] = (uint32_t)j;
    while (top) {
        uint32_t j = stack[--top];
        gone[j] = true;
        for (size_t i = start[j]; i < start[j + 1]; i++)
            if (!gone[dependents[i]] && --left[dependents[i]] == 0)
                stack[top++] = dependents[i];
    }
}

static uint32_t next_left(const struct graph *graph, const bool *gone, uint32_t job)
{
    for (size_t i = graph->first[job]; i < graph->first[job + 1]; i++)
        if (!gone[graph->needs[i]])
            return graph->needs[i];
    return job; /* not reached: what is left has a need that is left */
}

static void report_cycle(uint32_t *cycle, size_t count, graph_cycle on_cycle, void *context)
{
    size_t smallest = 0;
    for (size_t i = 1; i < count; i++)
        if (cycle[i] < cycle[smallest])
            smallest = i;
    cleanup_free uint32_t *turned = xmalloc(count * sizeof *turned);
    memcpy(turned, cycle + smallest, (count - smallest) * sizeof *turned);
    memcpy(turned + count - smallest, cycle, smallest * sizeof *turned);
    if (on_cycle)
        on_cycle(context, turned, count);
}

/* Walks from each job left along one need each: every walk ends in a cycle, or where an earlier one went. */
static size_t find_cycles(const struct graph *graph, const bool *gone, graph_cycle on_cycle, void *context)
{
    size_t n = graph->jobs_count, found = 0;
    cleanup_free uint32_t *walk = xcalloc(n, sizeof *walk); /* number of the walk that came by, 0: none */
    cleanup_free uint32_t *path = xmalloc(n * sizeof *path);
    for (uint32_t from = 0; from < n; from++) {
        size_t length = 0;
        uint32_t at = from;
        for (; !gone[from] && !walk[at]; at = next_left(graph, gone, at)) {
            walk[at] = from + 1;
            path[length++] = at;
        }
        if (!length || walk[at] != from + 1)
            continue;
        size_t start = length;
        while (path[--start] != at) {
        }
        report_cycle(path + start, length - start, on_cycle, context);
        found++;
    }
    return found;
}

size_t graph_rank(const struct graph *graph, const int32_t *secs, int32_t *rank, graph_cycle on_cycle, void *context)
{
    cleanup_free bool *gone = xcalloc(graph->jobs_count ? graph->jobs_count : 1, sizeof *gone);
    if (peel_ends(graph, secs, rank, gone) == graph->jobs_count)
        return 0;
    peel_beginnings(graph, gone);
    return find_cycles(graph, gone, on_cycle, context);
}
