// SPDX-License-Identifier: GPL-2.0-or-later
// Walltimes: every form that sbatch reads, and what it does not.
#include "lib/base/walltime.h"

#include "tests/tap.h"

static const struct {
    const char *text;
    int64_t secs; // -1: refused
} rows[] = {
    {"30", 1800},     {"30:15", 1815},     {"1:30:00", 5400},
    {"2-12", 216000}, {"2-12:30", 217800}, {"2-12:30:15", 217815},
    {"0-1", 3600},    {"0", -1},           {"0:00", -1},
    {"", -1},         {"1h", -1},          {"1:2:3:4", -1},
    {"1-2-3", -1},    {"1:-2", -1},        {"-5", -1},
    {" 5", -1},       {"1:", -1},          {"99999999999999999999", -1},
    {"1:2-3", -1},    {"UNLIMITED", -1},
};

int main(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t usec = -1;
        int rc = walltime_parse(rows[i].text, &usec);
        is_int(rc ? -1 : usec / 1000000, rows[i].secs, rows[i].text);
    }
    return done_testing();
}
