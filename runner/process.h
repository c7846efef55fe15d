// SPDX-License-Identifier: GPL-2.0-or-later
// Other processes of this host: what /proc says about one, and ending those that carry certain variables.
#ifndef RUNNER_PROCESS_H
#define RUNNER_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

struct process {
    char name[32], state;
    int parent;
    int64_t start_usec; /* by the real clock */
};

/* False: there is none of that number. */
bool process_read(int pid, struct process *process);

/* Kills this user's processes that were started with all of these entries ("NAME=value", NULL-terminated) in their
 * environment. spare_runners: but those that descend from a process of this one's name. */
void process_kill_marked(const char *const *entries, bool spare_runners);

#endif
