// SPDX-License-Identifier: GPL-2.0-or-later
// Two passes: by kind and pattern of the name, then also by the groups of the first pass on both
// sides. Going on until nothing changes would make a chain of a thousand steps a thousand groups
// again.
#include "lib/plan/groups.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/mem.h"
#include "lib/base/names.h"

static size_t number_length(const char *text) // 0: it does not begin with one
{
    size_t length = 0;
    if (isdigit((unsigned char)*text))
        while (isdigit((unsigned char)text[length]) ||
               (text[length] == '.' && isdigit((unsigned char)text[length + 1])))
            length++;
    return length;
}

// "sim_i07_x0.25" becomes "sim_i*_x*".
static char *pattern_of(const char *name)
{
    char *pattern = xmalloc(strlen(name) + 1), *to = pattern;
    while (*name) {
        size_t number = number_length(name);
        *to++ = number ? '*' : *name;
        name += number ? number : 1;
    }
    *to = '\0';
    return pattern;
}

// Of two names of one pattern ("shared" may have stars already): only the numbers that differ
// become stars.
static void share(char *shared, const char *name)
{
    char *to = shared;
    for (const char *from = shared; *from;) {
        size_t old = number_length(from), new = number_length(name);
        if (old && old == new && !strncmp(from, name, old)) {
            memmove(to, from, old);
            to += old;
        } else {
            *to++ = old || new ? '*' : *from;
        }
        from += old ? old : 1;
        name += new ? new : 1;
    }
    *to = '\0';
}

static int compare_numbers(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static int compare_edges(const void *a, const void *b)
{
    const struct group_edge *x = a, *y = b;
    return x->from != y->from ? (x->from > y->from) - (x->from < y->from)
                              : (x->to > y->to) - (x->to < y->to);
}

// The neighbours of node n are list[first[n]] … list[first[n + 1] - 1].
struct neighbours {
    size_t *first;
    uint32_t *list;
};

static struct neighbours neighbours_of(size_t nodes_count, const struct group_edge *edges,
                                       size_t edges_count, bool forward)
{
    struct neighbours n = {xcalloc(nodes_count + 2, sizeof *n.first),
                           xcalloc(edges_count + 1, sizeof *n.list)};
    for (size_t i = 0; i < edges_count; i++)
        n.first[(forward ? edges[i].from : edges[i].to) + 2]++;
    for (size_t i = 2; i < nodes_count + 2; i++)
        n.first[i] += n.first[i - 1];
    for (size_t i = 0; i < edges_count; i++)
        n.list[n.first[(forward ? edges[i].from : edges[i].to) + 1]++] =
            forward ? edges[i].to : edges[i].from;
    return n;
}

static void neighbours_free(struct neighbours *n)
{
    free(n->first);
    free(n->list);
}

// The groups of a node's neighbours, each once, in order, as text.
static void write_side(FILE *out, const struct neighbours *n, uint32_t node, const uint32_t *of,
                       uint32_t *space)
{
    size_t count = 0;
    for (size_t i = n->first[node]; i < n->first[node + 1]; i++)
        space[count++] = of[n->list[i]];
    qsort(space, count, sizeof *space, compare_numbers);
    for (size_t i = 0; i < count; i++)
        if (!i || space[i] != space[i - 1])
            fprintf(out, " %u", space[i]);
    fputc('|', out);
}

// Puts the node where its key says; a key that is new is a new group.
static void place(struct groups *groups, struct names *keys, size_t *space, uint32_t node,
                  const char *key)
{
    int64_t found = names_find(keys, key);
    if (found == NAMES_NONE) {
        found = (int64_t)names_add(keys, arena_strdup(groups->text, key));
        groups->list = array_grow(groups->list, groups->count, space, sizeof *groups->list);
        groups->list[groups->count++] = (struct group){.first = node};
    }
    groups->list[found].size++;
    groups->of_node[node] = (uint32_t)found;
}

static void first_pass(struct groups *groups, const struct group_node *nodes, size_t count,
                       bool each)
{
    struct names keys;
    size_t space = 0;
    names_init(&keys);
    for (uint32_t n = 0; n < count; n++) {
        cleanup_free char *pattern = each ? xasprintf("%u", n) : pattern_of(nodes[n].name);
        cleanup_free char *key = xasprintf("%lld %s", (long long)nodes[n].kind, pattern);
        place(groups, &keys, &space, n, key);
    }
    names_fini(&keys);
}

static void second_pass(struct groups *groups, size_t count, const struct group_edge *edges,
                        size_t edges_count)
{
    struct names keys;
    size_t space = 0;
    struct neighbours in = neighbours_of(count, edges, edges_count, false);
    struct neighbours out = neighbours_of(count, edges, edges_count, true);
    cleanup_free uint32_t *old = groups->of_node,
                          *sorted = xcalloc(edges_count + 1, sizeof *sorted);
    groups->of_node = xcalloc(count + 1, sizeof *groups->of_node);
    free(groups->list);
    groups->list = NULL;
    groups->count = 0;
    names_init(&keys);
    for (uint32_t n = 0; n < count; n++) {
        cleanup_free char *key = NULL;
        size_t size;
        FILE *text = open_memstream(&key, &size);
        if (!text)
            abort();
        fprintf(text, "%u|", old[n]);
        write_side(text, &in, n, old, sorted);
        write_side(text, &out, n, old, sorted);
        fclose(text);
        place(groups, &keys, &space, n, key);
    }
    names_fini(&keys);
    neighbours_free(&in);
    neighbours_free(&out);
}

static void join_edges(struct groups *groups, const struct group_edge *edges, size_t count)
{
    size_t kept = 0;
    groups->edges = xcalloc(count + 1, sizeof *groups->edges);
    for (size_t i = 0; i < count; i++)
        groups->edges[i] =
            (struct group_edge){groups->of_node[edges[i].from], groups->of_node[edges[i].to]};
    qsort(groups->edges, count, sizeof *groups->edges, compare_edges);
    for (size_t i = 0; i < count; i++)
        if (!i || compare_edges(&groups->edges[i], &groups->edges[kept - 1]))
            groups->edges[kept++] = groups->edges[i];
    groups->edges_count = kept;
}

static void name_groups(struct groups *groups, const struct group_node *nodes, size_t count)
{
    cleanup_free char **shared = xcalloc(groups->count + 1, sizeof *shared);
    for (size_t n = 0; n < count; n++) {
        struct group *group = &groups->list[groups->of_node[n]];
        char **text = &shared[groups->of_node[n]];
        if (group->size == 1)
            group->name = nodes[n].name;
        else if (!*text)
            group->name = *text = arena_strdup(groups->text, nodes[n].name);
        else
            share(*text, nodes[n].name);
    }
}

void groups_make(struct groups *groups, const struct group_node *nodes, size_t nodes_count,
                 const struct group_edge *edges, size_t edges_count, bool each)
{
    *groups = (struct groups){.text = arena_create(),
                              .of_node = xcalloc(nodes_count + 1, sizeof *groups->of_node)};
    first_pass(groups, nodes, nodes_count, each);
    if (!each)
        second_pass(groups, nodes_count, edges, edges_count);
    name_groups(groups, nodes, nodes_count);
    join_edges(groups, edges, edges_count);
}

void groups_fini(struct groups *groups)
{
    free(groups->list);
    free(groups->of_node);
    free(groups->edges);
    arena_destroy(groups->text);
    *groups = (struct groups){0};
}
