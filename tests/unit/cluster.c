// SPDX-License-Identifier: GPL-2.0-or-later
// From slurm-query's JSON to structs: what is read, what is refused, GPUs in Gres texts.
#include "lib/plan/cluster.h"

#include "lib/workflow/gres.h"
#include "tests/tap.h"

static const char text[] =
    "{\"config\": {\"name\": \"t\", \"version\": \"22.05.8\", \"max_array_size\": 1001, "
    "\"kill_wait_secs\": 30},"
    " \"nodes\": [{\"name\": \"n1\", \"hostname\": \"h1.site\", \"up\": true, \"cpus\": 8, "
    "\"memory_bytes\": 1048576,"
    "              \"gres\": \"gpu:2\", \"tmp_bytes\": 0}, {}, {\"name\": \"n3\", \"hostname\": "
    "\"h3\", \"up\": false,"
    "              \"cpus\": 4, \"memory_bytes\": 7, \"gres\": null, \"tmp_bytes\": 5}],"
    " \"partitions\": [{\"name\": \"p\", \"is_default\": true, \"submits\": true, "
    "\"max_time_usec\": null,"
    "                   \"max_nodes\": 3, \"allow_groups\": null, \"node_ranges\": [0, 2]},"
    "                  {\"name\": \"q\", \"max_time_usec\": 60000000, \"node_ranges\": [2, 2, -5, "
    "99999]}]}";

static void test_parse(void)
{
    struct cluster c;
    struct error err = {0};
    is_int(cluster_parse(&c, text, &err), 0, "a cluster is read");
    is_int(c.nodes_count, 3, "three places for nodes");
    is_int(c.nodes[0].gpus, 2, "GPUs are counted");
    ok(c.nodes[0].up && !c.nodes[2].up, "up and down");
    is_int(c.partitions[0].nodes_count, 2, "a node that is none is in no partition");
    is_int(c.partitions[0].nodes[1], 2, "the second is the third");
    is_int(c.partitions[0].max_time_usec, 0, "null is no limit");
    is_int(c.partitions[1].max_time_usec, 60000000, "a limit");
    ok(c.partitions[1].nodes_count <= c.nodes_count,
       "ranges that overlap or leave the cluster do no harm");
    ok(cluster_find_partition(&c, "q,x", 1) == &c.partitions[1], "a partition by name");
    ok(!cluster_find_partition(&c, "r", 1), "none of that name");
    ok(cluster_has_other_hosts(&c, NULL, "h1"), "h3 is another host");
    ok(!cluster_has_other_hosts(
           &c, &(struct cluster_partition){.nodes = (uint32_t[]){0}, .nodes_count = 1},
           "h1.elsewhere"),
       "h1 is the same, whatever its domain");
    cluster_fini(&c);
    is_int(cluster_parse(&c, "", &err), -1, "nothing is no cluster");
    is_int(err.code, ERROR_UNREACHABLE, "but means that Slurm is unknown");
    is_int(cluster_parse(&c, "{\"nodes\": []}", &err), -1, "half an answer neither");
    is_text(
        err.text,
        "what Slurm says of the cluster makes no sense: config, nodes or partitions are missing",
        "and says so");
}

static const struct {
    const char *gres;
    int gpus;
} gres[] = {
    {NULL, 0},
    {"", 0},
    {"gpu:2", 2},
    {"gpu", 1},
    {"gpu:a100", 1},
    {"gpu:a100:4", 4},
    {"shard:8", 0},
    {"gpu:2(S:0,1)", 2},
    {"gpus:3", 0},
    {"gpu:a100:4(S:0-1),gpu:v100:1,shard:8", 5},
    {"mps:100,gpu:1", 1},
    {"gpu(S:0)", 1},
};

int main(void)
{
    test_parse();
    for (size_t i = 0; i < sizeof gres / sizeof *gres; i++)
        is_int(gres_count_gpus(gres[i].gres), gres[i].gpus, gres[i].gres ? gres[i].gres : "(none)");
    return done_testing();
}
