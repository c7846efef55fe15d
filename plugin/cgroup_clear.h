// SPDX-License-Identifier: GPL-2.0-or-later
// Ending what is left in cgroups: kill every process, remove the directories, never wait for long.
#ifndef PLUGIN_CGROUP_CLEAR_H
#define PLUGIN_CGROUP_CLEAR_H

#include <stdbool.h>
#include <stdint.h>

#define CGROUP_CLEAR_MSEC 2000 // the longest that one call may take

// Has what is being cleared got an owner meanwhile? Asked after processes have been listed and
// before they are killed: what the answer "no" is about is older than any owner.
typedef bool cgroup_owned_fn(void);

// Kills all processes in the subdirectories of the cgroup dir (an fd, or -1: nothing) whose names
// begin with prefix ("" = all), and removes these subdirectories with all below them, however deep.
// Not the cgroup itself. Gives up after msec, or when is_owned (NULL: never) says so. How many are
// left, at least.
int cgroup_clear_children(int dir, const char *prefix, int64_t msec, cgroup_owned_fn *is_owned);

// The same for the children of every subdirectory of dir that begins with prefix: the
// subdirectories stay.
int cgroup_clear_grandchildren(int dir, const char *prefix, int64_t msec,
                               cgroup_owned_fn *is_owned);

// Is a process in the cgroup at path itself? False if it is gone.
bool cgroup_has_processes(const char *path);

// Writes text to a control file, in the folder dir. 0, or -1 with errno.
int cgroup_write(int dir, const char *file, const char *text);

// An fd of the folder name in at, never through a link; -1 with errno.
int cgroup_open(int at, const char *name);

#endif
