// SPDX-License-Identifier: GPL-2.0-or-later
// Ranks by peeling off jobs that nobody waits for; among what cannot be peeled off, a cycle of each
// component.
#include "lib/workflow/graph.h"

#include <stdbool.h>
#include <string.h>

#include "lib/base/mem.h"

static int32_t add_saturated(int32_t a, int32_t b)
{
    int32_t sum;
    return __builtin_add_overflow(a, b, &sum) ? INT32_MAX : sum;
}

// Peels off from the ends, setting ranks; marks in gone[] what was peeled. Returns how many jobs
// that were.
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

// Tarjan's strongly connected components, the calls kept on a stack of our own. index 0: not
// visited yet.
struct search {
    const struct graph *graph;
    graph_cycle on_cycle;
    void *context;
    // by job; component 0: not known yet, else a job of it + 1
    uint32_t *index, *low, *component;
    size_t *edge; // by job: the need to look at next
    uint32_t *calls, *stack, *walk;
    size_t calls_count, stack_count, visited, found;
    bool *walked;
};

static uint32_t next_in_component(const struct search *search, uint32_t job)
{
    const struct graph *graph = search->graph;
    for (size_t i = graph->first[job]; i < graph->first[job + 1]; i++)
        if (search->component[graph->needs[i]] == search->component[job])
            return graph->needs[i];
    return UINT32_MAX; // a component of one job that does not need itself
}

// From any job of a component, going on inside it leads round a cycle.
static void find_cycle(struct search *search, uint32_t from)
{
    size_t length = 0, start;
    uint32_t at = from;
    if (next_in_component(search, from) == UINT32_MAX)
        return;
    for (; !search->walked[at]; at = next_in_component(search, at)) {
        search->walked[at] = true;
        search->walk[length++] = at;
    }
    for (start = 0; search->walk[start] != at;)
        start++;
    report_cycle(search->walk + start, length - start, search->on_cycle, search->context);
    search->found++;
}

static void enter(struct search *search, uint32_t job)
{
    search->index[job] = search->low[job] = (uint32_t)++search->visited;
    search->edge[job] = search->graph->first[job];
    search->calls[search->calls_count++] = job;
    search->stack[search->stack_count++] = job;
}

static void leave(struct search *search, uint32_t job)
{
    uint32_t smallest = job, member;
    search->calls_count--;
    if (search->calls_count) {
        uint32_t caller = search->calls[search->calls_count - 1];
        if (search->low[job] < search->low[caller])
            search->low[caller] = search->low[job];
    }
    if (search->low[job] != search->index[job])
        return;
    do {
        member = search->stack[--search->stack_count];
        search->component[member] = job + 1;
        if (member < smallest)
            smallest = member;
    } while (member != job);
    find_cycle(search, smallest);
}

static void visit_from(struct search *search, uint32_t from)
{
    enter(search, from);
    while (search->calls_count) {
        uint32_t job = search->calls[search->calls_count - 1];
        if (search->edge[job] == search->graph->first[job + 1]) {
            leave(search, job);
            continue;
        }
        uint32_t need = search->graph->needs[search->edge[job]++];
        if (!search->index[need])
            enter(search, need);
        else if (!search->component[need] && search->index[need] < search->low[job])
            search->low[job] = search->index[need];
    }
}

static size_t find_cycles(const struct graph *graph, const bool *gone, graph_cycle on_cycle,
                          void *context)
{
    size_t n = graph->jobs_count;
    cleanup_free uint32_t *space = xcalloc(n, 6 * sizeof *space);
    cleanup_free size_t *edge = xcalloc(n, sizeof *edge);
    cleanup_free bool *walked = xcalloc(n, sizeof *walked);
    struct search search = {
        .graph = graph,
        .on_cycle = on_cycle,
        .context = context,
        .edge = edge,
        .walked = walked,
        .index = space,
        .low = space + n,
        .component = space + 2 * n,
        .calls = space + 3 * n,
        .stack = space + 4 * n,
        .walk = space + 5 * n,
    };
    for (uint32_t job = 0; job < n; job++)
        if (!gone[job] && !search.index[job])
            visit_from(&search, job);
    return search.found;
}

size_t graph_rank(const struct graph *graph, const int32_t *secs, int32_t *rank,
                  graph_cycle on_cycle, void *context)
{
    cleanup_free bool *gone = xcalloc(graph->jobs_count ? graph->jobs_count : 1, sizeof *gone);
    if (peel_ends(graph, secs, rank, gone) == graph->jobs_count)
        return 0;
    return find_cycles(graph, gone, on_cycle, context);
}
