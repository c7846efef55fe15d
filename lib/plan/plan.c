// SPDX-License-Identifier: GPL-2.0-or-later
// The planner. Per class: choose a partition that can hold a job of it, the number of jobs side by
// side in an allocation, the rounds one after another, and from these walltime, count, memory.
// Which nodes can hold what is lib/plan/fit.c.
#include "lib/plan/plan.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/plan/fit.h"
#include "lib/plan/note.h"

static const int64_t SEC = 1000000, MINUTE = 60 * SEC, HOUR = 60 * MINUTE;
static const int64_t LONGEST = 100LL * 366 * 24 * 60 * 60 * 1000000; // nothing takes longer
static const int64_t MiB = 1024 * 1024;

// until the first job of an allocation starts; else a job that needs all of it never would
enum { START_SLACK_SECS = 5 };

static int64_t divide_up(int64_t a, int64_t b)
{
    return (a + b - 1) / b;
}

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t margin_of(const struct settings *settings, int64_t walltime_usec)
{
    return settings_end_times(settings, walltime_usec).margin_usec;
}

// The shortest walltime, in whole minutes, that leaves `work_usec` before the margin of its end.
// The margin grows with the walltime, but slower than it, so the first that fits is found by going
// up.
static int64_t walltime_for(const struct settings *settings, int64_t work_usec)
{
    int64_t work = smaller(larger(work_usec, 1), LONGEST),
            walltime = divide_up(work, MINUTE) * MINUTE;
    for (int64_t lacks; (lacks = work - (walltime - margin_of(settings, walltime))) > 0;)
        walltime += divide_up(lacks, MINUTE) * MINUTE;
    return walltime;
}

struct times { // how long the allocations of a class may be, and what that holds
    int64_t longest, runtime;
    int32_t rounds;
};

// T = -t, else min(MaxTime, max(4 h, runtime + margin)): four hours are short enough to be
// backfilled and long enough that starting allocations costs nothing. A class that named no runtime
// takes what its allocation has.
static struct times class_times(const struct plan_request *request, const struct plan_class *class,
                                const struct fit *fit)
{
    const struct settings *settings = request->settings;
    const struct cluster_partition *partition = fit->partition;
    int64_t runtime = larger(class->row->runtime_usec, SEC);
    int64_t longest = settings->walltime_usec ? settings->walltime_usec
                                              : larger(4 * HOUR, walltime_for(settings, runtime));
    if (fit->asks.walltime_usec)
        longest = divide_up(fit->asks.walltime_usec, MINUTE) * MINUTE;
    else if (partition->max_time_usec)
        longest = smaller(longest, partition->max_time_usec);
    longest = larger(longest / MINUTE, 1) * MINUTE; // Slurm counts minutes
    int64_t room = larger(longest - margin_of(settings, longest), SEC);
    if (!class->row->enforced)
        runtime = smaller(runtime, room);
    int64_t rounds = smaller(larger(room / runtime, 1), PLAN_ALL_ROUNDS);
    return (struct times){.longest = longest, .runtime = runtime, .rounds = (int32_t)rounds};
}

// Jobs side by side: the tightest node type of the partition that holds any, so that an allocation
// may start on every one of them. When so many narrow allocations would be needed that
// --max-allocations forbids them, the next wider type.
static int32_t choose_slots(const struct fit *fit, int64_t jobs, int32_t rounds, int64_t most)
{
    for (uint32_t i = 0; i + 1 < fit->widths_count; i++)
        if (divide_up(jobs, (int64_t)fit->widths[i] * rounds) <= most)
            return fit->widths[i];
    return fit->widths[fit->widths_count - 1];
}

// What to ask for. Memory is that of all slots, not of one; clamped to the smallest node the
// allocation is meant for.
static void set_resources(struct plan_group *group, const struct class_row *row,
                          const struct fit *fit, int32_t width)
{
    const struct fit_least *least = fit_least_of(fit, width);
    const struct sbatch_asks *asks = &fit->asks;
    group->nodes = fit_nodes(fit, row);
    group->whole_nodes = fit->whole_nodes;
    int32_t slots =
        row->nodes > 1 ? group->slots : (int32_t)divide_up(group->slots, group->nodes); // on a node
    // --mem=0 too: what is asked for by the user is what there is
    bool all = asks->memory_bytes >= 0 || fit->memory_unasked;
    int32_t tasks = sbatch_tasks_per_node(asks), cpus = sbatch_asks_cpus(asks);
    group->cpus = group->whole_nodes ? least->cpus : cpus ? cpus : slots * fit->cpus_per_job;
    group->cpus = (int32_t)divide_up(group->cpus, tasks) * tasks;
    group->gpus = asks->gpus >= 0        ? asks->gpus
                  : row->gpus_milli <= 0 ? 0
                  : group->whole_nodes   ? least->gpus
                                         : fit_gpus(row->gpus_milli, slots);
    int64_t each_bytes = fit_memory(fit, row);
    int64_t memory =
        group->whole_nodes || all ? least->memory_bytes : slots * each_bytes + PLAN_OWN_BYTES;
    if (least->memory_bytes)
        memory = smaller(memory, least->memory_bytes);
    if (fit->memory_per_cpu_bytes) // Slurm would add CPUs, or refuse
        memory = asks->memory_per_cpu_bytes || fit->memory_unasked
                     ? group->cpus * fit->memory_per_cpu_bytes
                     : smaller(memory, group->cpus * fit->memory_per_cpu_bytes);
    group->memory_bytes = !least->memory_bytes ? 0 : divide_up(memory, MiB) * MiB;
    group->tmp_bytes = least->tmp_bytes ? slots * row->tmp_bytes : 0;
    group->own_bytes = smaller(larger(group->memory_bytes - slots * each_bytes, 0), PLAN_OWN_BYTES);
}

struct waves { // what waits for jobs of the first runs after them, in the same slots
    int64_t first, second;
};

// Where there is time for one round only, an allocation has none for the second wave.
static struct waves waves_of(const struct plan_class *class, int64_t jobs, int32_t rounds)
{
    int64_t soon = smaller(class->soon, jobs);
    return !class->ready || soon == jobs ? (struct waves){jobs, 0}
           : rounds < 2                  ? (struct waves){jobs - soon, 0}
                                         : (struct waves){jobs - soon, soon};
}

static int64_t slots_for(int64_t jobs, int64_t slots, int64_t count)
{
    return divide_up(jobs, count * larger(divide_up(jobs, slots * count), 1));
}

// Shape and count for so many jobs; then no more rounds, and no wider, than these jobs need.
static void shape_group(struct plan_group *group, const struct plan_request *request,
                        const struct plan_class *class, const struct fit *fit, int64_t jobs)
{
    struct times times = class_times(request, class, fit);
    struct waves waves = waves_of(class, jobs, times.rounds);
    jobs = waves.first + waves.second;
    int64_t nodes =
        class->row->nodes > 1 ? 1 : fit_nodes(fit, class->row); // that hold jobs of their own
    int64_t most = larger(request->settings->max_allocations - class->allocations, 1);
    if (request->cluster->max_array_size)
        most = smaller(most, request->cluster->max_array_size);
    if (fit->limits.most[LIMIT_JOBS])
        most = smaller(most, larger(fit->limits.most[LIMIT_JOBS] - class->allocations, 1));
    int32_t width = choose_slots(fit, divide_up(jobs, nodes), times.rounds, most);
    if (class->row->nodes > 1 && class->row->gpus_milli > 0)
        width = 1; // it holds all GPUs of its nodes: lib/store/sqlite_share.c
    int64_t slots = smaller(width * nodes, larger(waves.first, waves.second));
    int64_t count = smaller(divide_up(jobs, slots * times.rounds), most);
    int64_t rounds = smaller(times.rounds, divide_up(waves.first, slots * count) +
                                               divide_up(waves.second, slots * count));
    if (class->held && class->soon + class->later) // one after another, for all that is known
        rounds = smaller(times.rounds, jobs);
    if (fit->whole_nodes || sbatch_asks_cpus(&fit->asks))
        slots = width * nodes;
    else
        slots = smaller(slots, larger(slots_for(waves.first, slots, count),
                                      slots_for(waves.second, slots, count)));
    *group = (struct plan_group){
        .class_id = class->class_id,
        .class_name = class->row->name,
        .scheduler = fit->scheduler ? fit->scheduler->name : class->row->scheduler,
        .action = class->held ? class->row->action : 0,
        .asked = fit->scheduler,
        .partition = fit->partition->name,
        .now = class->ready > 0,
        .jobs = jobs,
        .count = (int32_t)count,
        .slots = (int32_t)slots,
        .rounds = (int32_t)rounds,
        .memory_unasked = fit->memory_unasked,
    };
    set_resources(group, class->row, fit, width);
    if (request->cluster->memory_shared)
        group->memory_bytes = group->own_bytes = 0;
    int64_t work = rounds * times.runtime + START_SLACK_SECS * SEC;
    group->walltime_usec = fit->asks.walltime_usec
                               ? times.longest
                               : smaller(walltime_for(request->settings, work), times.longest);
    group->margin_usec = margin_of(request->settings, group->walltime_usec);
    group->kill_wait_secs = request->cluster->kill_wait_secs;
}

// Is there any time for jobs?
static bool check_margin(struct plan *plan, const struct plan_class *class,
                         const struct plan_group *group)
{
    if (group->margin_usec < group->walltime_usec)
        return true;
    char margin[NOTE_TEXT], walltime[NOTE_TEXT];
    plan_note(plan, class, true,
              "no job could start in an allocation of %s on partition %s, as jobs are told to end "
              "%s before it does; ask for a longer "
              "walltime, or set sigterm_lead_seconds and sigkill_headroom_seconds lower",
              TIME(walltime, group->walltime_usec), group->partition,
              TIME(margin, group->margin_usec));
    return false;
}

static void warn_of_margin(struct plan *plan, const struct plan_class *class,
                           const struct plan_group *group)
{
    int64_t room = group->walltime_usec - group->margin_usec;
    if (!class->row->enforced || class->any_length || class->row->runtime_usec <= room)
        return;
    char runtime[NOTE_TEXT], walltime[NOTE_TEXT], left[NOTE_TEXT];
    plan_note(plan, class, false,
              "its runtime of %s leaves no margin in an allocation of %s on partition %s: it is "
              "told to end after %s",
              TIME(runtime, class->row->runtime_usec), TIME(walltime, group->walltime_usec),
              group->partition, TIME(left, room));
}

// Fewer at a time than would be asked for?
static void note_submit_limit(struct plan *plan, const struct plan_request *request,
                              const struct plan_class *class, const struct plan_group *group,
                              const struct fit *fit)
{
    char by[LIMIT_TEXT];
    int64_t most = fit->limits.most[LIMIT_JOBS];
    if (!most || group->count + class->allocations < most ||
        most >= request->settings->max_allocations ||
        (int64_t)group->slots * group->rounds * group->count >= group->jobs)
        return;
    plan_note(plan, class, false, "no more than %lld allocations at a time, by %s; more follow",
              (long long)most, limits_say(&fit->limits, LIMIT_JOBS, by));
}

static void plan_one(struct plan *plan, const struct plan_request *request,
                     const struct plan_class *class)
{
    struct fit fit;
    if (class->row->labels || class->held) // runners started by hand; an action
        return;
    if (!fit_choose(&fit, plan, request, class)) {
        int64_t jobs =
            class->ready ? class->ready + class->soon - class->room : class->soon + class->later;
        if (jobs > 0 && !class->waiting) {
            plan->groups = array_grow(plan->groups, plan->groups_count, &plan->groups_space,
                                      sizeof *plan->groups);
            struct plan_group *group = &plan->groups[plan->groups_count++];
            shape_group(group, request, class, &fit, jobs);
            if (check_margin(plan, class, group)) {
                warn_of_margin(plan, class, group);
                note_submit_limit(plan, request, class, group, &fit);
            } else {
                plan->groups_count--;
            }
        }
    }
    fit_fini(&fit);
}

// What holds a job of each class holds the jobs of both.
static void unite(struct plan_group *group, const struct plan_group *other)
{
    group->jobs += other->jobs;
    group->cpus = (int32_t)larger(group->cpus, other->cpus);
    group->gpus = (int32_t)larger(group->gpus, other->gpus);
    group->nodes = (int32_t)larger(group->nodes, other->nodes);
    group->memory_bytes = larger(group->memory_bytes, other->memory_bytes);
    group->tmp_bytes = larger(group->tmp_bytes, other->tmp_bytes);
    group->own_bytes = larger(group->own_bytes, other->own_bytes);
    group->whole_nodes |= other->whole_nodes;
    if (other->walltime_usec > group->walltime_usec) {
        group->walltime_usec = other->walltime_usec;
        group->margin_usec = other->margin_usec;
    }
}

// How many of a class its action is asked for: first all, later what there is no room for.
static int64_t action_jobs(const struct plan_class *class, const struct action_demand *action)
{
    int64_t jobs = class->ready + class->soon + class->later;
    if (class->row->action != action->position || class->row->labels)
        return 0;
    return action->again ? jobs - class->room : jobs;
}

// As many allocations as it says, of a shape for every class that it covers.
static void plan_action(struct plan *plan, const struct plan_request *request,
                        const struct action_demand *action)
{
    struct settings settings = *request->settings; // a view
    struct plan_request limited = *request;
    struct plan_group all = {.action = action->position, .now = action->due}, group;
    settings.max_allocations = action->num_allocations;
    limited.settings = &settings;
    for (size_t i = 0; i < request->classes_count; i++) {
        struct plan_class class = request->classes[i];
        struct fit fit = {0};
        int64_t jobs = action_jobs(&class, action);
        class.held = true;
        class.allocations = 0;
        if (jobs > 0 && !fit_choose(&fit, plan, &limited, &class)) {
            shape_group(&group, &limited, &class, &fit, jobs);
            group.now = action->due;
            if (!action->again)
                group.count = action->num_allocations;
            if (check_margin(plan, &class, &group)) {
                warn_of_margin(plan, &class, &group);
                if (all.count)
                    unite(&all, &group);
                else
                    all = group;
            }
        }
        fit_fini(&fit);
    }
    if (!all.count && !all.now)
        return;
    plan->groups =
        array_grow(plan->groups, plan->groups_count, &plan->groups_space, sizeof *plan->groups);
    plan->groups[plan->groups_count++] = all;
}

void plan_make(struct plan *plan, const struct plan_request *request)
{
    *plan = (struct plan){0};
    for (size_t i = 0; i < request->classes_count; i++)
        plan_one(plan, request, &request->classes[i]);
    for (size_t i = 0; i < request->actions_count; i++)
        plan_action(plan, request, &request->actions[i]);
}

void plan_fini(struct plan *plan)
{
    for (size_t i = 0; i < plan->notes_count; i++)
        free(plan->notes[i].text);
    free(plan->notes);
    free(plan->groups);
    *plan = (struct plan){0};
}

void plan_note(struct plan *plan, const struct plan_class *class, bool refused, const char *format,
               ...)
{
    va_list ap;
    va_start(ap, format);
    cleanup_free char *text = xvasprintf(format, ap);
    va_end(ap);
    plan->notes =
        array_grow(plan->notes, plan->notes_count, &plan->notes_space, sizeof *plan->notes);
    struct plan_note *note = &plan->notes[plan->notes_count++];
    note->refused = refused;
    note->text = class->job ? xasprintf("job %s (class %s): %s", class->job, class->row->name, text)
                            : xasprintf("class %s: %s", class->row->name, text);
    plan->refused |= refused;
}
