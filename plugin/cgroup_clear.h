// SPDX-License-Identifier: GPL-2.0-or-later
// Ending what is left in cgroups: kill every process, remove the directories, never wait for long.
#ifndef PLUGIN_CGROUP_CLEAR_H
#define PLUGIN_CGROUP_CLEAR_H

#include <stdbool.h>
#include <stdint.h>

#define CGROUP_CLEAR_MSEC 2000 // the longest that one call may take

// Kills all processes in the subdirectories of the cgroup at path whose names begin with prefix (""
// = all), and removes these subdirectories with all below them. Not the cgroup itself. How many are
// left after msec; 0 if path is gone.
int cgroup_clear_children(const char *path, const char *prefix, int64_t msec);

// The same for the children of every subdirectory of path that begins with prefix: the
// subdirectories stay.
int cgroup_clear_grandchildren(const char *path, const char *prefix, int64_t msec);

// Is a process in the cgroup at path itself? False if it is gone.
bool cgroup_has_processes(const char *path);

// Writes text to a control file, in the folder dir. 0, or -1 with errno.
int cgroup_write(int dir, const char *file, const char *text);

// An fd of the folder name in at, never through a link; -1 with errno.
int cgroup_open(int at, const char *name);

#endif
