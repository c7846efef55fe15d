// SPDX-License-Identifier: GPL-2.0-or-later
// The cgroup that Slurm made for a task of a step: what it counted is the task's alone, and anybody
// may read it.
#ifndef LIB_METER_TASK_CGROUP_H
#define LIB_METER_TASK_CGROUP_H

#include "lib/base/record.h"

// Of the step that the calling process is in (step_id: its SLURM_STEP_ID): reads the counters into
// usage, and makes its source theirs. Where Slurm made no such cgroup for memory usage stays as it
// is.
void task_cgroup_read(const char *step_id, struct usage_record *usage);

// The bytes of memory to which the kernel holds it; UNKNOWN: to none.
int64_t task_cgroup_limit(const char *step_id);

#endif
