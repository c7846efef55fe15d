// SPDX-License-Identifier: GPL-2.0-or-later
// Groups: what is put together, what is not, and the edges between groups.
#include "lib/plan/groups.h"

#include "lib/base/mem.h"
#include "tests/tap.h"

// Nodes "name:kind", edges "from>to", both by blanks; groups as "name(size)", edges by the groups'
// places.
static const struct {
    const char *name, *nodes, *edges;
    bool each;
    const char *groups;
} cases[] = {
    {"nothing", "", "", false, ""},
    {"a sweep", "prepare:0 sim_1:1 sim_2:1 sim_10:1 merge:0", "0>1 0>2 0>3 1>4 2>4 3>4", false,
     "prepare(1) sim_*(3) merge(1) 0>1 1>2"},
    {"each", "a1:0 a2:0", "0>1", true, "a1(1) a2(1) 0>1"},
    {"other classes", "a1:0 a2:1 a3:0", "", false, "a*(2) a2(1)"},
    {"other neighbours", "in:0 a1:0 a2:0 a3:0", "0>1 0>2", false, "in(1) a*(2) a3(1) 0>1"},
    {"numbers of all kinds", "x0.25_i07:0 x1_i1:0 x1e:0", "", false, "x*_i*(2) x1e(1)"},
    {"numbers that are the same stay", "s0_p1:0 s0_p2:0 s0_p10:0 s1_p1:1 s1_p02:1", "", false,
     "s0_p*(3) s1_p*(2)"},
    {"a number that differs late", "s1_p1:0 s1_p1.5:0 s2_p1:0 s10_p7:0", "", false, "s*_p*(4)"},
    {"a point that is no decimal point", "v1.a:0 v2.a:0", "", false, "v*.a(2)"},
    {"pairs", "a1:0 a2:0 b1:0 b2:0", "0>2 1>3", false, "a*(2) b*(2) 0>1"},
    {"a chain has a beginning and an end", "s1:0 s2:0 s3:0 s4:0 s5:0", "0>1 1>2 2>3 3>4", false,
     "s1(1) s*(3) s5(1) 0>1 1>1 1>2"},
    {"one edge for many", "a1:0 a2:0 b:0", "0>2 0>2 1>2", false, "a*(2) b(1) 0>1"},
};

enum { MOST = 20 };

static size_t read_nodes(char *text, struct group_node *nodes)
{
    size_t count = 0;
    for (char *save, *word = strtok_r(text, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
        char *colon = strchr(word, ':');
        *colon = '\0';
        nodes[count++] = (struct group_node){word, atoi(colon + 1)};
    }
    return count;
}

static size_t read_edges(char *text, struct group_edge *edges)
{
    size_t count = 0;
    for (char *save, *word = strtok_r(text, " ", &save); word; word = strtok_r(NULL, " ", &save))
        edges[count++] =
            (struct group_edge){(uint32_t)atoi(word), (uint32_t)atoi(strchr(word, '>') + 1)};
    return count;
}

static char *text_of(const struct groups *groups)
{
    char *text = xstrdup("");
    for (size_t i = 0; i < groups->count; i++) {
        cleanup_free char *old = text;
        text = xasprintf("%s%s%s(%u)", old, *old ? " " : "", groups->list[i].name,
                         groups->list[i].size);
    }
    for (size_t i = 0; i < groups->edges_count; i++) {
        cleanup_free char *old = text;
        text = xasprintf("%s %u>%u", old, groups->edges[i].from, groups->edges[i].to);
    }
    return text;
}

int main(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct group_node nodes[MOST];
        struct group_edge edges[MOST];
        struct groups groups;
        cleanup_free char *nodes_text = xstrdup(cases[i].nodes),
                          *edges_text = xstrdup(cases[i].edges);
        size_t nodes_count = read_nodes(nodes_text, nodes),
               edges_count = read_edges(edges_text, edges);
        groups_make(&groups, nodes, nodes_count, edges, edges_count, cases[i].each);
        cleanup_free char *got = text_of(&groups);
        is_text(got, cases[i].groups, cases[i].name);
        groups_fini(&groups);
    }
    return done_testing();
}
