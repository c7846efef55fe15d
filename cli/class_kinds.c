// SPDX-License-Identifier: GPL-2.0-or-later
// A program that makes workflows gives every job figures of its own: 200 classes, whose names tell
// nobody anything.
#include "cli/class_kinds.h"

#include <stdio.h>
#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/plan/pool.h"
#include "lib/show/format.h"
#include "lib/show/table.h"

static const struct table_column class_columns[] = {
    {"CLASS", "class", ALIGN_LEFT, FIT_NAME},
    {"JOBS", "jobs", ALIGN_RIGHT, FIT_KEEP},
    {"CPUS", "cpus", ALIGN_RIGHT, FIT_KEEP},
    {"MEMORY", "memory_bytes", ALIGN_RIGHT, FIT_KEEP},
    {"GPUS", "gpus", ALIGN_RIGHT, FIT_KEEP},
    {"NODES", "nodes", ALIGN_RIGHT, FIT_KEEP},
    {"RUNTIME", "runtime_s", ALIGN_RIGHT, FIT_KEEP},
    {"SCHEDULER", "scheduler", ALIGN_LEFT, FIT_DROP},
};

void class_kinds_make(struct class_kinds *kinds, const struct workflow *workflow, bool each)
{
    enum { CLASSES_SHOWN = 12 };
    size_t count = workflow->classes_count;
    const struct class_row *classes = workflow->classes;
    *kinds = (struct class_kinds){xcalloc(count + 1, sizeof *kinds->of),
                                  xcalloc(count + 1, sizeof *kinds->size)};
    for (size_t c = 0; c < count; c++) {
        size_t first = each || count <= CLASSES_SHOWN ? c : 0;
        while (first < c && (!kinds->size[first] || !pool_rows_alike(&classes[first], &classes[c])))
            first++;
        kinds->of[c] = (int32_t)first;
        kinds->size[first]++;
    }
}

void class_kinds_fini(struct class_kinds *kinds)
{
    free(kinds->of);
    free(kinds->size);
    *kinds = (struct class_kinds){0};
}

char *class_kinds_name(const struct class_kinds *kinds, const struct workflow *workflow,
                       int32_t class)
{
    size_t kind = (size_t)kinds->of[class];
    return kinds->size[kind] > 1 ? xasprintf("%zu classes", kinds->size[kind])
                                 : xstrdup(workflow->classes[kind].name);
}

struct range {
    int64_t low, high;
};

static void widen(struct range *range, int64_t value, bool first)
{
    range->low = first || value < range->low ? value : range->low;
    range->high = first || value > range->high ? value : range->high;
}

// "1-3", "100m-700m"
static void put_range(struct table *table, struct range range,
                      char *(*format)(char buffer[static FORMAT_SIZE], int64_t value))
{
    char low[FORMAT_SIZE], high[FORMAT_SIZE];
    cleanup_free char *text = xasprintf("%s-%s", format(low, range.low), format(high, range.high));
    table_text(table, COLOR_NONE, range.low == range.high ? low : text);
}

static char *format_count(char buffer[static FORMAT_SIZE], int64_t value)
{
    snprintf(buffer, FORMAT_SIZE, "%lld", (long long)value);
    return buffer;
}

static void put_kind(struct table *table, const struct class_kinds *kinds, const struct workflow *w,
                     int32_t kind, int64_t jobs)
{
    struct range cpus = {0}, memory = {0}, gpus = {0}, runtime = {0};
    cleanup_free char *name = class_kinds_name(kinds, w, kind);
    for (size_t c = (size_t)kind; c < w->classes_count; c++) {
        const struct class_row *class = &w->classes[c];
        bool first = c == (size_t)kind;
        if (kinds->of[c] != kind)
            continue;
        widen(&cpus, class->cpus, first);
        widen(&memory, class->memory_bytes, first);
        widen(&gpus, class->gpus_milli, first);
        widen(&runtime, class->runtime_usec, first);
    }
    table_text(table, COLOR_BOLD, name);
    table_number(table, jobs);
    put_range(table, cpus, format_count);
    put_range(table, memory, format_bytes);
    put_range(table, gpus, format_milli);
    table_number(table, w->classes[kind].nodes);
    put_range(table, runtime, format_duration);
    table_text(table, COLOR_NONE, w->classes[kind].scheduler);
}

void class_kinds_show(const struct class_kinds *kinds, const struct workflow *workflow,
                      const struct screen *screen)
{
    struct table *table = table_create(screen, TABLE_PEOPLE, class_columns,
                                       sizeof class_columns / sizeof *class_columns);
    cleanup_free int64_t *jobs = xcalloc(workflow->classes_count + 1, sizeof *jobs);
    for (size_t j = 0; j < workflow->jobs_count; j++)
        if (workflow->jobs[j].class_index >= 0)
            jobs[kinds->of[workflow->jobs[j].class_index]]++;
    for (size_t k = 0; k < workflow->classes_count; k++)
        if (kinds->size[k])
            put_kind(table, kinds, workflow, (int32_t)k, jobs[k]);
    table_destroy(table);
}
