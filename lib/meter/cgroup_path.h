// SPDX-License-Identifier: GPL-2.0-or-later
// Where this process is in a cgroup hierarchy, as a path in the file system. Nothing is built from
// names: the place is what /proc/self/cgroup says, below the mount that /proc/self/mountinfo shows
// for the hierarchy.
#ifndef LIB_METER_CGROUP_PATH_H
#define LIB_METER_CGROUP_PATH_H

// proc: directory fd of /proc (tests pass one of files). controller: of a v1 hierarchy; NULL: the
// unified (v2) one. The caller's to free; NULL: there is no such hierarchy, or the place cannot be
// seen from here (a namespace).
char *cgroup_path(int proc, const char *controller);

#endif
