// SPDX-License-Identifier: GPL-2.0-or-later
// Rows of jobs with their last attempts.
#include "lib/show/job_table.h"

#include "lib/base/mem.h"
#include "lib/meter/usage.h"
#include "lib/show/gpu_usage.h"
#include "lib/show/target.h"
#include "lib/show/why.h"
#include "lib/store/read_each.h"
#include "lib/workflow/workflow.h"

static const struct table_column job_columns[] = {
    {"JOB", "name", ALIGN_LEFT, FIT_SHRINK},      {"STATE", "state", ALIGN_LEFT, FIT_KEEP},
    {"WHY", "why", ALIGN_LEFT, FIT_SHRINK},       {"NODE", "node", ALIGN_LEFT, FIT_SHRINK},
    {"START", "start", ALIGN_LEFT, FIT_LATE},     {"TOOK", "wall_s", ALIGN_RIGHT, FIT_KEEP},
    {"EXIT", "exit_code", ALIGN_RIGHT, FIT_LATE}, {"TRY", "attempts", ALIGN_RIGHT, FIT_DROP},
};

static const struct table_column usage_columns[] = {
    {"JOB", "name", ALIGN_LEFT, FIT_SHRINK},
    {"CPUS", "cpus_asked", ALIGN_RIGHT, FIT_LATE},
    {"CPU", "cpu_s", ALIGN_RIGHT, FIT_KEEP},
    {"EFF", "cpu_efficiency", ALIGN_RIGHT, FIT_KEEP},
    {"MEM", "memory_asked_bytes", ALIGN_RIGHT, FIT_KEEP},
    {"PEAK", "memory_peak_bytes", ALIGN_RIGHT, FIT_KEEP},
    {"ANON", "memory_anon_bytes", ALIGN_RIGHT, FIT_DROP},
    {"OF MEM", "memory_used_fraction", ALIGN_RIGHT, FIT_LATE},
    {"RUNTIME", "runtime_asked_s", ALIGN_RIGHT, FIT_LATE},
    {"TOOK", "wall_s", ALIGN_RIGHT, FIT_KEEP},
    {"BY", "source", ALIGN_LEFT, FIT_DROP},
    {"GPUS", "gpus_asked", ALIGN_RIGHT, FIT_DROP}, // from here on: GPU_COLUMNS
    {"GPU USE", "gpu_utilization", ALIGN_RIGHT, FIT_LATE},
    {"GPU PEAK", "gpu_memory_peak_bytes", ALIGN_RIGHT, FIT_LATE},
    {"JOULE", "gpu_energy_j", ALIGN_RIGHT, FIT_DROP},
};
enum { GPU_COLUMNS = 4 }; // left out where no job asks for GPUs

struct classes {
    struct class_info *list; // texts are not kept
    size_t count, space;
    bool gpus; // one of them asks for some
};

struct context {
    const struct job_table *what;
    struct table *table;
    struct classes classes;
};

int64_t job_table_held_usec(const struct class_info *class, int64_t wall_usec)
{
    int64_t cpus = (int64_t) class->cpus * class->nodes, held;
    bool good = class->cpus >= 0 && class->nodes >= 0 && wall_usec >= 0 &&
                !__builtin_mul_overflow(wall_usec, cpus, &held);
    return good ? held : UNKNOWN;
}

static int64_t wall_of(const struct attempt_info *attempt, int64_t now_usec)
{
    if (!attempt)
        return UNKNOWN;
    return attempt->end.end_usec ? attempt->end.wall_usec
                                 : now_usec - attempt->end.start.start_usec;
}

static void job_row(struct context *context, const struct job_info *job,
                    const struct attempt_info *last)
{
    struct table *table = context->table;
    cleanup_free char *why = why_job_short(job, last);
    bool ended = last && last->end.end_usec;
    bool completed = job->state == JOB_COMPLETED;
    table_text(table, COLOR_NONE, job->name);
    table_text(table, job_state_color(job->state), job_state_names[job->state]);
    table_text(table, completed ? COLOR_YELLOW : job_state_color(job->state), why);
    table_text(table, COLOR_NONE, last ? last->node : NULL);
    table_time(table, last ? last->end.start.start_usec : 0, context->what->now_usec);
    table_duration(table, wall_of(last, context->what->now_usec));
    table_number(table, ended ? last->end.exit_code : UNKNOWN);
    table_number(table, job->attempts);
}

static const struct class_info *find_class(const struct classes *classes, int64_t id)
{
    for (size_t i = 0; i < classes->count; i++)
        if (classes->list[i].id == id)
            return &classes->list[i];
    return NULL;
}

static void gpu_cells(struct table *table, const struct class_info *class,
                      const struct usage_record *usage)
{
    struct gpu_usage gpus = gpu_usage_sum(usage->gpus);
    table_milli(table, class->gpus_milli);
    table_percent(table, gpus.utilization_milli, 1000);
    table_bytes(table, gpus.memory_bytes);
    table_number(table, gpus.energy_j);
}

static void usage_row(struct context *context, const struct job_info *job,
                      const struct attempt_info *last)
{
    static const struct class_info none = {
        .cpus = UNKNOWN, .gpus_milli = UNKNOWN, .memory_bytes = UNKNOWN, .runtime_usec = UNKNOWN};
    struct table *table = context->table;
    struct usage_record usage;
    usage_record_init(&usage);
    if (last)
        usage_total(&last->end, job->flags & JOB_SRUN, &usage);
    const struct class_info *class = find_class(&context->classes, job->class_id);
    class = class ? class : &none;
    int64_t wall = wall_of(last, context->what->now_usec);
    table_text(table, COLOR_NONE, job->name);
    table_number(table, class->cpus);
    table_duration(table, usage_cpu_usec(&usage));
    table_percent(table, usage_cpu_usec(&usage), job_table_held_usec(class, wall));
    table_bytes(table, class->memory_bytes);
    table_bytes(table, usage.memory_peak_bytes);
    table_bytes(table, usage.memory_anon_bytes);
    table_percent(table, usage.memory_peak_bytes, class->memory_bytes);
    table_duration(table, class->runtime_usec);
    table_duration(table, wall);
    table_text(table, COLOR_NONE, usage.source ? usage_source_names[usage.source] : NULL);
    if (context->classes.gpus)
        gpu_cells(table, class, &usage);
}

static int each_job(void *pointer, const struct read_reply *jobs, uint32_t index, struct error *err)
{
    struct context *context = pointer;
    const struct job_table *what = context->what;
    const struct job_info *job = &jobs->jobs[index];
    const struct attempt_info *last;
    struct read_reply reply = {0};
    int result =
        store_read_last_attempt(what->store, job, what->request.workflow_id, &reply, &last, err);
    if (!result && what->kind == JOB_TABLE_USAGE)
        usage_row(context, job, last);
    else if (!result)
        job_row(context, job, last);
    read_reply_fini(&reply);
    return result;
}

static int each_class(void *pointer, const struct read_reply *reply, uint32_t index,
                      struct error *err)
{
    struct classes *classes = pointer;
    (void)err;
    classes->list =
        array_grow(classes->list, classes->count, &classes->space, sizeof *classes->list);
    classes->list[classes->count++] = reply->classes[index];
    classes->gpus |= reply->classes[index].gpus_milli > 0;
    return 0;
}

int job_table_print(const struct job_table *what, struct error *err)
{
    struct context context = {.what = what};
    struct read_request classes = {.what = READ_CLASSES, .workflow_id = what->request.workflow_id};
    bool usage = what->kind == JOB_TABLE_USAGE;
    size_t count = usage ? sizeof usage_columns / sizeof *usage_columns
                         : sizeof job_columns / sizeof *job_columns;
    int result = store_read_each(what->store, classes, each_class, &context.classes, err);
    if (usage && !context.classes.gpus)
        count -= GPU_COLUMNS;
    context.table =
        table_create(what->screen, what->style, usage ? usage_columns : job_columns, count);
    if (!result)
        result = store_read_each(what->store, what->request, each_job, &context, err);
    table_destroy(context.table);
    free(context.classes.list);
    return result;
}
