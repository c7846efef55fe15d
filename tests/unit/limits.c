// SPDX-License-Identifier: GPL-2.0-or-later
// Limits of QOS and associations: which of several counts, and what Slurm takes for who names none.
#include "lib/plan/limits.h"

#include "lib/base/mem.h"
#include "lib/plan/cluster.h"
#include "tests/tap.h"

static const char text[] =
    "{\"config\": {}, \"nodes\": [], \"partitions\": [{\"name\": \"main\", \"node_ranges\": []},"
    " {\"name\": \"gpu\", \"qos\": \"part\", \"max_time_usec\": 50, \"allow_accounts\": \"bio\","
    "  \"node_ranges\": []}],"
    " \"limits\": ["
    "{\"qos\": \"normal\", \"caps\": [{\"limit\": \"MaxTRESPerUser\", \"cpus\": 8},"
    "  {\"limit\": \"MaxWall\", \"time_usec\": 60}]},"
    "{\"qos\": \"free\", \"caps\": []},"
    "{\"qos\": \"high\", \"over_partition\": true, \"caps\": [{\"limit\": \"MaxTRESPerUser\","
    "  \"cpus\": 64}]},"
    "{\"qos\": \"part\", \"caps\": [{\"limit\": \"MaxTRESPerUser\", \"cpus\": 16, \"gpus\": 2}]},"
    "{\"account\": \"root\", \"caps\": [{\"limit\": \"GrpTRES\", \"cpus\": 100, \"nodes\": 5}]},"
    "{\"account\": \"bio\", \"parent\": \"root\", \"caps\": [{\"limit\": \"GrpTRES\","
    "  \"cpus\": 40}]},"
    "{\"account\": \"bio\", \"of_user\": true, \"is_default\": true, \"default_qos\": \"free\","
    "  \"caps\": [{\"limit\": \"MaxWall\", \"time_usec\": 90}, {\"limit\": \"MaxTRES\","
    "  \"memory_bytes\": 7}, {\"cpus\": 1}]},"
    "{\"account\": \"bio\", \"of_user\": true, \"partition\": \"gpu\", \"default_qos\":"
    "  \"normal\", \"caps\": [{\"limit\": \"MaxSubmitJobs\", \"jobs\": 3}]}]}";

static const struct {
    const char *partition, *account, *qos, *limits;
} rows[] = {
    {"main", "bio", "free",
     "cpus 40 GrpTRES of account bio, nodes 5 GrpTRES of account root, "
     "memory 7 MaxTRES of account bio, time 90 MaxWall of account bio"},
    {"main", "BIO", "normal", // a QOS's limit stands before the association's, also a lower one
     "cpus 8 MaxTRESPerUser of QOS normal, nodes 5 GrpTRES of account root, "
     "memory 7 MaxTRES of account bio, time 60 MaxWall of QOS normal"},
    {"gpu", "bio", "normal", // the partition's before the job's; the association of the partition
     "cpus 16 MaxTRESPerUser of QOS part, gpus 2 MaxTRESPerUser of QOS part, "
     "nodes 5 GrpTRES of account root, time 60 MaxWall of QOS normal, "
     "jobs 3 MaxSubmitJobs of account bio"},
    {"gpu", "bio", "high", // unless the job's is stronger
     "cpus 40 GrpTRES of account bio, gpus 2 MaxTRESPerUser of QOS part, "
     "nodes 5 GrpTRES of account root, jobs 3 MaxSubmitJobs of account bio"},
    {"main", "math", "none", ""},
    {"main", NULL, NULL, ""},
};

static char *limits_text(const struct limits *limits)
{
    static const char *const kinds[] = {"cpus", "gpus", "nodes", "memory", "time", "jobs"};
    char *all = xstrdup(""), by[LIMIT_TEXT];
    for (int kind = 0; kind < LIMIT_KINDS; kind++) {
        cleanup_free char *before = all;
        all = !limits->most[kind]
                  ? xstrdup(before)
                  : xasprintf("%s%s%s %lld %s", before, *before ? ", " : "", kinds[kind],
                              (long long)limits->most[kind], limits_say(limits, kind, by));
    }
    return all;
}

static void test_partition(const struct cluster *cluster)
{
    struct limits limits, again;
    const struct cluster_partition *gpu = &cluster->partitions[1], *p, *same;
    p = limits_partition(cluster, gpu, "bio", "normal", 2, &limits);
    is_int(p->max_time_usec, 50, "a partition's own limit stays where it is lower");
    is_int(p->max_cpus_per_node, 8, "what one allocation may have is that of its nodes together");
    is_int(gpu->max_cpus_per_node, 0, "... and the cluster stays as it is");
    same = limits_partition(cluster, gpu, "bio", "normal", 2, &again);
    ok(same == p, "whoever asks again gets the same");
    p = limits_partition(cluster, gpu, "bio", "normal", 100, &limits);
    is_int(p->max_cpus_per_node, 1, "a share that is too small for a CPU is not no limit");
    ok(p != same, "other nodes, another outcome");
}

static void test_takes(const struct cluster *cluster)
{
    char why[200] = "";
    const struct cluster_partition *gpu = &cluster->partitions[1];
    is_text(limits_default_account(cluster), "bio", "the default account");
    is_text(limits_default_qos(cluster, "main", "bio"), "free", "its default QOS");
    is_text(limits_default_qos(cluster, "gpu", "bio"), "normal", "... in one partition");
    ok(!limits_default_qos(cluster, "main", "math"), "... of an account that is not hers");
    ok(limits_take(cluster, gpu, "bio", NULL, why, sizeof why), "an account that is allowed");
    ok(!limits_take(cluster, gpu, "math", NULL, why, sizeof why), "another one is not");
    is_text(why,
            "partition gpu does not take jobs of account math (AllowAccounts, DenyAccounts); it "
            "does with -A bio",
            "... which is told with what would be");
}

int main(void)
{
    struct cluster cluster;
    struct error err = {0};
    if (cluster_parse(&cluster, text, &err))
        return 1;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct limits limits;
        limits_find(&limits, &cluster,
                    cluster_find_partition(&cluster, rows[i].partition, strlen(rows[i].partition)),
                    rows[i].account, rows[i].qos);
        cleanup_free char *found = limits_text(&limits);
        is_text(found, rows[i].limits, rows[i].qos ? rows[i].qos : "nobody");
    }
    test_partition(&cluster);
    test_takes(&cluster);
    cluster_fini(&cluster);
    return done_testing();
}
