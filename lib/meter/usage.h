// SPDX-License-Identifier: GPL-2.0-or-later
// What an attempt used in all, from its usage records (one per node, and one per task of its Slurm
// steps).
#ifndef LIB_METER_USAGE_H
#define LIB_METER_USAGE_H

#include "lib/base/record.h"

// Fills `total`: CPU, I/O and OOM kills are sums over all records; memory is of the node that used
// most (what is asked for is asked per node, too). Nobody measures the job's own processes and the
// tasks of its steps together, so the peaks of those that there were at the same time are added up:
// no more was in use, and no less than usage_peak_low says. A number
// that one record does not know is UNKNOWN. Of a job that ran as a Slurm step (srun_step) only the
// records of steps count, if there are any: the rest is srun's own use. Returns false, and
// everything UNKNOWN, when there is no record.
bool usage_total(const struct attempt_end *end, bool srun_step, struct usage_record *total);

// The largest peak of one record; of a job that has one on each node it is the peak. Or UNKNOWN.
int64_t usage_peak_low(const struct attempt_end *end, bool srun_step);

int64_t usage_cpu_usec(const struct usage_record *usage); // user and system, or UNKNOWN

#endif
