// SPDX-License-Identifier: GPL-2.0-or-later
// What jobs get after they ran out of memory or time: lib/restart/escalate.h.
#include "lib/restart/escalate.h"

#include <string.h>

#include "tests/tap.h"

#define MIB (INT64_C(1) << 20)
#define GIB (INT64_C(1) << 30)
#define SEC INT64_C(1000000)

static const struct row {
    const char *name;
    enum attempt_reason reason;
    int64_t memory, runtime, peak, most_memory, most_runtime;
    const char *class_name; // NULL: nothing more
    int64_t new_memory, new_runtime;
    bool capped;
} rows[] = {
    {"memory in steps of 256 MiB", REASON_OOM, 512 * MIB, SEC, 500 * MIB, 0, 0, "c+768m", 768 * MIB,
     SEC, false},
    {"from the use, where it is more", REASON_OOM, 512 * MIB, SEC, 2 * GIB, 0, 0, "c+3g", 3 * GIB,
     SEC, false},
    {"from the limit, where the use is not known", REASON_OOM, GIB, SEC, UNKNOWN, 0, 0, "c+1536m",
     1536 * MIB, SEC, false},
    {"no more than a node has", REASON_OOM, 4 * GIB, SEC, UNKNOWN, 5 * GIB, 0, "c+5g", 5 * GIB, SEC,
     true},
    {"nothing, where it has a node's already", REASON_OOM, 4 * GIB, SEC, UNKNOWN, 4 * GIB, 0, NULL,
     4 * GIB, SEC, true},
    {"time to the second below ten minutes", REASON_TIMEOUT, GIB, 3 * SEC, UNKNOWN, 0, 0, "c+5s",
     GIB, 5 * SEC, false},
    {"else to the minute", REASON_TIMEOUT, GIB, 3600 * SEC, UNKNOWN, 0, 0, "c+1h30m", GIB,
     5400 * SEC, false},
    {"no more than a partition allows", REASON_TIMEOUT, GIB, 3600 * SEC, UNKNOWN, 0, 4000 * SEC,
     "c+1h6m40s", GIB, 4000 * SEC, true},
    {"near the end of the numbers", REASON_TIMEOUT, GIB, INT64_MAX - 1, UNKNOWN, 0, 0, NULL, GIB,
     INT64_MAX - 1, false},
};

static void check(const struct row *row)
{
    struct restart_class class = {1, row->memory, row->runtime, "c"};
    struct restart_job jobs[2] = {{.id = 1,
                                   .name = "died",
                                   .state = JOB_FAILED,
                                   .reason = row->reason,
                                   .memory_peak_bytes = row->peak,
                                   .signature = UNKNOWN},
                                  {.id = 2,
                                   .name = "failed",
                                   .state = JOB_FAILED,
                                   .reason = REASON_EXIT,
                                   .memory_peak_bytes = UNKNOWN,
                                   .signature = UNKNOWN}};
    struct restart_facts facts = {
        .jobs = jobs, .jobs_count = 2, .classes = &class, .classes_count = 1};
    struct restart_verdict verdicts[2] = {{.what = RESTART_AGAIN}, {.what = RESTART_AGAIN}};
    struct escalation_limits limits = {row->most_memory, row->most_runtime};
    struct escalations all;
    escalate(&facts, verdicts, &limits, &all);
    const struct escalation *e = all.list;
    ok(all.count == 1 && all.of_job[0] == 0 && all.of_job[1] == -1,
       "%s: the one that died so alone", row->name);
    ok(e->jobs == (row->class_name ? 1u : 0u) &&
           (!row->class_name || !strcmp(e->name, row->class_name)) &&
           e->memory_bytes == row->new_memory && e->runtime_usec == row->new_runtime &&
           e->capped == row->capped,
       "%s: %s, %lld, %lld", row->name, e->name, (long long)e->memory_bytes,
       (long long)e->runtime_usec);
    escalations_fini(&all);
}

int main(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check(&rows[i]);
    return done_testing();
}
