// SPDX-License-Identifier: GPL-2.0-or-later
// Sums over lists of GPUs.
#include "lib/show/gpu_usage.h"

#include <jansson.h>
#include <stdbool.h>

#include "lib/base/record.h"

// Of two names the one that is there.
static json_t *get(const json_t *gpu, const char *name, const char *other)
{
    json_t *value = json_object_get(gpu, name);
    return value ? value : json_object_get(gpu, other);
}

struct gpu_usage gpu_usage_sum(const char *json)
{
    struct gpu_usage sum = {UNKNOWN, UNKNOWN, UNKNOWN};
    json_t *list = json ? json_loads(json, 0, NULL) : NULL, *gpu;
    bool memory = json_array_size(list) > 0, busy = memory, energy = memory;
    double most = 0, utilization = 0, joule = 0;
    size_t i;
    json_array_foreach(list, i, gpu) {
        json_t *bytes = get(gpu, "memory_peak_bytes", "memory_bytes"),
               *rate = get(gpu, "utilization_mean", "utilization"),
               *used = json_object_get(gpu, "energy_j");
        memory &= json_is_number(bytes);
        busy &= json_is_number(rate);
        energy &= json_is_number(used);
        most = json_number_value(bytes) > most ? json_number_value(bytes) : most;
        utilization += json_number_value(rate);
        joule += json_number_value(used);
    }
    if (memory && most < 0x1p62)
        sum.memory_bytes = (int64_t)most;
    if (busy && utilization < 1e6)
        sum.utilization_milli = (int64_t)(utilization * 1000 / (double)i + 0.5);
    if (energy && joule < 0x1p62)
        sum.energy_j = (int64_t)(joule + 0.5);
    json_decref(list);
    return sum;
}
