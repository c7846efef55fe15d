// SPDX-License-Identifier: GPL-2.0-or-later
// Thousands of nodes are a few types.
#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/base/number.h"
#include "lib/plan/fit.h"

void fit_unite(struct fit_least *least, const struct fit_least *other)
{
    least->cpus = (int32_t)smaller(least->cpus, other->cpus);
    least->gpus = (int32_t)smaller(least->gpus, other->gpus);
    least->memory_bytes = smaller(least->memory_bytes, other->memory_bytes);
    least->tmp_bytes = smaller(least->tmp_bytes, other->tmp_bytes);
}

// Nodes that differ by a little memory are of one type.
static bool is_like(const struct fit_least *a, const struct fit_least *b)
{
    int64_t apart = a->memory_bytes - b->memory_bytes;
    return a->cpus == b->cpus && a->gpus == b->gpus &&
           (apart < 0 ? -apart : apart) <= a->memory_bytes / 20;
}

static int compare_types(const void *a, const void *b)
{
    const struct fit_least *x = a, *y = b;
    return x->cpus != y->cpus
               ? (x->cpus > y->cpus) - (x->cpus < y->cpus)
               : (x->memory_bytes > y->memory_bytes) - (x->memory_bytes < y->memory_bytes);
}

size_t fit_types(const struct fit *fit, const struct cluster *cluster, int32_t nodes,
                 struct fit_least **types)
{
    size_t count = 0, space = 0;
    struct fit_least *list = array_grow(NULL, 0, &space, sizeof *list);
    const struct cluster_partition *p = fit->partition;
    for (uint32_t i = 0; i < p->nodes_count; i++) {
        const struct cluster_node *node = &cluster->nodes[p->nodes[i]];
        struct fit_least share = fit_share(fit, node);
        size_t at = 0;
        while (at < count && nodes == 1 && !is_like(&list[at], &share))
            at++;
        if (!node->up || !fit_takes(fit, node))
            continue;
        if (at < count) {
            fit_unite(&list[at], &share);
        } else {
            list = array_grow(list, count, &space, sizeof *list);
            list[count++] = share;
        }
    }
    for (uint32_t i = 0; i < p->nodes_count; i++) {
        struct fit_least share = fit_share(fit, &cluster->nodes[p->nodes[i]]);
        for (size_t t = 0; t < count; t++)
            list[t].idle += cluster->nodes[p->nodes[i]].idle && share.cpus >= list[t].cpus &&
                            share.gpus >= list[t].gpus &&
                            share.memory_bytes >= list[t].memory_bytes;
    }
    qsort(list, count, sizeof *list, compare_types);
    *types = list;
    return count;
}
