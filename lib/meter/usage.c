// SPDX-License-Identifier: GPL-2.0-or-later
// Sums of usage records.
#include "lib/meter/usage.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"

static const size_t summed[] = {
    offsetof(struct usage_record, cpu_user_usec),  offsetof(struct usage_record, cpu_system_usec),
    offsetof(struct usage_record, throttled_usec), offsetof(struct usage_record, io_read_bytes),
    offsetof(struct usage_record, io_write_bytes), offsetof(struct usage_record, oom_kills),
    offsetof(struct usage_record, processes_peak),
};
static const size_t per_node[] = {
    offsetof(struct usage_record, memory_peak_bytes),
    offsetof(struct usage_record, memory_anon_bytes),
    offsetof(struct usage_record, memory_anon_high_bytes),
    offsetof(struct usage_record, swap_peak_bytes),
};

static const size_t largest[] = {
    offsetof(struct usage_record, memory_anon_low_bytes), // at least so much
    offsetof(struct usage_record, memory_limit_bytes),    // of those that have one
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

struct change { // a record comes or goes
    int64_t time_usec, value;
};

// Who goes makes room for who comes at the same time.
static int compare(const void *a, const void *b)
{
    const struct change *x = a, *y = b;
    return x->time_usec != y->time_usec ? (x->time_usec > y->time_usec ? 1 : -1)
                                        : (x->value > y->value) - (x->value < y->value);
}

// The most that a field can have been on a node at one time, from the peaks of records and when
// they were there.
static int64_t most_at_once(const struct usage_record *usages, const uint32_t *of_node,
                            uint32_t count, size_t offset, struct change *changes)
{
    int64_t always = 0, now = 0, most = 0;
    size_t changed = 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct usage_record *usage = &usages[of_node[i]];
        int64_t number = value(usage, offset);
        if (number < 0)
            return UNKNOWN;
        if (!usage->start_usec || usage->end_usec <= usage->start_usec) {
            always += number;
            continue;
        }
        changes[changed++] = (struct change){usage->start_usec, number};
        changes[changed++] = (struct change){usage->end_usec, -number};
    }
    qsort(changes, changed, sizeof *changes, compare);
    for (size_t i = 0; i < changed; i++)
        if ((now += changes[i].value) > most)
            most = now;
    return always + most;
}

// Adds what the node of record `first` used; nothing when an earlier record is of the same node.
static void add_node(const struct attempt_end *end, uint32_t first, bool steps_only,
                     struct usage_record *total)
{
    const struct usage_record *usages = end->usages;
    uint32_t count = 0;
    for (uint32_t i = 0; i < first; i++)
        if (counts(&usages[i], steps_only) && same_node(&usages[i], &usages[first]))
            return;
    cleanup_free uint32_t *of_node = xcalloc(end->usages_count, sizeof *of_node);
    cleanup_free struct change *changes = xcalloc(2 * (size_t)end->usages_count, sizeof *changes);
    for (uint32_t i = first; i < end->usages_count; i++)
        if (counts(&usages[i], steps_only) && same_node(&usages[i], &usages[first]))
            of_node[count++] = i;
    for (size_t f = 0; f < sizeof per_node / sizeof *per_node; f++) {
        int64_t *most = field(total, per_node[f]);
        int64_t sum = most_at_once(usages, of_node, count, per_node[f], changes);
        if (sum < 0 || *most < 0)
            *most = UNKNOWN;
        else if (sum > *most)
            *most = sum;
    }
}

// Do only the records of steps count?
static bool is_of_steps(const struct attempt_end *end, bool srun_step)
{
    for (uint32_t i = 0; srun_step && i < end->usages_count; i++)
        if (end->usages[i].source == SOURCE_SPANK)
            return true;
    return false;
}

bool usage_total(const struct attempt_end *end, bool srun_step, struct usage_record *total)
{
    bool steps_only = is_of_steps(end, srun_step);
    usage_record_init(total);
    if (!end->usages_count)
        return false;
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
        for (size_t f = 0; f < sizeof largest / sizeof *largest; f++)
            if (value(usage, largest[f]) > value(total, largest[f]))
                *field(total, largest[f]) = value(usage, largest[f]);
        if (!total->source || !usage->step) { // of several sources, the one of the job itself
            total->source = usage->source;
            total->node = usage->node;
        }
    }
    return true;
}

int64_t usage_peak_low(const struct attempt_end *end, bool srun_step)
{
    bool steps_only = is_of_steps(end, srun_step);
    int64_t most = UNKNOWN;
    for (uint32_t i = 0; i < end->usages_count; i++) {
        const struct usage_record *usage = &end->usages[i];
        if (!counts(usage, steps_only))
            continue;
        if (usage->memory_peak_bytes < 0)
            return UNKNOWN;
        if (usage->memory_peak_bytes > most)
            most = usage->memory_peak_bytes;
    }
    return most;
}

int64_t usage_cpu_usec(const struct usage_record *usage)
{
    return usage->cpu_user_usec < 0 || usage->cpu_system_usec < 0
               ? UNKNOWN
               : usage->cpu_user_usec + usage->cpu_system_usec;
}
