// SPDX-License-Identifier: GPL-2.0-or-later
// What an attempt used in all: sums over records, the fullest node, steps, and what is not known.
#include "lib/meter/usage.h"

#include "tests/tap.h"

enum { RECORDS = 3 };

static const struct {
    const char *name;
    bool srun_step;
    uint32_t count;
    struct {
        const char *node, *step;
        enum usage_source source;
        int64_t cpu, peak;
    } records[RECORDS];
    enum usage_source source;
    int64_t cpu, peak;
} cases[] = {
    {"none", false, 0, {{0}}, SOURCE_NONE, UNKNOWN, UNKNOWN},
    {"one", false, 1, {{"n1", NULL, SOURCE_CGROUP1, 5, 100}}, SOURCE_CGROUP1, 5, 100},
    {"not known",
     false,
     1,
     {{"n1", NULL, SOURCE_PROC, UNKNOWN, UNKNOWN}},
     SOURCE_PROC,
     UNKNOWN,
     UNKNOWN},
    {"two nodes",
     false,
     2,
     {{"n1", "4.0", SOURCE_SPANK, 5, 100}, {"n2", "4.1", SOURCE_SPANK, 6, 300}},
     SOURCE_SPANK,
     11,
     300},
    {"two tasks of a node",
     false,
     3,
     {{"n1", "4.0", SOURCE_SPANK, 5, 100},
      {"n1", "4.1", SOURCE_SPANK, 6, 150},
      {"n2", "4.2", SOURCE_SPANK, 1, 200}},
     SOURCE_SPANK,
     12,
     250},
    {"one of two not known",
     false,
     2,
     {{"n1", NULL, SOURCE_CGROUP2, 5, UNKNOWN}, {"n2", "1.0", SOURCE_SPANK, 6, 300}},
     SOURCE_CGROUP2,
     11,
     UNKNOWN},
    {"a step: srun itself does not count",
     true,
     2,
     {{"n1", NULL, SOURCE_PROC, 5, 9}, {"n1", "1.0", SOURCE_SPANK, 6, 300}},
     SOURCE_SPANK,
     6,
     300},
    {"a step without the plugin", true, 1, {{"n1", NULL, SOURCE_PROC, 5, 9}}, SOURCE_PROC, 5, 9},
};

int main(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct usage_record records[RECORDS], total;
        struct attempt_end end = {.usages = records, .usages_count = cases[i].count};
        for (uint32_t r = 0; r < cases[i].count; r++) {
            usage_record_init(&records[r]);
            records[r].node = cases[i].records[r].node;
            records[r].step = cases[i].records[r].step;
            records[r].source = cases[i].records[r].source;
            records[r].cpu_user_usec = cases[i].records[r].cpu;
            records[r].cpu_system_usec = 0;
            records[r].memory_peak_bytes = cases[i].records[r].peak;
        }
        bool any = usage_total(&end, cases[i].srun_step, &total);
        ok(any == (cases[i].count > 0), "%s: there is something", cases[i].name);
        is_int(total.source, cases[i].source, "source");
        is_int(usage_cpu_usec(&total), cases[i].cpu, "CPU");
        is_int(total.memory_peak_bytes, cases[i].peak, "memory");
        is_int(total.oom_kills, UNKNOWN, "nobody knew the OOM kills");
    }
    return done_testing();
}
