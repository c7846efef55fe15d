// SPDX-License-Identifier: GPL-2.0-or-later
// Whose is a process that was seen on a GPU? Safe in any thread: it reads /proc alone.
#ifndef LIB_METER_GPU_OWNER_H
#define LIB_METER_GPU_OWNER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct gpu_owner { // a job, as its processes can be told
    int64_t number, job_id;
    int32_t run_id, attempt_id;
    pid_t first;      // its first process, leader of its session
    char cgroup[128]; // name of its directory; "": none
};

// By its cgroup, also below (containers), by what it descends from, or by its environment (steps of
// Slurm are nobody's children here). The number of the job; 0: of none of them.
int64_t gpu_owner_find(int proc, pid_t pid, const struct gpu_owner *owners, size_t count);

#endif
