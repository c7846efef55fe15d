// SPDX-License-Identifier: GPL-2.0-or-later
// Names of GPUs, and sums of what was seen on them.
#include "lib/meter/gpu.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/comma_list.h"

// The number that the text is, or UNKNOWN.
static int32_t read_number(const char *text, size_t length)
{
    char *end;
    char digits[8] = "";
    if (!length || length >= sizeof digits)
        return UNKNOWN;
    memcpy(digits, text, length);
    long number = strtol(digits, &end, 10);
    return *end || number < 0 ? UNKNOWN : (int32_t)number;
}

// CUDA takes the beginning of a UUID, if it is that of one device.
static int32_t find_by_name(const char *id, const struct gpu_device *known, int count)
{
    int32_t found = UNKNOWN;
    for (int i = 0; i < count; i++) {
        if (!strcmp(known[i].uuid, id))
            return i;
        if (!strncmp(known[i].uuid, id, strlen(id)))
            found = found == UNKNOWN ? i : -2;
    }
    return found < 0 ? UNKNOWN : found;
}

static int32_t find_by_index(int32_t index, const struct gpu_device *known, int count)
{
    int32_t found = UNKNOWN;
    for (int i = 0; i < count; i++)
        if (known[i].index == index) {
            if (known[i].part)
                return UNKNOWN; // which of its instances?
            found = i;
        }
    return found;
}

void gpu_find_devices(char *const *ids, int count, bool renumbered, const struct gpu_device *known,
                      int known_count, int32_t *devices)
{
    for (int i = 0; i < count; i++) {
        int32_t number = read_number(ids[i], strlen(ids[i]));
        devices[i] = number < 0   ? find_by_name(ids[i], known, known_count)
                     : renumbered ? number < known_count ? number : UNKNOWN
                                  : find_by_index(number, known, known_count);
    }
}

bool gpu_is_renumbered(const char *told, const char *numbers)
{
    struct comma_item a, b;
    while (comma_list_next(&told, &a) && comma_list_next(&numbers, &b)) {
        int32_t one = read_number(a.text, a.length), other = read_number(b.text, b.length);
        if (one >= 0 && other >= 0 && one != other)
            return true;
    }
    return false;
}

static void look_at_processes(struct gpu_use *use, const struct gpu_look *look)
{
    if (look->processes < 0)
        return;
    use->looks++;
    use->used |= look->processes > 0;
    use->not_given |= look->processes > 0 && !use->given;
    use->processes = look->processes;
    if (use->processes_peak < look->processes)
        use->processes_peak = look->processes;
    use->memory_bytes = look->bytes;
    use->memory_unknown |= look->bytes < 0;
    if (use->memory_peak_bytes < look->bytes)
        use->memory_peak_bytes = look->bytes;
}

void gpu_use_look(struct gpu_use *use, const struct gpu_look *look)
{
    use->shared |= look->shared;
    look_at_processes(use, look);
    use->percent = look->percent;
    if (look->percent >= 0 && !look->young) {
        int64_t usec = look->since_usec > 0 ? look->since_usec : 1;
        use->percent_usec += look->percent * usec;
        use->known_usec += usec;
        if (use->percent_max < look->percent)
            use->percent_max = look->percent;
    }
    if (look->energy_mj < 0)
        return;
    if (!use->energy_known)
        use->energy_first_mj = look->energy_mj;
    use->energy_known = true;
    use->energy_last_mj = look->energy_mj;
}

void gpu_use_sample(struct gpu_use *use, int32_t percent)
{
    percent = percent > 100 ? 100 : percent < 0 ? 0 : percent;
    use->samples++;
    use->sample_sum += percent;
    if (use->sample_max < percent)
        use->sample_max = percent;
}

static json_t *fraction(double part, double whole)
{
    return whole > 0 ? json_real(part / whole) : json_null();
}

static json_t *bytes_or_null(const struct gpu_use *use, int64_t bytes)
{
    return use->looks && !use->memory_unknown && bytes >= 0 ? json_integer(bytes) : json_null();
}

// Of the device where it was the job's alone, else of the job's processes.
static void put_utilization(json_t *object, const struct gpu_use *use)
{
    bool alone = !use->shared && use->known_usec, samples = use->shared && use->samples;
    double mean = alone ? (double)use->percent_usec : (double)use->sample_sum,
           over = alone     ? 100.0 * (double)use->known_usec
                  : samples ? 100.0 * use->samples
                            : 0;
    json_object_set_new(object, "utilization_mean", fraction(mean, over));
    json_object_set_new(object, "utilization_max",
                        fraction(alone ? use->percent_max : use->sample_max, over > 0 ? 100 : 0));
    json_object_set_new(object, "utilization_of",
                        alone     ? json_string("device")
                        : samples ? json_string("processes")
                                  : json_null());
    json_object_set_new(object, "samples", samples ? json_integer(use->samples) : json_null());
}

static json_t *use_json(const struct gpu_use *use, const struct gpu_device *device)
{
    json_t *object = json_object();
    int64_t energy_mj = use->energy_last_mj - use->energy_first_mj;
    bool energy = use->energy_known && use->given && !use->shared && energy_mj > 0;
    json_object_set_new(object, "uuid", json_string(device->uuid));
    json_object_set_new(object, "index", json_integer(device->index));
    json_object_set_new(object, "name", json_string(device->name));
    json_object_set_new(object, "given", json_boolean(use->given));
    json_object_set_new(object, "shared", json_boolean(use->shared));
    json_object_set_new(object, "processes_peak",
                        use->looks ? json_integer(use->processes_peak) : json_null());
    json_object_set_new(object, "memory_peak_bytes", bytes_or_null(use, use->memory_peak_bytes));
    put_utilization(object, use);
    json_object_set_new(object, "energy_j",
                        energy ? json_real((double)energy_mj / 1000) : json_null());
    return object;
}

static json_t *now_json(const struct gpu_use *use, const struct gpu_device *device)
{
    json_t *object = json_object();
    json_object_set_new(object, "uuid", json_string(device->uuid));
    json_object_set_new(object, "memory_bytes", bytes_or_null(use, use->memory_bytes));
    json_object_set_new(object, "utilization",
                        use->shared || use->percent < 0 || !use->looks
                            ? json_null()
                            : json_real((double)use->percent / 100));
    return object;
}

static char *write_list(const struct gpu_use *uses, const struct gpu_device *known, int count,
                        json_t *write(const struct gpu_use *, const struct gpu_device *))
{
    json_t *list = json_array();
    for (int i = 0; i < count; i++)
        if (uses[i].given || uses[i].used)
            json_array_append_new(list, write(&uses[i], &known[i]));
    char *text =
        json_array_size(list) ? json_dumps(list, JSON_COMPACT | JSON_REAL_PRECISION(6)) : NULL;
    json_decref(list);
    return text;
}

char *gpu_uses_json(const struct gpu_use *uses, const struct gpu_device *known, int count)
{
    return write_list(uses, known, count, use_json);
}

char *gpu_uses_now_json(const struct gpu_use *uses, const struct gpu_device *known, int count)
{
    return write_list(uses, known, count, now_json);
}
