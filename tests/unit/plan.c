// SPDX-License-Identifier: GPL-2.0-or-later
// The planner, a row per case: a cluster, what waits, what the user set, and the plan that comes.
#include "lib/plan/plan.h"

#include "lib/base/mem.h"
#include "tests/tap.h"

static const int64_t MiB = 1024 * 1024, MINUTE = 60 * 1000000LL;

// A cluster: runs of equal nodes, and partitions over ranges of these nodes.
struct nodes {
    int count, cpus, memory_mib, gpus;
    bool down;
};
struct part {
    const char *name;
    int first, last; // nodes
    int max_time;    // minutes
    int max_nodes, max_cpus, mib_per_cpu, mib_per_node;
    int tmp_mib; // TmpDisk of its nodes
    const char *accounts, *deny_accounts, *qos, *groups;
    bool whole, closed, stopped, root_only, not_default, reservation;
};
struct test_cluster {
    const char *name;
    int array;
    struct nodes nodes[4];
    struct part parts[4];
};

// clang-format off
static const struct test_cluster clusters[] = {
    {"two", 1001, {{2, 8, 16384, 0, false}}, {{.name = "main", .last = 1}}},
    {"none", 1001, {{0}}, {{.name = "main", .last = -1}}},
    {"hour", 1001, {{2, 8, 16384, 0, false}}, {{.name = "main", .last = 1, .max_time = 60}}},
    {"short", 1001, {{2, 8, 16384, 0, false}}, {{.name = "main", .last = 1, .max_time = 2}}},
    {"array4", 4, {{100, 8, 16384, 0, false}}, {{.name = "main", .last = 99}}},
    {"mixed", 1001, {{4, 8, 16384, 0, false}, {2, 64, 262144, 0, false}},
     {{.name = "main", .last = 5}}},
    {"lean", 1001, {{2, 64, 8192, 0, false}}, {{.name = "main", .last = 1}}},
    {"nomem", 1001, {{2, 8, 0, 0, false}}, {{.name = "main", .last = 1}}},
    {"whole", 1001, {{4, 32, 65536, 0, false}}, {{.name = "main", .last = 3, .whole = true}}},
    {"wholemix", 1001, {{2, 32, 65536, 4, false}, {2, 48, 131072, 2, false}},
     {{.name = "main", .last = 3, .whole = true}}},
    {"gpu", 1001, {{2, 16, 65536, 4, false}}, {{.name = "main", .last = 1}}},
    {"scratch", 1001, {{2, 8, 16384, 0, false}}, {{.name = "main", .last = 1, .tmp_mib = 100000}}},
    {"down", 1001, {{2, 8, 16384, 0, false}, {2, 64, 65536, 0, true}},
     {{.name = "main", .last = 3}}},
    {"halfcpu", 1001, {{2, 32, 65536, 0, false}}, {{.name = "main", .last = 1, .max_cpus = 16}}},
    {"percpu", 1001, {{2, 32, 65536, 0, false}},
     {{.name = "main", .last = 1, .mib_per_cpu = 2048}}},
    {"pernode", 1001, {{2, 32, 65536, 0, false}},
     {{.name = "main", .last = 1, .mib_per_node = 8192}}},
    {"three", 1001, {{2, 8, 16384, 0, false}, {2, 64, 262144, 0, false}, {1, 16, 65536, 2, false}},
     {{.name = "debug", .last = 1, .max_time = 30},
      {.name = "big", .first = 2, .last = 3, .not_default = true},
      {.name = "gpu", .first = 4, .last = 4, .not_default = true, .max_time = 120}}},
    {"closed", 1001, {{2, 8, 16384, 0, false}},
     {{.name = "main", .last = 1, .accounts = "astro,bio", .qos = "normal"},
      {.name = "vip", .last = 1, .not_default = true, .groups = "vips"},
      {.name = "root", .last = 1, .not_default = true, .root_only = true}}},
    {"nodefault", 1001, {{2, 8, 16384, 0, false}},

         {{.name = "a", .last = 0, .not_default = true, .stopped = true}, {.name = "b", .last = 1, .not_default = true}}},
    {"drain", 1001, {{2, 8, 16384, 0, false}},
     {{.name = "main", .last = 1, .closed = true},
      {.name = "resv", .last = 1, .not_default = true, .reservation = true},
      {.name = "deny", .last = 1, .not_default = true, .deny_accounts = "astro"}}},
    {"nodes2", 1001, {{8, 16, 65536, 0, false}}, {{.name = "main", .last = 7, .max_nodes = 2}}},
    {"outlier", 1001, {{1, 1, 2048, 0, false}, {100, 128, 262144, 0, false}},
     {{.name = "main", .last = 100}}},
};

// CPUs, MiB, GPUs in thousandths, nodes, minutes, and what else is special
#define JOB(c, m, g, n, t, ...) \
    {.cpus = c, .mib = m, .gpus_milli = g, .nodes = n, .runtime = t, ##__VA_ARGS__}
// clang-format on

static const struct row {
    const char *cluster;
    struct {
        int cpus, mib, gpus_milli, nodes, runtime; // minutes
        bool planning_only, any_length;
        const char *labels;
        int tmp_mib;
    } class;
    struct {
        int ready, soon, later, room;
        bool waiting;
    } wait;
    struct {
        const char *partition, *account, *qos;
        const char *scheduler; // its options
        // minutes; most: --max-allocations, 0: 16; margin in seconds, 0: not set
        int walltime, most, margin;
    } set;
    const char *plan; // "PARTITION COUNT*[SLOTSxROUNDS …]", flags, notes; m…!: runner has < 64 MiB
} rows[] = {
    // clang-format off
    // how many, side by side and one after another
    {"two", JOB(1, 1024, 0, 1, 60), {.ready = 1}, {0}, "main 1*[1x1 c1 m1088 g0 n1 t62]"},
    {"two", JOB(1, 1024, 0, 1, 60), {.ready = 8}, {0}, "main 1*[8x1 c8 m8256 g0 n1 t62]"},
    {"two", JOB(1, 1024, 0, 1, 60), {.ready = 24}, {0}, "main 1*[8x3 c8 m8256 g0 n1 t182]"},
    {"two", JOB(1, 1024, 0, 1, 60), {.ready = 25}, {0}, "main 2*[7x2 c7 m7232 g0 n1 t122]"},
    {"two", JOB(1, 1024, 0, 1, 60), {.ready = 9}, {0}, "main 1*[5x2 c5 m5184 g0 n1 t122]"},
    {"two", JOB(1, 1024, 0, 1, 1), {.ready = 200}, {0}, "main 1*[8x25 c8 m8256 g0 n1 t27]"},
    {"two", JOB(1, 1024, 0, 1, 1), {.ready = 200}, {.walltime = 10},
     "main 3*[8x9 c8 m8256 g0 n1 t10]"},
    {"two", JOB(1, 1024, 0, 1, 60), {.ready = 100000}, {0}, "main 16*[8x3 c8 m8256 g0 n1 t182]"},
    {"two", JOB(1, 1024, 0, 1, 60), {.ready = 100000}, {.most = 3},
     "main 3*[8x3 c8 m8256 g0 n1 t182]"},
    {"array4", JOB(1, 1024, 0, 1, 60), {.ready = 1000}, {0}, "main 4*[8x3 c8 m8256 g0 n1 t182]"},
    {"two", JOB(3, 1024, 0, 1, 60), {.ready = 4}, {0}, "main 1*[2x2 c6 m2112 g0 n1 t122]"},
    // memory is that of all slots; when it is what is short, it decides the slots
    {"lean", JOB(1, 1024, 0, 1, 60), {.ready = 64}, {0}, "main 3*[8x3 c8 m8192! g0 n1 t182]"},
    {"two", JOB(1, 2048, 0, 1, 60), {.ready = 8}, {0}, "main 1*[8x1 c8 m16384! g0 n1 t62]"},
    {"two", JOB(8, 16384, 0, 1, 60), {.ready = 2}, {0}, "main 1*[1x2 c8 m16384! g0 n1 t122]"},
    {"nomem", JOB(1, 1024, 0, 1, 60), {.ready = 8}, {0}, "main 1*[8x1 c8 m0 g0 n1 t62]"},
    {"pernode", JOB(1, 1024, 0, 1, 60), {.ready = 32}, {0}, "main 2*[8x2 c8 m8192! g0 n1 t122]"},
    {"percpu", JOB(1, 4096, 0, 1, 60), {.ready = 16}, {0}, "main 1*[16x1 c32 m65536! g0 n1 t62]"},
    {"percpu", JOB(1, 1024, 0, 1, 60), {.ready = 1}, {0}, "main 1*[1x1 c1 m1088 g0 n1 t62]"},
    {"percpu", JOB(1, 2048, 0, 1, 60), {.ready = 1}, {0}, "main 1*[1x1 c1 m2048! g0 n1 t62]"},
    {"halfcpu", JOB(1, 1024, 0, 1, 60), {.ready = 32}, {0}, "main 1*[16x2 c16 m16448 g0 n1 t122]"},
    // nodes of several kinds: the tightest, wider only when --max-allocations would not do
    {"mixed", JOB(1, 1024, 0, 1, 60), {.ready = 64}, {0}, "main 3*[8x3 c8 m8256 g0 n1 t182]"},
    {"mixed", JOB(16, 1024, 0, 1, 60), {.ready = 4}, {0}, "main 1*[4x1 c64 m4160 g0 n1 t62]"},
    {"mixed", JOB(1, 1024, 0, 1, 60), {.ready = 3000}, {0}, "main 16*[63x3 c63 m64576 g0 n1 t182]"},
    {"outlier", JOB(1, 1024, 0, 1, 60), {.ready = 200}, {0},
     "main 1*[100x2 c100 m102464 g0 n1 t122]"},
    {"down", JOB(1, 1024, 0, 1, 60), {.ready = 64}, {0}, "main 3*[8x3 c8 m8256 g0 n1 t182]"},
    {"down", JOB(32, 1024, 0, 1, 60), {.ready = 2}, {0}, "main 1*[2x1 c64 m2112 g0 n1 t62]"},
    // whole nodes are asked for whole, with what the least of them has
    {"whole", JOB(1, 1024, 0, 1, 60), {.ready = 4}, {0},
     "main 1*[32x1 c32 m65536 g0 n1 t62] whole"},
    {"wholemix", JOB(4, 8192, 1000, 1, 60), {.ready = 4}, {0},
     "main 1*[2x2 c32 m65536 g2 n1 t122] whole"},
    // GPUs, fractions of them too
    {"gpu", JOB(1, 1024, 1000, 1, 60), {.ready = 8}, {0}, "main 1*[4x2 c4 m4160 g4 n1 t122]"},
    {"gpu", JOB(1, 1024, 500, 1, 60), {.ready = 8}, {0}, "main 1*[8x1 c8 m8256 g4 n1 t62]"},
    {"gpu", JOB(1, 1024, 500, 1, 60), {.ready = 3}, {0}, "main 1*[3x1 c3 m3136 g2 n1 t62]"},
    {"gpu", JOB(1, 1024, 600, 1, 60), {.ready = 3}, {0}, "main 1*[3x1 c3 m3136 g3 n1 t62]"},
    {"gpu", JOB(1, 1024, 2000, 1, 60), {.ready = 3}, {0}, "main 1*[2x2 c2 m2112 g4 n1 t122]"},
    // the walltime and its margin
    {"hour", JOB(1, 1024, 0, 1, 20), {.ready = 48}, {0}, "main 3*[8x2 c8 m8256 g0 n1 t42]"},
    {"hour", JOB(1, 1024, 0, 1, 60), {.ready = 8}, {0},
     "main 1*[8x1 c8 m8256 g0 n1 t60]? job j (class c): its runtime of 1h leaves no margin in "
     "an allocation of 1h on partition main: it is told to end after 58m30s"},
    {"short", JOB(1, 1024, 0, 1, 1), {.ready = 20}, {0}, "main 3*[7x1 c7 m7232 g0 n1 t2]"},
    {"two", JOB(1, 1024, 0, 1, 600), {.ready = 16}, {0}, "main 2*[8x1 c8 m8256 g0 n1 t602]"},
    {"two", JOB(1, 1024, 0, 1, 60), {.ready = 16}, {.walltime = 60},
     "main 2*[8x1 c8 m8256 g0 n1 t60]? job j (class c): its runtime of 1h leaves no margin in "
     "an allocation of 1h on partition main: it is told to end after 58m30s"},
    {"two", JOB(1, 1024, 0, 1, 60), {.ready = 16}, {.margin = 600},
     "main 1*[8x2 c8 m8256 g0 n1 t131]"},
    {"short", JOB(1, 1024, 0, 1, 1), {.ready = 20}, {.margin = 120},
     "! job j (class c): no job could start in an allocation of 2m on partition main, as jobs "
     "are told to end 2m before it does; ask for a longer walltime, or set "
     "sigterm_lead_seconds and sigkill_headroom_seconds lower"},
    {"short", JOB(1, 1024, 0, 1, 60, .planning_only = true), {.ready = 9}, {0},
     "main 2*[5x1 c5 m5184 g0 n1 t2]"},
    {"hour", JOB(1, 1024, 0, 1, 600, .any_length = true), {.ready = 8}, {0},
     "main 1*[8x1 c8 m8256 g0 n1 t60]"},
    // need and room
    {"two", JOB(1, 1024, 0, 1, 60), {.ready = 2, .soon = 6}, {0}, "main 1*[6x2 c6 m6208 g0 n1 t122]"},
    {"two", JOB(1, 1024, 0, 1, 60), {.ready = 1, .soon = 1}, {0}, "main 1*[1x2 c1 m1088 g0 n1 t122]"},
    {"two", JOB(1, 1024, 0, 1, 600), {.ready = 1, .soon = 1}, {0}, "main 1*[1x1 c1 m1088 g0 n1 t602]"},
    {"two", JOB(1, 1024, 0, 1, 60), {.ready = 8, .room = 6}, {0}, "main 1*[2x1 c2 m2112 g0 n1 t62]"},
    {"two", JOB(1, 1024, 0, 1, 60), {.ready = 8, .room = 8}, {0}, ""},
    {"two", JOB(1, 1024, 0, 1, 60), {.ready = 8, .waiting = true}, {0}, ""},
    {"two", JOB(1, 1024, 0, 1, 60, .labels = "gpu"), {.ready = 8}, {0}, ""},
    {"two", JOB(99, 1024, 0, 1, 60, .labels = "gpu"), {.ready = 8}, {0}, ""},
    {"two", JOB(1, 1024, 0, 1, 60), {.soon = 2, .later = 2}, {0},
     "main 1*[4x1 c4 m4160 g0 n1 t62] later"},
    {"two", JOB(1, 1024, 0, 1, 60), {0}, {0}, ""},
    // several nodes
    {"nodes2", JOB(4, 4096, 0, 2, 60), {.ready = 8}, {0}, "main 1*[4x2 c16 m16448 g0 n2 t122]"},
    {"nodes2", JOB(4, 4096, 0, 3, 60), {.ready = 8}, {0},
     "! job j (class c): it needs 3 nodes, and partition main allows 2 (MaxNodes)"},
    {"two", JOB(1, 1024, 0, 3, 60), {.ready = 1}, {0},
     "! job j (class c): it needs 3 nodes, and partition main has 2"},
    {"mixed", JOB(32, 1024, 0, 3, 60), {.ready = 1}, {0},
     "! job j (class c): partition main has fewer than 3 nodes with all that it needs on each"},
    {"mixed", JOB(4, 1024, 0, 6, 60), {.ready = 1}, {0}, "main 1*[1x1 c4 m1088 g0 n6 t62]"},
    // partitions
    {"three", JOB(1, 1024, 0, 1, 20), {.ready = 8}, {0}, "debug 1*[8x1 c8 m8256 g0 n1 t22]"},
    {"three", JOB(16, 1024, 0, 1, 20), {.ready = 8}, {0},
     "big 1*[4x2 c64 m4160 g0 n1 t42]? job j (class c): goes to partition big: it needs 16 "
     "CPUs, and the largest node of partition debug has 8"},
    {"three", JOB(1, 1024, 1000, 1, 20), {.ready = 2}, {0},
     "gpu 1*[2x1 c2 m2112 g2 n1 t22]? job j (class c): goes to partition gpu: it needs 1 GPU, "
     "and partition debug has at most 0 in a node"},
    {"three", JOB(1, 1024, 0, 1, 60), {.ready = 8}, {0},
     "big 1*[8x1 c8 m8256 g0 n1 t62]? job j (class c): goes to partition big: its runtime is "
     "1h, and partition debug allows 30m (MaxTime)"},
    {"three", JOB(1, 1024, 0, 1, 20), {.ready = 8}, {.partition = "big"},
     "big 1*[8x1 c8 m8256 g0 n1 t22]"},
    {"three", JOB(16, 1024, 0, 1, 20), {.ready = 8}, {.partition = "debug,gpu"},
     "gpu 2*[1x4 c16 m1088 g0 n1 t82]"},
    {"three", JOB(16, 1024, 0, 1, 20), {.ready = 8}, {.partition = "debug"},
     "! job j (class c): it needs 16 CPUs, and the largest node of partition debug has 8"},
    {"three", JOB(1, 1024, 0, 1, 20), {.ready = 8}, {.partition = "lunch"},
     "! job j (class c): this cluster has no partition lunch (see sinfo)"},
    {"nodefault", JOB(1, 1024, 0, 1, 20), {.ready = 1}, {0},
     "b 1*[1x1 c1 m1088 g0 n1 t22]? job j (class c): goes to partition b: this cluster has no "
     "default partition"},
    {"closed", JOB(1, 1024, 0, 1, 20), {.ready = 1}, {.account = "bio", .qos = "normal"},
     "main 1*[1x1 c1 m1088 g0 n1 t22]"},
    {"closed", JOB(1, 1024, 0, 1, 20), {.ready = 1}, {.account = "math"},
     "! job j (class c): partition main does not take jobs of account math (AllowAccounts, "
     "DenyAccounts); no other partition that you may use fits"},
    {"closed", JOB(1, 1024, 0, 1, 20), {.ready = 1}, {.partition = "main", .qos = "long"},
     "! job j (class c): partition main does not take jobs of QOS long (AllowQos, DenyQos)"},
    {"closed", JOB(1, 1024, 0, 1, 20), {.ready = 1}, {.partition = "vip"},
     "! job j (class c): partition vip is for members of other groups (AllowGroups)"},
    {"closed", JOB(1, 1024, 0, 1, 20), {.ready = 1}, {.partition = "root"},
     "! job j (class c): partition root is for root only"},
    {"drain", JOB(1, 1024, 0, 1, 20), {.ready = 1}, {0},
     "deny 1*[1x1 c1 m1088 g0 n1 t22]? job j (class c): goes to partition deny: partition main "
     "takes no jobs now"},
    {"drain", JOB(1, 1024, 0, 1, 20), {.ready = 1}, {.account = "astro"},
     "! job j (class c): partition main takes no jobs now; no other partition that you may use "
     "fits"},
    {"drain", JOB(1, 1024, 0, 1, 20), {.ready = 1}, {.partition = "resv"},
     "! job j (class c): partition resv takes only jobs of a reservation"},
    // what a scheduler of the file asks for is what is asked for; the rest is planned
    {"three", JOB(1, 1024, 0, 1, 20), {.ready = 8}, {.scheduler = "--partition=big"},
     "big 1*[8x1 c8 m8256 g0 n1 t22]"},
    {"three", JOB(1, 1024, 0, 1, 20), {.ready = 8},
     {.scheduler = "--partition=big", .partition = "debug"},
     "big 1*[8x1 c8 m8256 g0 n1 t22]"},
    {"two", JOB(1, 1024, 0, 1, 20), {.ready = 8}, {.scheduler = "--time=45"},
     "main 1*[8x1 c8 m8256 g0 n1 t45]"},
    {"two", JOB(1, 1024, 0, 1, 20), {.ready = 48}, {.scheduler = "--time=45"},
     "main 3*[8x2 c8 m8256 g0 n1 t45]"},
    {"two", JOB(1, 1024, 0, 1, 20), {.ready = 8}, {.scheduler = "--mem=4g"},
     "main 1*[4x2 c4 m4096! g0 n1 t42]"},
    {"two", JOB(1, 1024, 0, 1, 20), {.ready = 2}, {.scheduler = "--mem=0"},
     "main 1*[2x1 c2 m16384 g0 n1 t22]"},
    {"two", JOB(1, 4096, 0, 1, 20), {.ready = 2}, {.scheduler = "--mem-per-cpu=2g"},
     "main 1*[2x1 c4 m8192! g0 n1 t22]"},
    {"two", JOB(1, 1024, 0, 1, 20), {.ready = 2}, {.scheduler = "-c 6"},
     "main 1*[6x1 c6 m6208 g0 n1 t22]"},
    {"two", JOB(1, 1024, 0, 1, 20), {.ready = 3}, {.scheduler = "--ntasks-per-node=4"},
     "main 1*[3x1 c4 m3136 g0 n1 t22]"},
    {"two", JOB(1, 1024, 0, 1, 20), {.ready = 2}, {.scheduler = "--exclusive"},
     "main 1*[8x1 c8 m16384 g0 n1 t22] whole"},
    {"gpu", JOB(1, 1024, 1000, 1, 20), {.ready = 8}, {.scheduler = "--gres=gpu:2"},
     "main 1*[2x4 c2 m2112 g2 n1 t82]"},
    {"gpu", JOB(1, 1024, 0, 1, 20), {.ready = 4}, {.scheduler = "--gres=gpu:2"},
     "main 1*[4x1 c4 m4160 g2 n1 t22]"},
    {"two", JOB(1, 1024, 0, 1, 20), {.ready = 16}, {.scheduler = "--nodes=2"},
     "main 1*[16x1 c8 m8256 g0 n2 t22]"},
    {"closed", JOB(1, 1024, 0, 1, 20), {.ready = 1},
     {.scheduler = "-A bio -q normal", .account = "math"},
     "main 1*[1x1 c1 m1088 g0 n1 t22]"},
    {"two", JOB(1, 1024, 0, 1, 60), {.ready = 1}, {.scheduler = "--time=30"},
     "! job j (class c): its runtime is 1h, and scheduler s asks for 30m"},
    {"two", JOB(1, 1024, 0, 1, 60, .any_length = true), {.ready = 1}, {.scheduler = "--time=30"},
     "main 1*[1x1 c1 m1088 g0 n1 t30]"},
    {"two", JOB(1, 1024, 0, 1, 60, .planning_only = true), {.ready = 1},
     {.scheduler = "--time=30 --mem=512"},
     "main 1*[1x1 c1 m512! g0 n1 t30]"},
    {"hour", JOB(1, 1024, 0, 1, 20), {.ready = 1}, {.scheduler = "--time=90"},
     "! job j (class c): its allocations are asked for with a walltime of 1h30m, and partition "
     "main allows 1h (MaxTime)"},
    {"two", JOB(1, 2048, 0, 1, 20), {.ready = 1}, {.scheduler = "--mem=1g"},
     "! job j (class c): it needs 2g of memory, and scheduler s asks for 1g"},
    {"two", JOB(2, 1024, 0, 1, 20), {.ready = 1}, {.scheduler = "-c 1"},
     "! job j (class c): it needs 2 CPUs, and scheduler s asks for 1"},
    {"gpu", JOB(1, 1024, 2000, 1, 20), {.ready = 1}, {.scheduler = "--gres=gpu:1"},
     "! job j (class c): it needs 2 GPUs, and scheduler s asks for 1"},
    {"two", JOB(1, 1024, 0, 2, 20), {.ready = 1}, {.scheduler = "--nodes=1"},
     "! job j (class c): it needs 2 nodes, and scheduler s asks for 1"},
    {"two", JOB(1, 1024, 0, 1, 20), {.ready = 1}, {.scheduler = "--mem=64g"},
     "! job j (class c): no node of partition main has what scheduler s asks for"},
    // local scratch is asked for as memory is, where nodes say that they have some
    {"scratch", JOB(1, 1024, 0, 1, 60, .tmp_mib = 2000), {.ready = 8}, {0},
     "main 1*[8x1 c8 m8256 g0 n1 t62 s16000]"},
    {"two", JOB(1, 1024, 0, 1, 60, .tmp_mib = 2000), {.ready = 8}, {0},
     "main 1*[8x1 c8 m8256 g0 n1 t62]"},
    {"scratch", JOB(1, 1024, 0, 1, 60, .tmp_mib = 200000), {.ready = 1}, {0},
     "! job j (class c): it needs 200000m of local scratch, and the largest TmpDisk of "
     "partition main is 100000m"},
    // what can never run
    {"two", JOB(9, 1024, 0, 1, 60), {.ready = 1}, {0},
     "! job j (class c): it needs 9 CPUs, and the largest node of partition main has 8"},
    {"two", JOB(9, 1024, 0, 1, 60), {.later = 1}, {0},
     "! job j (class c): it needs 9 CPUs, and the largest node of partition main has 8"},
    {"two", JOB(1, 32768, 0, 1, 60), {.ready = 1}, {0},
     "! job j (class c): it needs 32g of memory, and the largest node of partition main has 16g"},
    {"two", JOB(1, 1024, 1000, 1, 60), {.ready = 1}, {0},
     "! job j (class c): it needs 1 GPU, and partition main has at most 0 in a node"},
    {"mixed", JOB(1, 1024, 0, 1, 60), {.ready = 1}, {.walltime = 30},
     "! job j (class c): its runtime is 1h, and allocations on partition main may last 30m by "
     "option -t"},
    {"hour", JOB(1, 1024, 0, 1, 61), {.ready = 1}, {0},
     "! job j (class c): its runtime is 1h1m, and partition main allows 1h (MaxTime)"},
    {"three", JOB(16, 131072, 1000, 1, 60), {.ready = 1}, {.partition = "gpu"},
     "! job j (class c): it needs 128g of memory, and the largest node of partition gpu has 64g"},
    {"wholemix", JOB(40, 1024, 3000, 1, 60), {.ready = 1}, {0},
     "! job j (class c): no node of partition main has all of its CPUs, memory and GPUs together"},
    {"halfcpu", JOB(20, 1024, 0, 1, 60), {.ready = 1}, {0},
     "! job j (class c): it needs 20 CPUs, and partition main allows 16 on a node "
     "(MaxCPUsPerNode)"},
    {"pernode", JOB(1, 9216, 0, 1, 60), {.ready = 1}, {0},
     "! job j (class c): it needs 9g of memory, and partition main allows 8g on a node "
     "(MaxMemPerNode)"},
    {"percpu", JOB(1, 131072, 0, 1, 60), {.ready = 1}, {0},
     "! job j (class c): it needs 64 CPUs for its memory of 128g (MaxMemPerCPU), and the "
     "largest node of partition main has 32"},
    {"none", JOB(1, 1024, 0, 1, 60), {.ready = 1}, {0},
     "! job j (class c): partition main has no nodes"},
    // clang-format on
};

static void build_partition(struct cluster *cluster, const struct part *p)
{
    uint32_t *nodes = xcalloc(cluster->nodes_count, sizeof *nodes);
    uint32_t count = 0;
    for (int n = p->first; n <= p->last; n++) {
        nodes[count++] = (uint32_t)n;
        cluster->nodes[n].tmp_bytes = p->tmp_mib * MiB;
    }
    cluster->partitions[cluster->partitions_count++] = (struct cluster_partition){
        .name = p->name,
        .is_default = !p->not_default,
        .submits = !p->closed,
        .starts = !p->stopped,
        .root_only = p->root_only,
        .needs_reservation = p->reservation,
        .whole_nodes = p->whole,
        .max_time_usec = p->max_time * MINUTE,
        .max_nodes = p->max_nodes,
        .max_cpus_per_node = p->max_cpus,
        .max_memory_per_cpu_bytes = p->mib_per_cpu * MiB,
        .max_memory_per_node_bytes = p->mib_per_node * MiB,
        .allow_accounts = p->accounts,
        .deny_accounts = p->deny_accounts,
        .allow_qos = p->qos,
        .allow_groups = p->groups,
        .nodes = nodes,
        .nodes_count = count,
    };
}

static void build_cluster(struct cluster *cluster, const char *name)
{
    const struct test_cluster *test = clusters;
    while (strcmp(test->name, name))
        test++;
    *cluster = (struct cluster){.max_array_size = test->array};
    cluster->nodes = xcalloc(256, sizeof *cluster->nodes);
    cluster->partitions = xcalloc(4, sizeof *cluster->partitions);
    for (const struct nodes *n = test->nodes; n < test->nodes + 4; n++)
        for (int i = 0; i < n->count; i++)
            cluster->nodes[cluster->nodes_count++] =
                (struct cluster_node){.name = "n",
                                      .up = !n->down,
                                      .cpus = n->cpus,
                                      .gpus = n->gpus,
                                      .memory_bytes = n->memory_mib * MiB};
    for (const struct part *p = test->parts; p < test->parts + 4 && p->name; p++)
        build_partition(cluster, p);
}

static void free_cluster(struct cluster *cluster)
{
    for (uint32_t i = 0; i < cluster->partitions_count; i++)
        free((void *)cluster->partitions[i].nodes);
    free(cluster->partitions);
    free(cluster->nodes);
}

static char *plan_text(const struct plan *plan)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    for (size_t i = 0; i < plan->groups_count; i++) {
        const struct plan_group *g = &plan->groups[i];
        char scratch[40] = "";
        if (g->tmp_bytes)
            snprintf(scratch, sizeof scratch, " s%lld", (long long)(g->tmp_bytes / MiB));
        fprintf(out, "%s %d*[%dx%d c%d m%lld%s g%d n%d t%lld%s]%s%s", g->partition, g->count,
                g->slots, g->rounds, g->cpus, (long long)(g->memory_bytes / MiB),
                g->own_bytes < PLAN_OWN_BYTES && g->memory_bytes ? "!" : "", g->gpus, g->nodes,
                (long long)(g->walltime_usec / MINUTE), scratch, g->whole_nodes ? " whole" : "",
                g->now ? "" : " later");
    }
    for (size_t i = 0; i < plan->notes_count; i++)
        fprintf(out, "%s %s", plan->notes[i].refused ? "!" : "?", plan->notes[i].text);
    fclose(out);
    return text;
}

static void test_row(const struct row *row, int number)
{
    struct cluster cluster;
    struct settings settings;
    struct plan plan;
    build_cluster(&cluster, row->cluster);
    settings_init(&settings);
    settings.partition = xstrdup(row->set.partition);
    settings.account = xstrdup(row->set.account);
    settings.qos = xstrdup(row->set.qos);
    settings.walltime_usec = row->set.walltime * MINUTE;
    struct error err;
    if (row->set.scheduler)
        sbatch_options_add_line(&schedulers_add(&settings.schedulers, "s")->options,
                                row->set.scheduler, &err);
    settings.max_allocations = row->set.most ? row->set.most : 16;
    if (row->set.margin) {
        settings.sigterm_lead_secs = row->set.margin / 2;
        settings.sigkill_headroom_secs = row->set.margin - row->set.margin / 2;
    }
    struct class_row class = {.name = "c",
                              .cpus = row->class.cpus,
                              .nodes = row->class.nodes,
                              .gpus_milli = row->class.gpus_milli,
                              .memory_bytes = row->class.mib * MiB,
                              .tmp_bytes = row->class.tmp_mib * MiB,
                              .runtime_usec = row->class.runtime * MINUTE,
                              .enforced = !row->class.planning_only,
                              .labels = row->class.labels,
                              .scheduler = row->set.scheduler ? "s" : NULL};
    struct plan_class waits = {.row = &class,
                               .ready = row->wait.ready,
                               .soon = row->wait.soon,
                               .later = row->wait.later,
                               .room = row->wait.room,
                               .waiting = row->wait.waiting,
                               .job = "j",
                               .any_length = row->class.any_length};
    struct plan_request request = {
        .classes = &waits, .classes_count = 1, .cluster = &cluster, .settings = &settings};
    plan_make(&plan, &request);
    char *text = plan_text(&plan), *name = xasprintf("row %d, cluster %s", number, row->cluster);
    is_text(text, row->plan, name);
    // whatever the case: never more than a node, never over MaxTime, all jobs in unless the number
    // is capped
    for (size_t i = 0; i < plan.groups_count; i++) {
        const struct plan_group *g = &plan.groups[i];
        bool good = g->slots >= 1 && g->rounds >= 1 && g->count >= 1 &&
                    g->count <= settings.max_allocations &&
                    ((int64_t)g->slots * g->rounds * g->count >= g->jobs ||
                     g->count == settings.max_allocations || g->count == cluster.max_array_size) &&
                    g->walltime_usec % MINUTE == 0 && g->margin_usec < g->walltime_usec;
        ok(good, "row %d: a sane group", number);
    }
    free(name);
    free(text);
    plan_fini(&plan);
    settings_fini(&settings);
    free_cluster(&cluster);
}

// A diamond with a barrier: a is ready, b and c wait for it, d waits for a barrier of b and c.
static void test_workflow(void)
{
    struct class_row classes[] = {{.name = "small"}, {.name = "large"}};
    struct job_row jobs[] = {
        {.name = "a", .command = "x", .class_index = 0},
        {.name = "b",
         .command = "x",
         .class_index = 1,
         .unmet = 1,
         .flags = JOB_SUPPORTS_TERMINATION},
        {.name = "c", .command = "x", .class_index = 1, .unmet = 1},
        {.name = "*", .class_index = -1, .unmet = 2},
        {.name = "d", .command = "x", .class_index = 0, .unmet = 1},
        {.name = "*1", .class_index = -1, .unmet = 1},
        {.name = "e", .command = "x", .class_index = 0, .unmet = 1},
    };
    struct pair_row needs[] = {{1, 0, 0, false}, {2, 0, 0, false}, {3, 1, 0, false},
                               {3, 2, 0, false}, {4, 3, 0, false}, {5, 0, 0, false},
                               {6, 5, 0, false}};
    struct workflow workflow = {.classes = classes,
                                .jobs = jobs,
                                .needs = needs,
                                .classes_count = 2,
                                .jobs_count = 7,
                                .needs_count = 7};
    struct plan_class *waits = plan_classes_of_workflow(&workflow);
    is_int(waits[0].ready, 1, "a is ready");
    is_int(waits[0].soon, 1, "e comes soon, through a barrier");
    is_int(waits[0].later, 1, "d comes later");
    is_int(waits[1].ready, 0, "nothing large is ready");
    is_int(waits[1].soon, 2, "b and c come soon");
    is_text(waits[1].job, "c", "the job named is one that must fit an allocation");
    ok(!waits[1].any_length, "so the class must");
    free(waits);
}

int main(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        test_row(&rows[i], (int)i + 1);
    test_workflow();
    return done_testing();
}
