// SPDX-License-Identifier: GPL-2.0-or-later
// The planner. Per class: choose a partition that can hold a job of it (lib/plan/fit.c); then per
// pool of classes that may share an allocation: shapes for all of its jobs (lib/plan/pool.c), or,
// where one class has them all, jobs side by side, rounds one after another
// (lib/plan/allocations.c).
#include "lib/plan/plan.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/number.h"
#include "lib/plan/allocations.h"
#include "lib/plan/note.h"
#include "lib/plan/pool.h"

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

static void add_one(struct plan *plan, const struct plan_request *request,
                    const struct pool_class *of, int64_t jobs)
{
    plan->groups =
        array_grow(plan->groups, plan->groups_count, &plan->groups_space, sizeof *plan->groups);
    struct plan_group *group = &plan->groups[plan->groups_count++];
    group_shape(group, request, of->class, &of->fit, jobs);
    if (check_margin(plan, of->class, group)) {
        warn_of_margin(plan, of->class, group);
        note_submit_limit(plan, request, of->class, group, &of->fit);
    } else {
        plan->groups_count--;
    }
}

static void drop_groups(struct plan *plan, size_t count)
{
    while (plan->groups_count > count)
        free(plan->groups[--plan->groups_count].own_name);
}

// Several classes share what is asked for; whose jobs only follow do, if they do not make it waste.
static bool add_shared(struct plan *plan, const struct plan_request *request,
                       struct pool_need *needs, size_t count, size_t ready, bool now)
{
    size_t before = plan->groups_count, alone = 0;
    bool soon = false;
    if (count > 1)
        alone = pool_pack(plan, request, needs, count, now, &soon);
    if (count > 1 && ready == 1 && !soon)
        drop_groups(plan, before);
    for (size_t g = before; g < plan->groups_count; g++)
        note_submit_limit(plan, request, needs->of->class, &plan->groups[g], &needs->of->fit);
    if (count == 1 || (ready == 1 && !soon))
        alone = count;
    for (size_t i = 0; i < alone; i++)
        if (needs[i].jobs)
            add_one(plan, request, needs[i].of, needs[i].jobs + needs[i].soon);
    return soon;
}

// Its classes: what there is no room for now, and what comes later.
static void plan_pool(struct plan *plan, const struct plan_request *request,
                      const struct pools *pools, size_t pool)
{
    cleanup_free struct pool_need *now = xcalloc(pools->count + 1, sizeof *now);
    cleanup_free struct pool_need *later = xcalloc(pools->count + 1, sizeof *later);
    size_t now_count = 0, later_count = 0, ready = 0;
    bool waiting = false, soon = false;
    for (size_t i = 0; i < pools->count; i++) {
        const struct pool_class *of = &pools->list[i];
        const struct plan_class *class = of->class;
        int64_t jobs = class->ready + class->soon - class->room;
        if (of->pool != pool)
            continue;
        waiting |= class->waiting;
        if (jobs > 0)
            now[now_count++] =
                (struct pool_need){.of = of,
                                   .jobs = jobs - (class->soon < jobs ? class->soon : jobs),
                                   .soon = class->soon < jobs ? class->soon : jobs};
        if (jobs > 0 && class->ready)
            ready++;
        if (!class->ready && class->soon + class->later > 0)
            later[later_count++] = (struct pool_need){.of = of, .jobs = class->soon + class->later};
    }
    if (waiting)
        return;
    if (ready)
        soon = add_shared(plan, request, now, now_count, ready, true);
    size_t left = soon ? 0 : later_count;
    for (size_t i = 0; soon && i < later_count; i++) // those that come soon have their room
        if ((later[i].jobs = later[i].of->class->later) > 0)
            later[left++] = later[i];
    later_count = left;
    if (later_count)
        add_shared(plan, request, later, later_count, later_count, false);
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
            group_shape(&group, &limited, &class, &fit, jobs);
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
    struct pools pools;
    *plan = (struct plan){0};
    pools_make(&pools, plan, request);
    plan->pool_of = pools_of_classes(&pools, request);
    for (size_t p = 0; p < pools.pools_count; p++)
        plan_pool(plan, request, &pools, p);
    pools_fini(&pools);
    for (size_t i = 0; i < request->actions_count; i++)
        plan_action(plan, request, &request->actions[i]);
}

void plan_fini(struct plan *plan)
{
    drop_groups(plan, 0);
    for (size_t i = 0; i < plan->notes_count; i++)
        free(plan->notes[i].text);
    free(plan->notes);
    free(plan->groups);
    free(plan->pool_of);
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
