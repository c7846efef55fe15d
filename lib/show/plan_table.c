// SPDX-License-Identifier: GPL-2.0-or-later
// One row per sbatch request.
#include "lib/show/plan_table.h"

#include <stdio.h>

static const int64_t SEC = 1000000;

static const struct table_column plan_columns[] = {
    {"CLASS", "class", ALIGN_LEFT, FIT_NAME},
    {"JOBS", "jobs", ALIGN_RIGHT, FIT_KEEP},
    {"SLURM", "slurm_job_id", ALIGN_LEFT, FIT_KEEP},
    {"PARTITION", "partition", ALIGN_LEFT, FIT_SHRINK},
    {"ALLOC", "allocations", ALIGN_RIGHT, FIT_KEEP},
    {"SLOTS", "slots", ALIGN_RIGHT, FIT_LATE},
    {"ROUNDS", "rounds", ALIGN_RIGHT, FIT_LATE},
    {"NODES", "nodes", ALIGN_RIGHT, FIT_DROP},
    {"CPUS", "cpus", ALIGN_RIGHT, FIT_LATE},
    {"MEMORY", "memory_bytes", ALIGN_RIGHT, FIT_KEEP},
    {"GPUS", "gpus", ALIGN_RIGHT, FIT_DROP},
    {"WALLTIME", "walltime_s", ALIGN_RIGHT, FIT_KEEP},
};

void plan_table_row(struct table *table, const struct plan_group *group, int64_t jobs,
                    int32_t count, const char *job)
{
    table_text(table, COLOR_BOLD, group->class_name);
    table_number(table, jobs);
    table_text(table, COLOR_NONE, job);
    table_text(table, COLOR_NONE, group->partition);
    table_number(table, count);
    table_number(table, group->slots);
    table_number(table, group->rounds);
    table_number(table, group->nodes);
    table_number(table, group->cpus);
    table_bytes(table, group->memory_bytes ? group->memory_bytes : UNKNOWN);
    table_number(table, group->gpus);
    table_duration(table, group->walltime_usec);
}

struct table *plan_table_create(const struct screen *screen)
{
    return table_create(screen, TABLE_PEOPLE, plan_columns,
                        sizeof plan_columns / sizeof *plan_columns);
}

void plan_show_stdio(const struct screen *screen, enum stdio_mode stdio)
{
    static const char *const what[] = {
        [STDIO_AUTO] = "two files for each job",
        [STDIO_SEPARATE] = "two files for each job",
        [STDIO_COMBINED] = "a file for each job",
        [STDIO_NO_STDOUT] = "a file for each job, of its standard error",
        [STDIO_NO_STDERR] = "a file for each job, of its standard output",
        [STDIO_NONE] = "none is kept",
        [STDIO_STREAM] = "one file for each runner, which torc logs reads",
    };
    fprintf(screen->out, "Output of jobs: %s, %s.\n", stdio_mode_names[stdio], what[stdio]);
}

void plan_table_explain(const struct screen *screen, const struct plan *plan)
{
    bool enough = true;
    for (size_t i = 0; i < plan->groups_count; i++) {
        const struct plan_group *group = &plan->groups[i];
        enough &= (int64_t)group->count * group->slots * group->rounds >= group->jobs;
    }
    fputc('\n', screen->out);
    screen_wrap(screen, 0,
                "ALLOC allocations, each with SLOTS jobs side by side and ROUNDS one after "
                "another; what stands behind "
                "them is of one allocation.");
    if (!enough)
        screen_wrap(screen, 0,
                    "That is not room for all jobs: more is asked for as these end. "
                    "--max-allocations is for how many at once.");
}

json_t *plan_group_json(const struct plan_group *group, int32_t count)
{
    return json_pack("{s:s, s:s, s:I, s:i, s:i, s:i, s:i, s:i, s:o, s:i, s:I, s:I, s:s?, s:o}",
                     "class", group->class_name, "partition", group->partition, "jobs",
                     (json_int_t)group->jobs, "allocations", count, "slots", group->slots, "rounds",
                     group->rounds, "nodes", group->nodes, "cpus", group->cpus, "memory_bytes",
                     group->memory_bytes ? json_integer(group->memory_bytes) : json_null(), "gpus",
                     group->gpus, "walltime_s", (json_int_t)(group->walltime_usec / SEC),
                     "margin_s", (json_int_t)(group->margin_usec / SEC), "scheduler",
                     group->scheduler, "stage",
                     group->stage ? json_integer(group->stage) : json_null());
}
