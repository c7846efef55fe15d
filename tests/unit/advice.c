// SPDX-License-Identifier: GPL-2.0-or-later
// What to ask for next time, by what was used: lib/show/advice.h.
#include "lib/show/advice.h"

#include "tests/tap.h"

#define MIB (INT64_C(1) << 20)
#define GIB (INT64_C(1) << 30)
#define SEC INT64_C(1000000)
#define MINUTE (60 * SEC)

static const struct row {
    const char *what;
    struct size_info used;
    int cpus;
    int64_t memory, runtime;
    enum advice_why cpus_why, memory_why, runtime_why;
} rows[] = {
    {"a class that asks for 8 CPUs and 16 GiB and uses 1 and 700 MiB",
     {.cpus = 8,
      .memory_bytes = 16 * GIB,
      .runtime_usec = 60 * MINUTE,
      .jobs = 9,
      .cpus_known = 9,
      .memory_known = 9,
      .cpus_most_milli = 901,
      .memory_most_bytes = 700 * MIB,
      .wall_most_usec = 4 * MINUTE},
     1,
     880 * MIB,
     5 * MINUTE,
     0,
     0,
     0},
    {"CPUs are rounded up, and a tenth is left",
     {.cpus = 8,
      .memory_bytes = GIB,
      .runtime_usec = MINUTE,
      .jobs = 3,
      .cpus_known = 3,
      .memory_known = 3,
      .cpus_most_milli = 1900,
      .memory_most_bytes = 64 * MIB,
      .wall_most_usec = SEC},
     3,
     80 * MIB,
     MINUTE,
     0,
     0,
     0},
    {"never more CPUs than were asked for, but more memory and time",
     {.cpus = 2,
      .memory_bytes = GIB,
      .runtime_usec = MINUTE,
      .jobs = 3,
      .cpus_known = 3,
      .memory_known = 3,
      .cpus_most_milli = 2000,
      .memory_most_bytes = 1000 * MIB,
      .wall_most_usec = 59 * SEC},
     2,
     1280 * MIB,
     2 * MINUTE,
     0,
     0,
     0},
    {"of two jobs nothing is known",
     {.cpus = 8,
      .memory_bytes = GIB,
      .runtime_usec = MINUTE,
      .jobs = 2,
      .cpus_known = 2,
      .memory_known = 2,
      .cpus_most_milli = 10,
      .memory_most_bytes = MIB,
      .wall_most_usec = SEC},
     8,
     GIB,
     MINUTE,
     ADVICE_TOO_FEW,
     ADVICE_TOO_FEW,
     ADVICE_TOO_FEW},
    {"nor of what was not measured",
     {.cpus = 8,
      .memory_bytes = GIB,
      .runtime_usec = MINUTE,
      .jobs = 9,
      .cpus_known = 0,
      .memory_known = 2,
      .cpus_most_milli = UNKNOWN,
      .memory_most_bytes = MIB,
      .wall_most_usec = SEC},
     8,
     GIB,
     MINUTE,
     ADVICE_TOO_FEW,
     ADVICE_TOO_FEW,
     ADVICE_MEASURED},
    {"where some ran out of memory, the others do not tell that less will do",
     {.cpus = 8,
      .memory_bytes = GIB,
      .runtime_usec = 9 * MINUTE,
      .jobs = 9,
      .cpus_known = 9,
      .memory_known = 9,
      .cpus_most_milli = 900,
      .memory_most_bytes = MIB,
      .wall_most_usec = SEC,
      .out_of_memory = 1},
     1,
     GIB,
     MINUTE,
     ADVICE_MEASURED,
     ADVICE_DIED,
     ADVICE_MEASURED},
    {"where some ran out of time, neither less time nor fewer CPUs are advised",
     {.cpus = 8,
      .memory_bytes = GIB,
      .runtime_usec = 9 * MINUTE,
      .jobs = 9,
      .cpus_known = 9,
      .memory_known = 9,
      .cpus_most_milli = 900,
      .memory_most_bytes = 100 * MIB,
      .wall_most_usec = SEC,
      .out_of_time = 1},
     8,
     128 * MIB,
     9 * MINUTE,
     ADVICE_DIED,
     ADVICE_MEASURED,
     ADVICE_DIED},
    {"more is advised though some died",
     {.cpus = 1,
      .memory_bytes = GIB,
      .runtime_usec = MINUTE,
      .jobs = 9,
      .cpus_known = 9,
      .memory_known = 9,
      .cpus_most_milli = 900,
      .memory_most_bytes = 1000 * MIB,
      .wall_most_usec = SEC,
      .out_of_memory = 1},
     1,
     1280 * MIB,
     MINUTE,
     0,
     0,
     0},
};

int main(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *r = &rows[i];
        struct advice a = advice_make(&r->used);
        is_int(a.cpus, r->cpus, r->what);
        is_int(a.memory_bytes, r->memory, "... memory");
        is_int(a.runtime_usec, r->runtime, "... runtime");
        ok(a.cpus_why == r->cpus_why && a.memory_why == r->memory_why &&
               a.runtime_why == r->runtime_why,
           "... and why");
        ok(a.memory_why != ADVICE_MEASURED || a.memory_bytes > r->used.memory_most_bytes,
           "... never below what was measured");
    }
    struct size_info used = rows[0].used;
    used.nodes = 2;
    used.wall_sum_usec = 10;
    struct advice a = advice_make(&used);
    ok(advice_saved_cpu(&used, &a) == 7 * 2 * 10, "what it would have saved, on each node");
    return done_testing();
}
