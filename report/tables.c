// SPDX-License-Identifier: GPL-2.0-or-later
// The reports that are one table: of jobs, of classes, allocations, events and data.
#include <stdio.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/show/action.h"
#include "lib/show/gpu_usage.h"
#include "lib/show/job_table.h"
#include "lib/show/node_time.h"
#include "lib/show/target.h"
#include "lib/store/read_each.h"
#include "report/report.h"

static const struct table_column class_columns[] = {
    {"CLASS", "name", ALIGN_LEFT, FIT_NAME},
    {"JOBS", "jobs", ALIGN_RIGHT, FIT_KEEP},
    {"CPUS", "cpus_asked", ALIGN_RIGHT, FIT_LATE},
    {"CPU", "cpu_s", ALIGN_RIGHT, FIT_DROP},
    {"EFF", "cpu_efficiency", ALIGN_RIGHT, FIT_KEEP},
    {"MEM", "memory_asked_bytes", ALIGN_RIGHT, FIT_KEEP},
    {"PEAK", "memory_peak_bytes", ALIGN_RIGHT, FIT_KEEP},
    {"ANON", "memory_anon_bytes", ALIGN_RIGHT, FIT_DROP},
    {"OF MEM", "memory_used_fraction", ALIGN_RIGHT, FIT_LATE},
    {"RUNTIME", "runtime_asked_s", ALIGN_RIGHT, FIT_LATE},
    {"LONGEST", "wall_max_s", ALIGN_RIGHT, FIT_KEEP},
    {"MEAN", "wall_mean_s", ALIGN_RIGHT, FIT_DROP},
};

static const struct table_column allocation_columns[] = {
    {"SLURM", "slurm_job_id", ALIGN_RIGHT, FIT_KEEP},
    {"TASK", "array_task_id", ALIGN_RIGHT, FIT_DROP},
    {"STATE", "state", ALIGN_LEFT, FIT_KEEP},
    {"PARTITION", "partition", ALIGN_LEFT, FIT_SHRINK},
    {"NODES", "node_list", ALIGN_LEFT, FIT_SHRINK},
    {"CPUS", "cpus", ALIGN_RIGHT, FIT_LATE},
    {"MEM", "memory_bytes", ALIGN_RIGHT, FIT_DROP},
    {"START", "start", ALIGN_LEFT, FIT_LATE},
    {"HELD", "held_s", ALIGN_RIGHT, FIT_KEEP},
    {"ASKED", "walltime_s", ALIGN_RIGHT, FIT_LATE},
    {"JOBS", "jobs_run", ALIGN_RIGHT, FIT_KEEP},
    // of the CPU time that was held
    {"CPU TIME", "held_cpu_s", ALIGN_RIGHT, FIT_DROP},
    {"USED", "used_fraction", ALIGN_RIGHT, FIT_KEEP},
    {"RUN", "running_fraction", ALIGN_RIGHT, FIT_DROP},
    {"LOST", "lost_fraction", ALIGN_RIGHT, FIT_LATE},
    {"IDLE", "waited_fraction", ALIGN_RIGHT, FIT_LATE},
    {"UNFIT", "unfit_fraction", ALIGN_RIGHT, FIT_DROP},
    {"STARTUP", "startup_fraction", ALIGN_RIGHT, FIT_DROP},
    {"DRAIN", "drain_fraction", ALIGN_RIGHT, FIT_DROP},
    {"UNKNOWN", "unknown_fraction", ALIGN_RIGHT, FIT_DROP},
};
// their order
static const enum node_time_part time_columns[] = {TIME_USED,   TIME_RUNNING, TIME_LOST,
                                                   TIME_WAITED, TIME_UNFIT,   TIME_STARTUP,
                                                   TIME_DRAIN,  TIME_UNKNOWN};

static const struct table_column event_columns[] = {
    {"TIME", "time", ALIGN_LEFT, FIT_KEEP},   {"EVENT", "kind", ALIGN_LEFT, FIT_KEEP},
    {"JOB", "job", ALIGN_LEFT, FIT_SHRINK},   {"RUNNER", "runner", ALIGN_RIGHT, FIT_DROP},
    {"DATA", "data", ALIGN_LEFT, FIT_SHRINK},
};

static const struct table_column data_columns[] = {
    {"NAME", "name", ALIGN_LEFT, FIT_SHRINK},
    {"EPHEMERAL", "ephemeral", ALIGN_LEFT, FIT_DROP},
    {"VALUE", "data", ALIGN_LEFT, FIT_SHRINK},
};

static const struct table_column sample_columns[] = {
    {"TIME", "time", ALIGN_LEFT, FIT_KEEP},
    {"JOB", "job", ALIGN_LEFT, FIT_SHRINK},
    {"RUN", "run_id", ALIGN_RIGHT, FIT_DROP},
    {"ATTEMPT", "attempt_id", ALIGN_RIGHT, FIT_DROP},
    {"NODE", "node", ALIGN_LEFT, FIT_LATE},
    {"CPU", "cpu_s", ALIGN_RIGHT, FIT_KEEP},
    {"MEM", "memory_bytes", ALIGN_RIGHT, FIT_KEEP},
    {"GPU USE", "gpu_utilization", ALIGN_RIGHT, FIT_LATE}, // from here on: GPU_COLUMNS
    {"GPU MEM", "gpu_memory_bytes", ALIGN_RIGHT, FIT_LATE},
};
enum { GPU_COLUMNS = 2 }; // left out where no job asks for GPUs

struct context {
    const struct report *report;
    struct table *table;
    char *reason; // the last one that was written
    struct node_times times;
    size_t rows;
    bool gpus;
};

static int class_row(void *pointer, const struct read_reply *reply, uint32_t index,
                     struct error *err)
{
    struct context *context = pointer;
    struct table *table = context->table;
    const struct class_info *class = &reply->classes[index];
    bool any = class->attempts > 0;
    int64_t cpu = any ? class->cpu_sum_usec : UNKNOWN,
            peak = any ? class->memory_peak_max_bytes : UNKNOWN;
    (void)err;
    context->rows++;
    if (context->report->rows_most && context->rows > context->report->rows_most)
        return 0;
    table_text(table, COLOR_NONE, class->name);
    table_number(table, class->jobs);
    table_number(table, class->cpus);
    table_duration(table, cpu);
    table_percent(table, cpu, job_table_held_usec(class, class->wall_sum_usec));
    table_bytes(table, class->memory_bytes);
    table_bytes(table, peak);
    table_bytes(table, any ? class->memory_anon_max_bytes : UNKNOWN);
    table_percent(table, peak, class->memory_bytes);
    table_duration(table, class->runtime_usec);
    table_duration(table, any ? class->wall_max_usec : UNKNOWN);
    table_duration(table, any && class->wall_sum_usec >= 0 ? class->wall_sum_usec / class->attempts
                                                           : UNKNOWN);
    return 0;
}

static int allocation_row(void *pointer, const struct read_reply *reply, uint32_t index,
                          struct error *err)
{
    struct context *context = pointer;
    struct table *table = context->table;
    const struct allocation_info *allocation = &reply->allocations[index];
    int64_t end = allocation->end_usec ? allocation->end_usec : context->report->now_usec;
    bool refused = allocation->error && !allocation->slurm_job_id,
         people = context->report->style == TABLE_PEOPLE;
    (void)err;
    table_number(table, allocation->slurm_job_id ? allocation->slurm_job_id : UNKNOWN);
    table_number(table, allocation->array_task_id);
    table_text(table, refused ? COLOR_RED : COLOR_NONE,
               refused ? "refused" : allocation_state_names[allocation->state]);
    table_text(table, COLOR_NONE, allocation->partition);
    table_text(table, COLOR_NONE, refused && !people ? allocation->error : allocation->node_list);
    table_number(table, allocation->cpus);
    table_bytes(table, allocation->memory_bytes);
    table_time(table, allocation->start_usec, context->report->now_usec);
    table_duration(table, allocation->start_usec ? end - allocation->start_usec : UNKNOWN);
    table_duration(table, allocation->walltime_usec);
    table_number(table, allocation->jobs_run);
    struct node_time time = node_times_of(&context->times, allocation);
    table_duration(table, time.held_usec);
    for (size_t i = 0; i < sizeof time_columns / sizeof *time_columns; i++)
        table_percent(table, time.parts[time_columns[i]], time.held_usec);
    return 0;
}

static int event_row(void *pointer, const struct read_reply *reply, uint32_t index,
                     struct error *err)
{
    struct context *context = pointer;
    const struct event_info *event = &reply->events[index];
    (void)err;
    table_time(context->table, event->time_usec, context->report->now_usec);
    table_text(context->table, COLOR_NONE, event->name ? event->name : event->kind);
    table_text(context->table, COLOR_NONE, event->job_name);
    table_number(context->table, event->runner_id ? event->runner_id : UNKNOWN);
    table_text(context->table, COLOR_NONE, event->data);
    return 0;
}

static int data_row(void *pointer, const struct read_reply *reply, uint32_t index,
                    struct error *err)
{
    struct context *context = pointer;
    struct table *table = context->table;
    const struct data_info *data = &reply->data[index];
    (void)err;
    context->rows++;
    table_text(table, COLOR_NONE, data->name);
    table_text(table, COLOR_NONE, data->ephemeral ? "yes" : "no");
    table_text(table, COLOR_NONE, data->data);
    return 0;
}

static int sample_row(void *pointer, const struct read_reply *reply, uint32_t index,
                      struct error *err)
{
    struct context *context = pointer;
    const struct sample_info *sample = &reply->samples[index];
    (void)err;
    context->rows++;
    table_time(context->table, sample->time_usec, context->report->now_usec);
    table_text(context->table, COLOR_NONE, sample->job_name);
    table_number(context->table, sample->job_name ? sample->run_id : UNKNOWN);
    table_number(context->table, sample->job_name ? sample->attempt_id : UNKNOWN);
    table_text(context->table, COLOR_NONE, sample->node);
    table_duration(context->table, sample->cpu_usec);
    table_bytes(context->table, sample->memory_bytes);
    if (context->gpus) {
        struct gpu_usage gpus = gpu_usage_sum(sample->gpus);
        table_percent(context->table, gpus.utilization_milli, 1000);
        table_bytes(context->table, gpus.memory_bytes);
    }
    return 0;
}

static int class_gpus(void *any, const struct read_reply *reply, uint32_t index, struct error *err)
{
    (void)err;
    *(bool *)any |= reply->classes[index].gpus_milli > 0;
    return 0;
}

static int find_gpus(const struct report *report, bool *any, struct error *err)
{
    struct read_request request = {.what = READ_CLASSES, .workflow_id = report->workflow->id};
    return store_read_each(report->store, request, class_gpus, any, err);
}

// why_none: said where there are no rows, of a table that counts them; or NULL.
static int print(struct report *report, enum read_what what, const struct table_column *columns,
                 size_t count, read_visit *row, const char *why_none, struct error *err)
{
    struct read_request request = {.what = what, .workflow_id = report->workflow->id};
    struct context context = {.report = report};
    if (columns == sample_columns && find_gpus(report, &context.gpus, err))
        return -1;
    if (columns == sample_columns && !context.gpus)
        count -= GPU_COLUMNS;
    context.table = table_create(report->screen, report->style, columns, count);
    int result = store_read_each(report->store, request, row, &context, err);
    table_destroy(context.table);
    report->rows_left = report->rows_most && context.rows > report->rows_most
                            ? context.rows - report->rows_most
                            : 0;
    if (!result && why_none && !context.rows)
        fprintf(stderr, "torc-report: workflow %lld %s\n", (long long)report->workflow->id,
                why_none);
    return result;
}

#define COUNT(array) (sizeof(array) / sizeof *(array))

int report_classes(struct report *report, struct error *err)
{
    return print(report, READ_CLASSES, class_columns, COUNT(class_columns), class_row, NULL, err);
}

// "Slurm job 12_3 canceled": an element of an array has its number.
static char *allocation_name(const struct allocation_info *allocation)
{
    const char *how = allocation->state == ALLOCATION_ENDED ? "ended" : "canceled";
    long long id = (long long)allocation->slurm_job_id;
    return allocation->array_task_id < 0
               ? xasprintf("Slurm job %lld %s", id, how)
               : xasprintf("Slurm job %lld_%d %s", id, allocation->array_task_id, how);
}

// Why some came to nothing: in full, below the table, which has no room for it.
static int allocation_reason(void *pointer, const struct read_reply *reply, uint32_t index,
                             struct error *err)
{
    struct context *context = pointer;
    const struct allocation_info *allocation = &reply->allocations[index];
    (void)err;
    if (!allocation->error || (context->reason && !strcmp(context->reason, allocation->error)))
        return 0;
    cleanup_free char *job =
        allocation->slurm_job_id ? allocation_name(allocation) : xstrdup("Refused");
    cleanup_free char *text = xasprintf("%s: %s", job, allocation->error);
    fputs(context->reason ? "" : "\n", context->report->screen->out);
    screen_wrap(context->report->screen, 0, text);
    free(context->reason);
    context->reason = xstrdup(allocation->error);
    return 0;
}

int report_allocations(struct report *report, struct error *err)
{
    struct context context = {.report = report};
    struct read_request request = {.what = READ_ALLOCATIONS, .workflow_id = report->workflow->id};
    if (node_times_read(&context.times, report->store, report->workflow->id, report->now_usec, err))
        return -1;
    context.table =
        table_create(report->screen, report->style, allocation_columns, COUNT(allocation_columns));
    int result = store_read_each(report->store, request, allocation_row, &context, err);
    table_destroy(context.table);
    if (!result && report->style == TABLE_PEOPLE)
        result = store_read_each(report->store, request, allocation_reason, &context, err);
    node_times_fini(&context.times);
    free(context.reason);
    return result;
}

int report_events(struct report *report, struct error *err)
{
    return print(report, READ_EVENTS, event_columns, COUNT(event_columns), event_row, NULL, err);
}

static int action_row(void *pointer, const struct read_reply *reply, uint32_t index,
                      struct error *err)
{
    struct context *context = pointer;
    (void)err;
    action_table_row(context->table, &reply->actions[index], false);
    context->rows++;
    return 0;
}

int report_actions(struct report *report, struct error *err)
{
    struct read_request request = {.what = READ_ACTIONS, .workflow_id = report->workflow->id};
    struct context context = {.report = report};
    context.table = action_table_create(report->screen, report->style, false);
    int result = store_read_each(report->store, request, action_row, &context, err);
    table_destroy(context.table);
    if (!result && !context.rows)
        fprintf(stderr, "torc-report: workflow %lld has no actions\n",
                (long long)report->workflow->id);
    return result;
}

int report_data(struct report *report, struct error *err)
{
    return print(report, READ_DATA, data_columns, COUNT(data_columns), data_row,
                 "has no user data: its file has no \"user_data\"", err);
}

int report_samples(struct report *report, struct error *err)
{
    return print(report, READ_SAMPLES, sample_columns, COUNT(sample_columns), sample_row,
                 "has no samples: none were asked for (\"resource_monitor\" in its file), or no "
                 "job ran long enough for one",
                 err);
}

static int print_jobs(struct report *report, enum job_table_kind kind, struct error *err)
{
    struct job_table table = {
        .store = report->store,
        .screen = report->screen,
        .style = report->style,
        .kind = kind,
        .now_usec = report->now_usec,
        .request = {.what = READ_JOBS, .workflow_id = report->workflow->id},
    };
    return job_table_print(&table, err);
}

int report_jobs(struct report *report, struct error *err)
{
    return print_jobs(report, JOB_TABLE_STATE, err);
}

int report_usage(struct report *report, struct error *err)
{
    return print_jobs(report, JOB_TABLE_USAGE, err);
}
