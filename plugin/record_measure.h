// SPDX-License-Identifier: GPL-2.0-or-later
// Reads the counters of one cgroup.
#ifndef PLUGIN_RECORD_MEASURE_H
#define PLUGIN_RECORD_MEASURE_H

#include "lib/meter/step_record.h"

// Fill the values that the cgroup of a task has; the others are left as they are. Paths are of
// folders, "" = not there.
void record_measure_v1(const char *memory, const char *cpuacct, int64_t value[STEP_VALUES]);
void record_measure_v2(const char *path, int64_t value[STEP_VALUES]);

#endif
