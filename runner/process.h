// SPDX-License-Identifier: GPL-2.0-or-later
// Other processes of this host: what /proc says about one, and ending those that carry certain
// variables.
#ifndef RUNNER_PROCESS_H
#define RUNNER_PROCESS_H

#include <stdbool.h>

struct process {
    char name[32], state;
    int parent;
    unsigned long long start_ticks; // since boot: no two processes of one number have the same
};

// False: there is none of that number.
bool process_read(int pid, struct process *process);

// Kills this user's processes that were started with all of these entries ("NAME=value",
// NULL-terminated) in their environment. spare_runners: but those that descend from a process of
// this one's name, and tasks of Slurm steps, which may be those of a live runner's jobs.
void process_kill_marked(const char *const *entries, bool spare_runners);

#endif
