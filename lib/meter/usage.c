// SPDX-License-Identifier: GPL-2.0-or-later
// Sums of usage records.
#include "lib/meter/usage.h"

#include <stddef.h>
#include <string.h>

static const size_t summed[] = {
    offsetof(struct usage_record, cpu_user_usec),  offsetof(struct usage_record, cpu_system_usec),
    offsetof(struct usage_record, throttled_usec), offsetof(struct usage_record, io_read_bytes),
    offsetof(struct usage_record, io_write_bytes), offsetof(struct usage_record, oom_kills),
    offsetof(struct usage_record, processes_peak),
};
static const size_t per_node[] = {
    offsetof(struct usage_record, memory_peak_bytes),
    offsetof(struct usage_record, memory_anon_bytes),
    offsetof(struct usage_record, memory_anon_low_bytes),
    offsetof(struct usage_record, memory_anon_high_bytes),
    offsetof(struct usage_record, memory_limit_bytes),
    offsetof(struct usage_record, swap_peak_bytes),
};

static int64_t *field(struct usage_record *usage, size_t offset)
{
    return (int64_t *)(void *)((char *)usage + offset);
}

static int64_t value(const struct usage_record *usage, size_t offset)
{
    return *(const int64_t *)(const void *)((const char *)usage + offset);
}

static void add(int64_t *to, int64_t number)
{
    *to = *to < 0 || number < 0 ? UNKNOWN : *to + number;
}

static bool counts(const struct usage_record *usage, bool steps_only)
{
    return !steps_only || usage->source == SOURCE_SPANK;
}

static bool same_node(const struct usage_record *a, const struct usage_record *b)
{
    return a->node && b->node ? !strcmp(a->node, b->node) : a->node == b->node;
}

// Adds what the node of record `first` used; nothing when an earlier record is of the same node.
static void add_node(const struct attempt_end *end, uint32_t first, bool steps_only,
                     struct usage_record *total)
{
    const struct usage_record *usages = end->usages;
    for (uint32_t i = 0; i < first; i++)
        if (counts(&usages[i], steps_only) && same_node(&usages[i], &usages[first]))
            return;
    for (size_t f = 0; f < sizeof per_node / sizeof *per_node; f++) {
        int64_t sum = 0, *most = field(total, per_node[f]);
        for (uint32_t i = first; i < end->usages_count; i++)
            if (counts(&usages[i], steps_only) && same_node(&usages[i], &usages[first]))
                add(&sum, value(&usages[i], per_node[f]));
        if (sum < 0 || *most < 0)
            *most = UNKNOWN;
        else if (sum > *most)
            *most = sum;
    }
}

bool usage_total(const struct attempt_end *end, bool srun_step, struct usage_record *total)
{
    bool steps_only = false;
    usage_record_init(total);
    if (!end->usages_count)
        return false;
    for (uint32_t i = 0; srun_step && i < end->usages_count; i++)
        steps_only |= end->usages[i].source == SOURCE_SPANK;
    for (size_t f = 0; f < sizeof summed / sizeof *summed; f++)
        *field(total, summed[f]) = 0;
    for (size_t f = 0; f < sizeof per_node / sizeof *per_node; f++)
        *field(total, per_node[f]) = 0;
    for (uint32_t i = 0; i < end->usages_count; i++) {
        const struct usage_record *usage = &end->usages[i];
        if (!total->gpus) // those of srun's own are of its steps, too
            total->gpus = usage->gpus;
        if (!counts(usage, steps_only))
            continue;
        for (size_t f = 0; f < sizeof summed / sizeof *summed; f++)
            add(field(total, summed[f]), value(usage, summed[f]));
        add_node(end, i, steps_only, total);
        if (!total->source || !usage->step) { // of several sources, the one of the job itself
            total->source = usage->source;
            total->node = usage->node;
        }
    }
    return true;
}

int64_t usage_cpu_usec(const struct usage_record *usage)
{
    return usage->cpu_user_usec < 0 || usage->cpu_system_usec < 0
               ? UNKNOWN
               : usage->cpu_user_usec + usage->cpu_system_usec;
}
