// SPDX-License-Identifier: GPL-2.0-or-later
// What to ask for next time.
#include "lib/show/advice.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/show/table.h"
#include "lib/store/read_each.h"
#include "report/report.h"

static const struct table_column columns[] = {
    {"CLASS", "name", ALIGN_LEFT, FIT_NAME},
    {"JOBS", "jobs", ALIGN_RIGHT, FIT_KEEP},
    {"CPUS", "cpus_asked", ALIGN_RIGHT, FIT_KEEP},
    {"MEDIAN", "cpus_median", ALIGN_RIGHT, FIT_DROP},
    {"P95", "cpus_p95", ALIGN_RIGHT, FIT_DROP},
    {"MOST", "cpus_max", ALIGN_RIGHT, FIT_LATE},
    {"ADVICE", "cpus_advised", ALIGN_RIGHT, FIT_KEEP},
    {"MEM", "memory_asked_bytes", ALIGN_RIGHT, FIT_KEEP},
    {"MEDIAN", "memory_median_bytes", ALIGN_RIGHT, FIT_DROP},
    {"P95", "memory_p95_bytes", ALIGN_RIGHT, FIT_DROP},
    {"MOST", "memory_max_bytes", ALIGN_RIGHT, FIT_LATE},
    {"ADVICE", "memory_advised_bytes", ALIGN_RIGHT, FIT_KEEP},
    {"RUNTIME", "runtime_asked_s", ALIGN_RIGHT, FIT_KEEP},
    {"MEDIAN", "wall_median_s", ALIGN_RIGHT, FIT_DROP},
    {"P95", "wall_p95_s", ALIGN_RIGHT, FIT_DROP},
    {"MOST", "wall_max_s", ALIGN_RIGHT, FIT_LATE},
    {"ADVICE", "runtime_advised_s", ALIGN_RIGHT, FIT_KEEP},
};

static const double GIB_HOUR = 1024.0 * 1024 * 1024 * 3600e6;

struct context {
    struct table *table;
    double cpu_usec, memory_usec, cpu_then_usec, memory_then_usec; // held, and with the advice
    int64_t few, died;                                             // classes
};

static int row(void *pointer, const struct read_reply *reply, uint32_t index, struct error *err)
{
    struct context *context = pointer;
    struct table *table = context->table;
    const struct size_info *used = &reply->sizes[index];
    struct advice advice = advice_make(used);
    (void)err;
    table_text(table, COLOR_NONE, used->name);
    table_number(table, used->jobs);
    table_number(table, used->cpus);
    table_milli(table, used->cpus_half_milli);
    table_milli(table, used->cpus_high_milli);
    table_milli(table, used->cpus_most_milli);
    table_number(table, advice.cpus_why == ADVICE_MEASURED ? advice.cpus : UNKNOWN);
    table_bytes(table, used->memory_bytes);
    table_bytes(table, used->memory_half_bytes);
    table_bytes(table, used->memory_high_bytes);
    table_bytes(table, used->memory_most_bytes);
    table_bytes(table, advice.memory_why == ADVICE_MEASURED || advice.memory_why == ADVICE_CACHE
                           ? advice.memory_bytes
                           : UNKNOWN);
    table_duration(table, used->runtime_usec);
    table_duration(table, used->wall_half_usec);
    table_duration(table, used->wall_high_usec);
    table_duration(table, used->wall_most_usec);
    table_duration(table, advice.runtime_why == ADVICE_MEASURED ? advice.runtime_usec : UNKNOWN);
    if (used->wall_sum_usec > 0 && used->cpus > 0 && used->memory_bytes > 0) {
        double all = (double)used->wall_sum_usec * used->nodes;
        context->cpu_usec += all * used->cpus;
        context->cpu_then_usec += all * used->cpus - advice_saved_cpu(used, &advice);
        context->memory_usec += all * (double)used->memory_bytes;
        context->memory_then_usec +=
            all * (double)used->memory_bytes - advice_saved_memory(used, &advice);
    }
    context->few += used->jobs > 0 && used->jobs < ADVICE_JOBS;
    context->died += advice.memory_why == ADVICE_DIED || advice.runtime_why == ADVICE_DIED ||
                     advice.cpus_why == ADVICE_DIED;
    return 0;
}

static void explain(const struct report *report, const struct context *context)
{
    const struct screen *screen = report->screen;
    cleanup_free char *saved = xasprintf(
        "Jobs that completed held their CPUs for %.0f CPU seconds, and would have held them for "
        "%.0f; memory, for %.1f and %.1f GiB hours.",
        context->cpu_usec / 1e6, context->cpu_then_usec / 1e6, context->memory_usec / GIB_HOUR,
        context->memory_then_usec / GIB_HOUR);
    fputs("\n", screen->out);
    screen_wrap(screen, 0,
                "MEDIAN, P95 and MOST are of the jobs that completed. Advised are the most memory "
                "and time that one of them took and a quarter, and the CPUs that one used on "
                "average over its life and a tenth: one that is parallel for a moment only takes "
                "longer with fewer.");
    if (context->cpu_then_usec != context->cpu_usec ||
        context->memory_then_usec != context->memory_usec)
        screen_wrap(screen, 0, saved);
    if (context->few)
        screen_wrap(screen, 0, "Fewer than three jobs of a class tell too little.");
    if (context->died)
        screen_wrap(screen, 0,
                    "Where jobs ran out of memory or time less is not advised, whatever the others "
                    "used: torc restart --escalate.");
    cleanup_free char *how =
        xasprintf("To plan with it: torc-report --advice FILE %lld; torc-sbatch "
                  "--resources FILE; or torc-sbatch --learn",
                  (long long)report->workflow->id);
    screen_wrap(screen, 0, how);
}

int report_advice(struct report *report, struct error *err)
{
    struct read_request request = {.what = READ_SIZES, .workflow_id = report->workflow->id};
    struct context context = {.table = table_create(report->screen, report->style, columns,
                                                    sizeof columns / sizeof *columns)};
    int result = store_read_each(report->store, request, row, &context, err);
    table_destroy(context.table);
    if (!result && report->style == TABLE_PEOPLE)
        explain(report, &context);
    return result;
}

int report_write_advice(struct report *report, const char *path, struct error *err)
{
    json_t *document;
    if (advice_document(report->store, report->workflow->id, &document, err))
        return -1;
    size_t count = json_array_size(json_object_get(document, "resource_requirements"));
    cleanup_free char *text = json_dumps(document, JSON_INDENT(1));
    json_decref(document);
    FILE *file = fopen(path, "we");
    bool bad = !file || fprintf(file, "%s\n", text) < 0;
    if (file && fclose(file))
        bad = true;
    if (bad)
        return error_set(err, ERROR_USAGE, errno, "cannot write %s", path);
    printf("%s: %zu class%s; to plan with it: torc-sbatch --resources %s WORKFLOW\n", path, count,
           count == 1 ? "" : "es", path);
    return 0;
}
