// SPDX-License-Identifier: GPL-2.0-or-later
// Whether a path lies on a local or on a network file system: SQLite's WAL mode needs shared
// memory, which does not reach another host.
#ifndef LIB_BASE_FS_KIND_H
#define LIB_BASE_FS_KIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "lib/base/error.h"

// By the magic number of statfs(2); NULL: local (or not known as a network file system), else its
// name.
const char *fs_network_name(unsigned long magic);

// *network: NULL for a path on a local file system, else the name of the network file system. The
// file need not exist: then its folder is looked at. $TORC_FS_NETWORK=name says so for every path
// (tests).
int fs_kind(const char *path, const char **network, struct error *err);

// Do the mount options of the file system that a path is on break locks between hosts ("nolock",
// "local_lock=all", Lustre without "flock")? Which one is written to trouble. A test of locks on
// one host would prove nothing. $TORC_FS_MOUNTINFO=file is read for /proc/self/mountinfo (tests).
bool fs_breaks_locks(const char *path, char *trouble, size_t size);

// The same from mountinfo's text (proc_pid_mountinfo(5)), for the mount of a device.
bool fs_lock_trouble(FILE *mountinfo, unsigned device_major, unsigned device_minor, char *trouble,
                     size_t size);

#endif
