// SPDX-License-Identifier: GPL-2.0-or-later
// What is known of the GPUs of this node, what a job did on each of them, and how that is written
// down. Pure; who asks the devices is gpu_source.h, when is gpu_watch.h.
#ifndef LIB_METER_GPU_H
#define LIB_METER_GPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/base/record.h"

enum { GPU_TEXT = 96, GPU_DEVICES = 64 };

struct gpu_device {
    char uuid[GPU_TEXT], name[GPU_TEXT];
    int32_t index; // on the node, also when others of it may not be used
    bool part;     // an instance of MIG
};

// Which devices the runner's ids mean: as CUDA_VISIBLE_DEVICES has them, numbers of the node or
// UUIDs (or how one begins). renumbered: Slurm counts the devices that can be seen here alone.
// devices[i] is a place in `known`, or UNKNOWN.
void gpu_find_devices(char *const *ids, int count, bool renumbered, const struct gpu_device *known,
                      int known_count, int32_t *devices);

// Does one list of comma-separated numbers count what the other one names? The first is what a task
// is told, the second the numbers on the node (SLURM_STEP_GPUS); either may be NULL.
bool gpu_is_renumbered(const char *told, const char *numbers);

// What one job did on one device so far. An all-zero one is empty.
struct gpu_use {
    bool given, used;
    bool not_given; // used, although it is not one of the job's
    bool shared;    // somebody else was on it, or had it, too
    int64_t looks;  // at its processes
    int32_t processes, processes_peak;
    bool memory_unknown; // of one of its processes at least
    int64_t memory_bytes, memory_peak_bytes;
    int32_t percent, percent_max;     // of the whole device; percent: now, or UNKNOWN
    int64_t percent_usec, known_usec; // percent by how long, and the sum of the latter
    int32_t samples, sample_max;      // of its processes
    int64_t sample_sum;
    bool energy_known;
    int64_t energy_first_mj, energy_last_mj;
};

// One look at a device, as far as it concerns one job.
struct gpu_look {
    int64_t since_usec; // how long it stands for
    bool young;         // what the device says of itself is of the time before the job
    bool shared;
    int32_t percent;   // of the device; UNKNOWN
    int32_t processes; // of the job on it; UNKNOWN
    int64_t bytes;     // of these; UNKNOWN
    int64_t energy_mj; // the device's counter; UNKNOWN: not read
};
void gpu_use_look(struct gpu_use *use, const struct gpu_look *look);
// Its processes kept the device busy for so much of the last moments.
void gpu_use_sample(struct gpu_use *use, int32_t percent);

// A list in JSON of what was given or used, one element a device, by its place in `known`; NULL:
// there is none. The caller's to free.
char *gpu_uses_json(const struct gpu_use *uses, const struct gpu_device *known, int count);
// The same of now, for a time series: memory, and how busy it is.
char *gpu_uses_now_json(const struct gpu_use *uses, const struct gpu_device *known, int count);

#endif
