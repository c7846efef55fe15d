// SPDX-License-Identifier: GPL-2.0-or-later
// One row per sbatch request.
#include "lib/show/plan_table.h"

#include <stdio.h>
#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/plan/outlook.h"
#include "lib/show/format.h"

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

// "of 3 node hours", short of an hour in minutes.
static void write_time(FILE *out, double usec)
{
    char text[FORMAT_SIZE];
    fputs(format_duration(text, (int64_t)usec), out);
}

static void write_outlook(const struct screen *screen, const struct outlook *o)
{
    cleanup_free char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        abort();
    fputs("Node time asked for now: ", out);
    write_time(out, o->asked_usec);
    fputs("; the jobs need ", out);
    write_time(out, o->bound_usec);
    fputs(" of it at least, if they take their runtimes. Done in ", out);
    write_time(out, (double)o->at_once_usec);
    if (o->allocations > 1) {
        fputs(" if all allocations start at once, in ", out);
        write_time(out, (double)o->one_usec);
        fputs(" one after another", out);
    }
    fputs(".", out);
    if (shape_limit_text(o->limit))
        fprintf(out, " More allocations: %s.", shape_limit_text(o->limit));
    fclose(out);
    screen_wrap(screen, 0, text);
}

void plan_table_explain(const struct screen *screen, const struct plan *plan)
{
    struct outlook outlook = plan_outlook(plan);
    fputc('\n', screen->out);
    screen_wrap(screen, 0,
                "ALLOC allocations, each with SLOTS jobs side by side and ROUNDS one after "
                "another; what stands behind "
                "them is of one allocation.");
    if (outlook.requests)
        write_outlook(screen, &outlook);
    if (!outlook.enough)
        screen_wrap(screen, 0,
                    "That is not room for all jobs: more is asked for as these end. "
                    "--max-allocations is for how many at once.");
}

static void write_line(const struct screen *screen, const char *what, const struct plan *plan)
{
    struct outlook o = plan_outlook(plan);
    char asked[FORMAT_SIZE], done[FORMAT_SIZE];
    cleanup_free char *text =
        xasprintf("%s: %zu request%s, %lld allocation%s, %s of node time, done in %s at best.",
                  what, o.requests, o.requests == 1 ? "" : "s", (long long)o.allocations,
                  o.allocations == 1 ? "" : "s", format_duration(asked, (int64_t)o.asked_usec),
                  format_duration(done, o.at_once_usec));
    screen_wrap(screen, 0, text);
}

void plan_table_weigh(const struct screen *screen, const struct plan *plan,
                      const struct plan_request *request)
{
    struct settings settings = *request->settings; // a view
    struct plan_request again = *request;
    struct plan other;
    again.settings = &settings;
    settings.pack = settings.pack == PACK_WIDE ? PACK_TIGHT : PACK_WIDE;
    plan_make(&other, &again);
    cleanup_free char *mode = xasprintf("With --pack=%s", pack_mode_names[settings.pack]);
    write_line(screen, "This plan", plan);
    write_line(screen, mode, &other);
    plan_fini(&other);
}

json_t *plan_outlook_json(const struct plan *plan)
{
    struct outlook o = plan_outlook(plan);
    return json_pack("{s:I, s:I, s:f, s:f, s:f, s:f, s:s?, s:b}", "requests",
                     (json_int_t)o.requests, "allocations", (json_int_t)o.allocations,
                     "node_s_asked", o.asked_usec / 1e6, "node_s_needed", o.bound_usec / 1e6,
                     "all_at_once_s", (double)o.at_once_usec / 1e6, "one_by_one_s",
                     (double)o.one_usec / 1e6, "limit", shape_limit_text(o.limit), "room_for_all",
                     o.enough);
}

json_t *plan_group_json(const struct plan_group *group, int32_t count)
{
    return json_pack("{s:s, s:s, s:I, s:i, s:i, s:i, s:i, s:i, s:o, s:i, s:I, s:I, s:s?, s:i, s:o}",
                     "class", group->class_name, "partition", group->partition, "jobs",
                     (json_int_t)group->jobs, "allocations", count, "slots", group->slots, "rounds",
                     group->rounds, "nodes", group->nodes, "cpus", group->cpus, "memory_bytes",
                     group->memory_bytes ? json_integer(group->memory_bytes) : json_null(), "gpus",
                     group->gpus, "walltime_s", (json_int_t)(group->walltime_usec / SEC),
                     "margin_s", (json_int_t)(group->margin_usec / SEC), "scheduler",
                     group->scheduler, "classes", group->classes, "stage",
                     group->stage ? json_integer(group->stage) : json_null());
}
