// SPDX-License-Identifier: GPL-2.0-or-later
// The order of CPUs, on machines that hwloc is made to believe in.
#include "runner/topology.h"

#include "lib/base/mem.h"
#include "tests/tap.h"

static const struct {
    const char *machine, *set, *order;
} rows[] = {
    {"pack:2 core:2 pu:2(indexes=0,4,1,5,2,6,3,7)", "0 1 2 3 4 5 6 7",
     "0 4 1 5 2 6 3 7"}, // as the kernel numbers siblings
    {"pack:2 core:2 pu:2(indexes=0,4,1,5,2,6,3,7)", "1 3 5 6", "1 5 6 3"},
    {"pack:2 core:2 pu:1(indexes=0,2,1,3)", "0 1 2 3", "0 2 1 3"}, // packages in turn
    {"core:2 pu:1", "0 1", "0 1"},
    {"core:2 pu:1", "1", "1"},
    {"core:2 pu:1", "0 1 2", "none"}, // more than there are
};

int main(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cpu_set_t set;
        char text[128] = "", *end;
        int count = 0, used = 0;
        CPU_ZERO(&set);
        for (const char *at = rows[i].set; *at; at = end)
            CPU_SET((int)strtol(at, &end, 10), &set);
        setenv("HWLOC_SYNTHETIC", rows[i].machine, 1);
        cleanup_free int *order = topology_order(&set, &count);
        for (int c = 0; order && c < count; c++)
            used +=
                snprintf(text + used, sizeof text - (size_t)used, "%s%d", c ? " " : "", order[c]);
        is_text(order ? text : "none", rows[i].order, rows[i].set);
    }
    return done_testing();
}
