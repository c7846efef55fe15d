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
        int64_t cpu, peak, start, end; // 0: all along
    } records[RECORDS];
    enum usage_source source;
    int64_t cpu, peak, low; // low 0: the same
} cases[] = {
    {"none", false, 0, {{0}}, SOURCE_NONE, UNKNOWN, UNKNOWN, 0},
    {"one", false, 1, {{"n1", NULL, SOURCE_CGROUP1, 5, 100, 0, 0}}, SOURCE_CGROUP1, 5, 100, 0},
    {"not known",
     false,
     1,
     {{"n1", NULL, SOURCE_PROC, UNKNOWN, UNKNOWN, 0, 0}},
     SOURCE_PROC,
     UNKNOWN,
     UNKNOWN,
     0},
    {"two nodes",
     false,
     2,
     {{"n1", "4.0", SOURCE_SPANK, 5, 100, 0, 0}, {"n2", "4.1", SOURCE_SPANK, 6, 300, 0, 0}},
     SOURCE_SPANK,
     11,
     300,
     0},
    {"two tasks of a node",
     false,
     3,
     {{"n1", "4.0", SOURCE_SPANK, 5, 100, 0, 0},
      {"n1", "4.1", SOURCE_SPANK, 6, 150, 0, 0},
      {"n2", "4.2", SOURCE_SPANK, 1, 200, 0, 0}},
     SOURCE_SPANK,
     12,
     250,
     200},
    {"steps one after the other, beside the job's own",
     false,
     3,
     {{"n1", NULL, SOURCE_CGROUP1, 5, 1, 0, 0},
      {"n1", "4.0", SOURCE_SPANK, 6, 100, 10, 20},
      {"n1", "5.0", SOURCE_SPANK, 1, 50, 20, 30}},
     SOURCE_CGROUP1,
     12,
     101,
     100},
    {"steps that overlap",
     false,
     3,
     {{"n1", "3.0", SOURCE_SPANK, 5, 80, 15, 16},
      {"n1", "4.0", SOURCE_SPANK, 6, 100, 10, 20},
      {"n1", "5.0", SOURCE_SPANK, 1, 50, 19, 30}},
     SOURCE_SPANK,
     12,
     180,
     100},
    {"one of which it is not known when",
     false,
     3,
     {{"n1", "3.0", SOURCE_SPANK, 5, 80, 0, 0},
      {"n1", "4.0", SOURCE_SPANK, 6, 100, 10, 20},
      {"n1", "5.0", SOURCE_SPANK, 1, 50, 20, 30}},
     SOURCE_SPANK,
     12,
     180,
     100},
    {"the node that has most at once is not that of the largest",
     false,
     3,
     {{"n1", "3.0", SOURCE_SPANK, 5, 120, 10, 20},
      {"n2", "3.1", SOURCE_SPANK, 6, 100, 10, 20},
      {"n2", "3.2", SOURCE_SPANK, 1, 90, 10, 20}},
     SOURCE_SPANK,
     12,
     190,
     120},
    {"one of two not known",
     false,
     2,
     {{"n1", NULL, SOURCE_CGROUP2, 5, UNKNOWN, 0, 0}, {"n2", "1.0", SOURCE_SPANK, 6, 300, 0, 0}},
     SOURCE_CGROUP2,
     11,
     UNKNOWN,
     0},
    {"a step: srun itself does not count",
     true,
     2,
     {{"n1", NULL, SOURCE_PROC, 5, 9, 0, 0}, {"n1", "1.0", SOURCE_SPANK, 6, 300, 0, 0}},
     SOURCE_SPANK,
     6,
     300,
     0},
    {"a step without the plugin",
     true,
     1,
     {{"n1", NULL, SOURCE_PROC, 5, 9, 0, 0}},
     SOURCE_PROC,
     5,
     9,
     0},
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
            records[r].memory_anon_low_bytes = cases[i].records[r].peak;
            records[r].memory_limit_bytes = r ? UNKNOWN : 500;
            records[r].start_usec = cases[i].records[r].start;
            records[r].end_usec = cases[i].records[r].end;
        }
        bool any = usage_total(&end, cases[i].srun_step, &total);
        ok(any == (cases[i].count > 0), "%s: there is something", cases[i].name);
        is_int(total.source, cases[i].source, "source");
        is_int(usage_cpu_usec(&total), cases[i].cpu, "CPU");
        is_int(total.memory_peak_bytes, cases[i].peak, "memory");
        is_int(usage_peak_low(&end, cases[i].srun_step),
               cases[i].low ? cases[i].low : cases[i].peak, "... and no less than");
        is_int(total.oom_kills, UNKNOWN, "nobody knew the OOM kills");
    }
    return done_testing();
}
