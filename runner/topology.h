// SPDX-License-Identifier: GPL-2.0-or-later
// In which order CPUs are given to jobs: those that share a core, a cache, a package stand side by
// side.
#ifndef RUNNER_TOPOLOGY_H
#define RUNNER_TOPOLOGY_H

#include <sched.h>

// The CPUs of the set in that order, as hwloc finds it; *count of them. The caller's to free. NULL:
// hwloc does not know all of them.
int *topology_order(const cpu_set_t *set, int *count);

#endif
