// SPDX-License-Identifier: GPL-2.0-or-later
// From demand to allocations, as submitter/prepare.c, create.c, top_up.c and lib/slurm/submit.c do
// it, with what of them runs no program; sbatch and scancel are the queue. The only part of the
// simulation that knows the planner's structs.
#include <stdlib.h>
#include <string.h>

#include "bench/simulate/torc.h"
#include "lib/base/arena.h"
#include "lib/base/mem.h"
#include "lib/plan/plan.h"
#include "lib/slurm/submission.h"
#include "lib/store/plan.h"

static const int64_t MIB = 1024 * 1024;

static int32_t partition_of(const struct site *site, const char *name)
{
    for (int32_t p = 0; p < QUEUE_PARTITIONS && site->partitions[p]; p++)
        if (!strcmp(site->partitions[p], name))
            return p;
    torc_fail("the plan names a partition that is not there", NULL);
}

static struct submission row_of(const struct plan_group *group, struct arena *arena)
{
    char tag[] = "sim-%w-%s", script[] = "";
    char *none[] = {NULL};
    struct submit_request request = {.group = group,
                                     .count = group->count,
                                     .tag = tag,
                                     .script = script,
                                     .options = {.list = none}};
    struct submission row = submission_row(&request, arena);
    row.script = "";
    return row;
}

static void sbatch(struct torc *torc, const struct plan_group *group, const struct submission *row)
{
    struct world *world = torc->world;
    struct error err;
    int64_t array = 0;
    struct queue_ask ask = {
        .partition = partition_of(world->w->site, group->partition),
        .shape = {group->cpus, group->gpus, group->memory_bytes / MIB},
        .whole = group->whole_nodes,
        .ours = true,
        .walltime_usec = group->walltime_usec,
    };
    if (group->nodes != 1)
        torc_fail("the plan asks for several nodes, which the model does not have", NULL);
    for (int32_t i = 0; i < group->count; i++) {
        ask.tag = (int64_t)torc->count;
        ask.never = world_is_stuck(world, i);
        int64_t number = queue_submit(&world->queue, &ask);
        array = array ? array : number;
        torc->list = array_grow(torc->list, torc->count, &torc->space, sizeof *torc->list);
        torc->list[torc->count++] =
            (struct sim_allocation){.number = number,
                                    .array = array,
                                    .submission = row->id,
                                    .element = group->count > 1 ? i : -1,
                                    .tag = arena_strdup(torc->arena, row->tag),
                                    .own_bytes = group->own_bytes,
                                    .walltime_usec = group->walltime_usec};
    }
    world->requests++;
    if (store_submission_answered(torc->store, row->id, array, NULL, &err))
        torc_fail("what sbatch answered", &err);
}

static void submit(struct torc *torc, const struct plan *plan, bool force)
{
    struct arena *arena = arena_create();
    struct error err;
    cleanup_free struct submission *rows = xcalloc(plan->groups_count + 1, sizeof *rows);
    cleanup_free const struct plan_group **groups = xcalloc(plan->groups_count + 1, sizeof *groups);
    uint32_t count = 0;
    for (size_t i = 0; i < plan->groups_count; i++)
        if (plan->groups[i].now && plan->groups[i].count) {
            groups[count] = &plan->groups[i];
            rows[count++] = row_of(&plan->groups[i], arena);
        }
    if (count &&
        store_submissions_create(torc->store, torc->workflow_id, rows, count, force, arena, &err))
        torc_fail("submissions", &err);
    for (uint32_t i = 0; i < count; i++)
        if (rows[i].id)
            sbatch(torc, groups[i], &rows[i]);
    arena_destroy(arena);
}

static void load_cluster(const struct torc *torc, struct cluster *cluster)
{
    struct error err;
    cleanup_free char *text = site_text(torc->world->w->site, &torc->world->queue);
    if (cluster_parse(cluster, text, &err))
        torc_fail("the cluster", &err);
}

static void check_plan(const struct plan *plan)
{
    for (size_t i = 0; i < plan->notes_count; i++)
        if (plan->notes[i].refused)
            torc_fail(plan->notes[i].text, NULL);
}

static void make_plan(struct torc *torc, const struct demand *demand, bool first)
{
    struct cluster cluster;
    struct plan plan;
    load_cluster(torc, &cluster);
    struct plan_class *classes = plan_classes_of_demand(demand);
    struct plan_request request = {.classes = classes,
                                   .classes_count = demand->classes_count,
                                   .cluster = &cluster,
                                   .settings = &torc->settings};
    plan_make(&plan, &request);
    check_plan(&plan);
    submit(torc, &plan, first);
    plan_fini(&plan);
    free(classes);
    cluster_fini(&cluster);
}

void torc_plan_workflow(struct torc *torc, struct workflow *workflow)
{
    struct cluster cluster;
    struct plan plan;
    load_cluster(torc, &cluster);
    struct plan_class *classes = plan_classes_of_workflow(workflow);
    struct plan_request request = {.classes = classes,
                                   .classes_count = workflow->classes_count,
                                   .cluster = &cluster,
                                   .settings = &torc->settings};
    plan_make(&plan, &request);
    check_plan(&plan);
    plan_fini(&plan);
    free(classes);
    cluster_fini(&cluster);
}

// Allocations that have not started, of classes that have all ended.
static void give_back(struct torc *torc, const struct demand *demand)
{
    struct submissions all;
    struct error err;
    if (store_submissions(torc->store, torc->workflow_id, &all, &err))
        torc_fail("submissions", &err);
    for (uint32_t i = 0; i < all.count; i++) {
        bool any = false;
        if (submission_is_needed(demand, &all.list[i]))
            continue;
        for (size_t a = 0; a < torc->count; a++)
            if (torc->list[a].submission == all.list[i].id && torc->list[a].phase == PHASE_WAITS &&
                queue_job(&torc->world->queue, torc->list[a].number)->state == QUEUE_PENDING) {
                queue_cancel(&torc->world->queue, torc->list[a].number);
                torc->list[a].phase = PHASE_OVER;
                any = true;
            }
        if (any && store_submission_answered(torc->store, all.list[i].id, all.list[i].slurm_job_id,
                                             "all its jobs had ended before", &err))
            torc_fail("what was given back", &err);
    }
    submissions_fini(&all);
}

void torc_ask(struct torc *torc, bool first)
{
    struct demand demand;
    struct error err;
    torc->due = false;
    torc->asked_usec = torc->world->queue.now;
    if (store_demand(torc->store, torc->workflow_id, &demand, &err))
        torc_fail("demand", &err);
    give_back(torc, &demand);
    make_plan(torc, &demand, first);
    demand_fini(&demand);
}
