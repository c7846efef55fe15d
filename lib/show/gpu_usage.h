// SPDX-License-Identifier: GPL-2.0-or-later
// What a job's list of GPUs (gpu_uses_json) comes to, for a line of a table.
#ifndef LIB_SHOW_GPU_USAGE_H
#define LIB_SHOW_GPU_USAGE_H

#include <stdint.h>

struct gpu_usage {             // each UNKNOWN where one of its devices has it not
    int64_t memory_bytes;      // of the device with the most
    int64_t utilization_milli; // the mean of all
    int64_t energy_j;          // the sum
};

// Text of a usage record or of a sample (then there is no energy), or NULL.
struct gpu_usage gpu_usage_sum(const char *json);

#endif
