// SPDX-License-Identifier: GPL-2.0-or-later
// Where a process is in a cgroup hierarchy, as a path in the file system. Nothing is guessed or
// allocated.
#ifndef PLUGIN_CGROUP_PATH_H
#define PLUGIN_CGROUP_PATH_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define CGROUP_PATH_MAX 1024 // longer ones are an error

// Path of pid's cgroup: in the unified hierarchy (v2) if controller is NULL, else in the v1
// hierarchy that has that controller. From /proc/PID/cgroup and /proc/self/mountinfo. 0, or -1 if
// there is no such hierarchy, it is not mounted here, or the path does not fit.
int cgroup_path(pid_t pid, const char *controller, char *out, size_t size);

// Cuts ".../task_T" to "..." and sets *number to T, the number that Slurm gave the task's
// directory. -1, and the path as it was, if its last component is not that.
int cgroup_path_split_task(char *path, uint32_t *number);

#endif
