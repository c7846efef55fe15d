// SPDX-License-Identifier: GPL-2.0-or-later
// What an attempt used in all, from its usage records (one per node, and one per task of its Slurm
// steps).
#ifndef LIB_METER_USAGE_H
#define LIB_METER_USAGE_H

#include "lib/base/record.h"

// Fills `total`: CPU, I/O and OOM kills are sums over all records; memory is of the node that used
// most (what is asked for is asked per node, too), tasks side by side on a node added up. A number
// that one record does not know is UNKNOWN. Of a job that ran as a Slurm step (srun_step) only the
// records of steps count, if there are any: the rest is srun's own use. Returns false, and
// everything UNKNOWN, when there is no record.
bool usage_total(const struct attempt_end *end, bool srun_step, struct usage_record *total);

int64_t usage_cpu_usec(const struct usage_record *usage); // user and system, or UNKNOWN

#endif
