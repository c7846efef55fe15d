// SPDX-License-Identifier: GPL-2.0-or-later
#include "lib/plan/upfront.h"

#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/base/names.h"
#include "lib/plan/stages.h"

struct counts { // jobs of one stage, by class of the request
    int64_t *jobs;
    size_t *touched, touched_count; // classes that have any
};

// By class of the workflow: that of the request, or classes_count: it has none, as its jobs have
// ended.
static size_t *match_classes(const struct plan_request *request, const struct workflow *workflow)
{
    struct names names;
    size_t *of = xcalloc(workflow->classes_count + 1, sizeof *of);
    names_init(&names);
    for (size_t c = 0; c < request->classes_count; c++)
        names_add(&names, request->classes[c].row->name);
    for (size_t c = 0; c < workflow->classes_count; c++) {
        int64_t at = names_find(&names, workflow->classes[c].name);
        of[c] = at == NAMES_NONE ? request->classes_count : (size_t)at;
    }
    names_fini(&names);
    return of;
}

// The jobs by stage: those of stage s are order[first[s]] … order[first[s + 1] - 1].
static uint32_t *sort_by_stage(const struct stages *stages, const struct workflow *workflow,
                               size_t *first)
{
    uint32_t *order = xcalloc(workflow->jobs_count + 1, sizeof *order);
    for (size_t j = 0; j < workflow->jobs_count; j++)
        first[stages->of_job[j] + 2]++;
    for (uint32_t s = 2; s < stages->count + 3; s++)
        first[s] += first[s - 1];
    for (size_t j = 0; j < workflow->jobs_count; j++)
        order[first[stages->of_job[j] + 1]++] = (uint32_t)j;
    return order;
}

static void count_job(struct counts *counts, size_t class)
{
    if (!counts->jobs[class]++)
        counts->touched[counts->touched_count++] = class;
}

static void append(struct plan *plan, struct plan *other, int32_t stage)
{
    for (size_t i = 0; i < other->groups_count; i++) {
        plan->groups =
            array_grow(plan->groups, plan->groups_count, &plan->groups_space, sizeof *plan->groups);
        other->groups[i].stage = stage;
        plan->groups[plan->groups_count++] = other->groups[i];
    }
    for (size_t i = 0; i < other->notes_count && stage == 1; i++) { // later ones say the same
        plan->notes =
            array_grow(plan->notes, plan->notes_count, &plan->notes_space, sizeof *plan->notes);
        plan->notes[plan->notes_count++] = other->notes[i];
        other->notes[i].text = NULL;
    }
    plan->refused |= other->refused;
}

// One stage as if there were no others; the first has all classes, so that each is looked at.
static void plan_stage(struct plan *plan, const struct plan_request *request, struct counts *counts,
                       int32_t stage)
{
    size_t all = request->classes_count, count = stage == 1 ? all : counts->touched_count;
    cleanup_free struct plan_class *classes = xcalloc(count + 1, sizeof *classes);
    struct plan one;
    for (size_t i = 0; i < count; i++) {
        size_t c = stage == 1 ? i : counts->touched[i];
        classes[i] = request->classes[c];
        classes[i].ready = counts->jobs[c];
        classes[i].soon = classes[i].later = 0;
        if (stage > 1) {
            classes[i].room = classes[i].allocations = 0;
            classes[i].waiting = false;
        }
    }
    struct plan_request this = *request;
    this.classes = classes;
    this.classes_count = count;
    this.actions_count = stage == 1 ? request->actions_count : 0;
    plan_make(&one, &this);
    append(plan, &one, stage);
    plan_fini(&one);
    for (size_t i = 0; i < counts->touched_count; i++)
        counts->jobs[counts->touched[i]] = 0;
    counts->touched_count = 0;
}

void plan_upfront(struct plan *plan, const struct plan_request *request,
                  const struct workflow *workflow, uint32_t *stages_count)
{
    struct stages stages;
    *plan = (struct plan){0};
    stages_make(&stages, workflow);
    *stages_count = stages.count;
    cleanup_free size_t *of = match_classes(request, workflow);
    cleanup_free size_t *first = xcalloc(stages.count + 3, sizeof *first);
    cleanup_free uint32_t *order = sort_by_stage(&stages, workflow, first);
    cleanup_free int64_t *jobs = xcalloc(request->classes_count + 1, sizeof *jobs);
    cleanup_free size_t *touched = xcalloc(request->classes_count + 1, sizeof *touched);
    struct counts counts = {.jobs = jobs, .touched = touched};
    for (uint32_t s = 1; s <= stages.count && s <= UPFRONT_STAGES_MOST; s++) {
        for (size_t i = first[s]; i < first[s + 1]; i++) {
            int32_t class = workflow->jobs[order[i]].class_index;
            if (workflow->jobs[order[i]].command && class >= 0 &&
                of[class] < request->classes_count)
                count_job(&counts, of[class]);
        }
        plan_stage(plan, request, &counts, (int32_t)s);
    }
    stages_fini(&stages);
}
