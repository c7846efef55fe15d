// SPDX-License-Identifier: GPL-2.0-or-later
// Who tells of GPUs: a struct of functions for the library of a vendor, or the files of a driver.
// Any of them may take long, or never come back: the thread of gpu_watch.c alone calls them.
#ifndef LIB_METER_GPU_SOURCE_H
#define LIB_METER_GPU_SOURCE_H

#include "lib/meter/gpu.h"

enum { GPU_PROCESSES = 256 }; // of one device

struct gpu_process { // a process may be there more than once
    pid_t pid;
    int64_t bytes; // of device memory; UNKNOWN
};
struct gpu_sample { // of a process that kept the device busy
    pid_t pid;
    int32_t percent;
};

struct gpu_source {
    bool by_uuid; // CUDA_VISIBLE_DEVICES and its like take the UUIDs
    // Finds the devices that may be used. NULL: there are none of this kind.
    void *(*open)(struct gpu_device devices[GPU_DEVICES], int *count);
    void (*close)(void *data);
    // its processes, up to GPU_PROCESSES; their number or UNKNOWN
    int (*processes)(void *data, int device, struct gpu_process *list);
    int32_t (*percent)(void *data, int device);   // how busy it is; UNKNOWN
    int64_t (*energy_mj)(void *data, int device); // a counter; UNKNOWN
    // Of the time since *since, which it sets to now; their number, or UNKNOWN.
    int (*samples)(void *data, int device, uint64_t *since, struct gpu_sample *list);
};
extern const struct gpu_source gpu_nvml, gpu_amd;

#endif
