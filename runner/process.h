// SPDX-License-Identifier: GPL-2.0-or-later
// Other processes of this host: those that carry certain variables ("NAME=value"), and none of
// those that begin with a "!"; a list of them ends with NULL.
#ifndef RUNNER_PROCESS_H
#define RUNNER_PROCESS_H

#include <stdbool.h>

// Kills this user's processes that were started with all of these entries in their environment.
// spare_runners: but those that descend from a process of
// this one's name, and tasks of Slurm steps, which may be those of a live runner's jobs. Gives how
// many it found.
int process_kill_marked(const char *const *entries, bool spare_runners);

// Sends a signal to the tasks of Slurm steps among them, but to an srun only if it is SIGKILL: srun
// would end its step at once. Gives how many they are.
int process_signal_tasks(const char *const *entries, int sig);

#endif
