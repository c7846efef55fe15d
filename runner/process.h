// SPDX-License-Identifier: GPL-2.0-or-later
// Other processes of this host: signals to those that carry certain variables.
#ifndef RUNNER_PROCESS_H
#define RUNNER_PROCESS_H

#include <stddef.h>

enum process_which {
    PROCESS_ALL,
    // but those that descend from a process of this one's name, and tasks of Slurm steps, which may
    // be those of a live runner's jobs
    PROCESS_NO_RUNNERS,
    PROCESS_STEPS, // only tasks of Slurm steps, and of these no srun, which would end its own step
};

// Sends sig to this user's processes that were started with all of these entries ("NAME=value",
// NULL-terminated) in their environment. How many there were.
size_t process_signal_marked(const char *const *entries, enum process_which which, int sig);

#endif
