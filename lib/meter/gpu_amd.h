// SPDX-License-Identifier: GPL-2.0-or-later
// AMD's GPUs, as the kernel's driver (amdgpu with KFD) shows them in /sys/class.
#ifndef LIB_METER_GPU_AMD_H
#define LIB_METER_GPU_AMD_H

#include "lib/meter/gpu_source.h"

// The source's open, in a folder like /sys/class, which it takes (tests pass one of files).
void *gpu_amd_open(int sys, struct gpu_device devices[GPU_DEVICES], int *count);

#endif
