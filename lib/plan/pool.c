// SPDX-License-Identifier: GPL-2.0-or-later
// Forms pools, and brings their jobs into the terms of shape.h and its shapes into those of a plan.
#include "lib/plan/pool.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/number.h"
#include "lib/plan/allocations.h"
#include "lib/plan/note.h"
#include "lib/plan/shape.h"

static const int64_t SEC = 1000000, MINUTE = 60 * SEC;
static const int64_t NO_LIMIT = INT64_MAX / 4; // memory of nodes of which Slurm does not know it

static bool same_text(const char *a, const char *b)
{
    return a && b ? !strcmp(a, b) : a == b;
}

bool pool_rows_alike(const struct class_row *a, const struct class_row *b)
{
    return a->nodes == b->nodes && (a->gpus_milli > 0) == (b->gpus_milli > 0) &&
           a->enforced == b->enforced && !a->labels && !b->labels && !a->action && !b->action &&
           same_text(a->scheduler, b->scheduler);
}

void pools_make(struct pools *pools, struct plan *plan, const struct plan_request *request)
{
    cleanup_free size_t *firsts = xcalloc(request->classes_count + 1, sizeof *firsts);
    *pools = (struct pools){.list = xcalloc(request->classes_count + 1, sizeof *pools->list)};
    for (size_t i = 0; i < request->classes_count; i++) {
        const struct plan_class *class = &request->classes[i];
        struct pool_class *at = &pools->list[pools->count];
        if (class->row->labels || class->held) // runners started by hand; an action
            continue;
        if (fit_choose(&at->fit, plan, request, class)) {
            fit_fini(&at->fit);
            continue;
        }
        at->class = class;
        for (at->pool = 0; at->pool < pools->pools_count; at->pool++) {
            const struct pool_class *first = &pools->list[firsts[at->pool]];
            if (first->fit.partition == at->fit.partition &&
                pool_rows_alike(first->class->row, class->row))
                break;
        }
        if (at->pool == pools->pools_count)
            firsts[pools->pools_count++] = pools->count;
        pools->count++;
    }
}

void pools_fini(struct pools *pools)
{
    for (size_t i = 0; i < pools->count; i++)
        fit_fini(&pools->list[i].fit);
    free(pools->list);
    *pools = (struct pools){0};
}

uint32_t *pools_of_classes(const struct pools *pools, const struct plan_request *request)
{
    uint32_t *of = xcalloc(request->classes_count + 1, sizeof *of);
    cleanup_free uint32_t *firsts = xcalloc(pools->pools_count + 1, sizeof *firsts);
    for (size_t i = 0; i < pools->count; i++) {
        size_t class = (size_t)(pools->list[i].class - request->classes);
        uint32_t *first = &firsts[pools->list[i].pool];
        *first = *first ? *first : (uint32_t) class + 1;
        of[class] = *first;
    }
    return of;
}

// ---- packing ----

struct packing { // of the classes of a pool that can be packed together
    const struct plan_request *request;
    const struct fit *fit; // of one of them: what is asked for whatever the jobs need
    const struct class_row *row;
    struct fit_least *leasts; // of types of nodes
    struct shape_type *types; // likewise
    size_t types_count;
    int64_t longest_usec, room_usec; // of allocations, and of it for jobs
};

// GPUs as they are given: a fraction of one is never put together from two.
static int32_t gpus_of(const struct class_row *row)
{
    return row->gpus_milli <= 0 || row->gpus_milli >= 1000 ? row->gpus_milli
                                                           : 1000 / (1000 / row->gpus_milli);
}

static struct place_room room_of_job(const struct pool_class *c)
{
    return (struct place_room){.cpus = c->fit.cpus_per_job,
                               .gpus_milli = gpus_of(c->class->row),
                               .memory_bytes = fit_memory(&c->fit, c->class->row)};
}

static struct place_room room_of_node(const struct fit_least *least)
{
    return (struct place_room){.cpus = least->cpus,
                               .gpus_milli = least->gpus * 1000,
                               .memory_bytes =
                                   least->memory_bytes ? least->memory_bytes : NO_LIMIT};
}

static void set_times(struct packing *p, const struct pool_need *needs, size_t count)
{
    const struct settings *settings = p->request->settings;
    int64_t most = p->fit->partition->max_time_usec;
    for (size_t i = 0; i < count; i++)
        p->longest_usec =
            larger(p->longest_usec, class_times(p->request, needs[i].of->class, p->fit).longest);
    if (!settings->walltime_usec && !p->fit->asks.walltime_usec &&
        (!most || p->longest_usec + MINUTE <= most))
        p->longest_usec += MINUTE;
    p->room_usec = p->longest_usec - margin_of(settings, p->longest_usec) - START_SLACK_SECS * SEC;
}

// Does runtime, scratch or several nodes make it a case of its own?
static bool goes_alone(const struct packing *p, const struct pool_class *c)
{
    const struct class_row *row = c->class->row;
    struct place_room each = room_of_job(c);
    bool some = false;
    for (size_t t = 0; t < p->types_count; t++)
        some |= place_side_by_side(&each, &p->types[t].room) > 0;
    return !some || row->tmp_bytes || row->runtime_usec > p->room_usec ||
           fit_nodes(&c->fit, row) != row->nodes || (row->nodes > 1 && row->gpus_milli > 0);
}

static void packing_init(struct packing *p, const struct plan_request *request,
                         const struct pool_need *needs, size_t count)
{
    const struct pool_class *first = needs->of;
    *p = (struct packing){.request = request, .fit = &first->fit, .row = first->class->row};
    p->types_count = fit_types(p->fit, request->cluster, p->row->nodes, &p->leasts);
    p->types = xcalloc(p->types_count + 1, sizeof *p->types);
    for (size_t t = 0; t < p->types_count; t++)
        p->types[t] = (struct shape_type){.room = room_of_node(&p->leasts[t]),
                                          .idle = p->leasts[t].idle / larger(p->row->nodes, 1)};
    set_times(p, needs, count);
}

// Of very many jobs that are short beside an allocation, a few one after another count as one: what
// comes of it is nearly the same, in a bounded time.
static void bundle(struct pool_need *need, int64_t room_usec, int64_t all)
{
    enum { ROUNDS = 64, MANY = 20000 };
    int64_t runtime = larger(need->of->class->row->runtime_usec, SEC);
    int64_t most = all < MANY ? 1 : larger(room_usec / ROUNDS / runtime, 1),
            jobs = larger(need->jobs, need->soon);
    int64_t count = divide_up(jobs, most);
    need->together = divide_up(jobs, count);
    need->usec = need->together * runtime;
}

static int compare_needs(const void *a, const void *b)
{
    const struct pool_need *x = a, *y = b;
    return x->usec != y->usec ? (x->usec < y->usec) - (x->usec > y->usec)
                              : (x->of > y->of) - (x->of < y->of);
}

// "small, large", or how many there are: names that a program made up tell nobody anything.
static char *name_of(const struct pool_need *needs, size_t count)
{
    enum { LONGEST = 24 };
    if (count == 2) {
        char *both =
            xasprintf("%s, %s", needs[0].of->class->row->name, needs[1].of->class->row->name);
        if (strlen(both) <= LONGEST)
            return both;
        free(both);
    }
    return xasprintf("%zu classes", count);
}

static void add_group(struct plan *plan, const struct packing *p, const struct pool_need *needs,
                      size_t count, const struct shape *shape, bool now)
{
    int64_t jobs = 0;
    for (size_t i = 0; i < count; i++)
        jobs += needs[i].jobs + (shape->soon ? needs[i].soon : 0);
    plan->groups =
        array_grow(plan->groups, plan->groups_count, &plan->groups_space, sizeof *plan->groups);
    struct plan_group *group = &plan->groups[plan->groups_count++];
    *group = group_of(needs->of->class, p->fit);
    if (count > 1)
        group->class_name = group->own_name = name_of(needs, count);
    group->classes = (int32_t)count;
    group->now = now;
    group->jobs = jobs;
    group->count = (int32_t)shape->count;
    group->slots = shape->side;
    group->rounds = (int32_t)divide_up(jobs, shape->count * shape->side);
    if (shape->left) // there may be no more
        group->rounds = (int32_t)larger(jobs / (shape->count * shape->side) - 1, 1);
    group->limit = shape->limit;
    group->bound_usec = shape->bound_usec * (double)larger(p->row->nodes, 1);
    struct needed needed = {.cpus = shape->each.cpus,
                            .gpus = (shape->each.gpus_milli + 999) / 1000,
                            .memory_bytes = shape->each.memory_bytes};
    group_set_resources(group, p->request, p->row, p->fit, &p->leasts[shape->type], &needed);
    group_set_walltime(group, p->request, p->fit, shape->work_usec, p->longest_usec);
}

// Those that some type of node holds together: the classes that most of them fit come first in the
// list; gives how many.
static size_t choose_types(struct packing *p, struct pool_need *needs, size_t count)
{
    size_t best = 0, best_count = 0, kept = 0, all = 0;
    for (size_t t = 0; t < p->types_count; t++) {
        size_t fitting = 0;
        for (size_t i = 0; i < count; i++) {
            struct place_room each = room_of_job(needs[i].of);
            fitting += place_side_by_side(&each, &p->types[t].room) > 0;
        }
        if (fitting > best_count) {
            best = t;
            best_count = fitting;
        }
        if (fitting == count) { // stays, at the front
            struct fit_least least = p->leasts[t];
            struct shape_type type = p->types[t];
            p->leasts[t] = p->leasts[all];
            p->types[t] = p->types[all];
            p->leasts[all] = least;
            p->types[all++] = type;
        }
    }
    if (all) {
        p->types_count = all;
        return count;
    }
    for (size_t i = 0; i < count; i++) {
        struct place_room each = room_of_job(needs[i].of);
        struct pool_need need = needs[i];
        if (place_side_by_side(&each, &p->types[best].room) > 0) {
            needs[i] = needs[kept];
            needs[kept++] = need;
        }
    }
    p->leasts[0] = p->leasts[best];
    p->types[0] = p->types[best];
    p->types_count = 1;
    return kept;
}

static void pack_some(struct plan *plan, struct packing *p, struct pool_need *needs, size_t count,
                      bool now, bool *soon)
{
    const struct settings *settings = p->request->settings;
    struct shape shapes[SHAPES_MOST];
    cleanup_free struct place_jobs *jobs = xcalloc(count, sizeof *jobs),
                                   *then = xcalloc(count, sizeof *then);
    int64_t all = 0;
    for (size_t i = 0; i < count; i++)
        all += needs[i].jobs + needs[i].soon;
    for (size_t i = 0; i < count; i++)
        bundle(&needs[i], p->room_usec, all);
    qsort(needs, count, sizeof *needs, compare_needs);
    for (size_t i = 0; i < count; i++) {
        jobs[i] = (struct place_jobs){.each = room_of_job(needs[i].of),
                                      .runtime_usec = needs[i].usec,
                                      .count = divide_up(needs[i].jobs, needs[i].together)};
        then[i] = jobs[i];
        then[i].count = divide_up(needs[i].soon, needs[i].together);
    }
    struct shape_ask ask = {.jobs = jobs,
                            .soon = then,
                            .jobs_count = count,
                            .types = p->types,
                            .types_count = p->types_count,
                            .whole_nodes = p->fit->whole_nodes,
                            .wide = settings->pack == PACK_WIDE,
                            .longest_usec = p->room_usec,
                            .extra_usec = p->longest_usec - p->room_usec,
                            .least_usec = settings->shortest_usec,
                            .most = group_most(p->request, needs->of->class, p->fit)};
    cleanup_free unsigned char *of = xcalloc(count, 1);
    cleanup_free struct pool_need *its = xcalloc(count, sizeof *its);
    size_t shapes_count = shapes_make(shapes, of, &ask);
    for (size_t s = 0; s < shapes_count; s++) {
        size_t its_count = 0;
        for (size_t i = 0; i < count; i++)
            if (of[i] == s && (needs[i].jobs || shapes[s].soon))
                its[its_count++] = needs[i];
        if (its_count)
            add_group(plan, p, its, its_count, &shapes[s], now);
    }
    *soon &= shapes[0].soon;
}

size_t pool_pack(struct plan *plan, const struct plan_request *request, struct pool_need *needs,
                 size_t count, bool now, bool *soon)
{
    size_t alone = 0, from;
    struct packing p;
    packing_init(&p, request, needs, count);
    for (size_t i = 0; i < count; i++) {
        struct pool_need need = needs[i];
        if (goes_alone(&p, need.of)) {
            needs[i] = needs[alone];
            needs[alone++] = need;
        }
    }
    *soon = true;
    for (from = alone; from < count;) {
        free(p.types);
        free(p.leasts);
        packing_init(&p, request, needs + from, count - from);
        size_t together = choose_types(&p, needs + from, count - from);
        pack_some(plan, &p, needs + from, together, now, soon);
        from += together;
    }
    free(p.types);
    free(p.leasts);
    return alone;
}
