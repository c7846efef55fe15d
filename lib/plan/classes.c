// SPDX-License-Identifier: GPL-2.0-or-later
// What waits per class, for the planner: from the database's demand, or counted in a workflow that
// is in none yet.
#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/plan/plan.h"

struct plan_class *plan_classes_of_demand(const struct demand *demand)
{
    struct plan_class *classes = xcalloc(demand->classes_count, sizeof *classes);
    for (uint32_t i = 0; i < demand->classes_count; i++) {
        const struct class_demand *d = &demand->classes[i];
        classes[i] = (struct plan_class){
            .row = &d->row,
            .class_id = d->class_id,
            .ready = d->ready,
            .soon = d->soon,
            .later = d->blocked > d->soon ? d->blocked - d->soon : 0,
            .room = d->room,
            .allocations = d->allocations,
            .waiting = d->waiting,
            .held = d->held,
            .any_length = true, // looked at when it was submitted; now it is asked for as it is
        };
    }
    return classes;
}

enum standing {
    STANDING_BLOCKED,
    STANDING_READY,
    STANDING_OPEN
}; // open: a barrier whose needs are all ready or open

// Barriers may need barriers, so again until nothing changes; with the barriers of a file,
// twice.
static void open_barriers(const struct workflow *workflow, unsigned char *standing)
{
    cleanup_free bool *shut = xcalloc(workflow->jobs_count, sizeof *shut);
    for (bool changed = true; changed;) {
        changed = false;
        for (size_t j = 0; j < workflow->jobs_count; j++)
            shut[j] = false;
        for (size_t i = 0; i < workflow->needs_count; i++)
            if (standing[workflow->needs[i].other] == STANDING_BLOCKED)
                shut[workflow->needs[i].job] = true;
        for (size_t j = 0; j < workflow->jobs_count; j++) {
            if (!workflow->jobs[j].command && !shut[j] && standing[j] == STANDING_BLOCKED) {
                standing[j] = STANDING_OPEN;
                changed = true;
            }
        }
    }
}

struct plan_class *plan_classes_of_workflow(const struct workflow *workflow)
{
    struct plan_class *classes = xcalloc(workflow->classes_count, sizeof *classes);
    cleanup_free unsigned char *standing = xcalloc(workflow->jobs_count, 1);
    cleanup_free bool *later = xcalloc(workflow->jobs_count, sizeof *later);
    for (size_t c = 0; c < workflow->classes_count; c++)
        classes[c] = (struct plan_class){.row = &workflow->classes[c],
                                         .class_id = (int64_t)c,
                                         .any_length = true,
                                         .held = workflow->classes[c].action != 0};
    for (size_t j = 0; j < workflow->jobs_count; j++)
        standing[j] = workflow->jobs[j].unmet ? STANDING_BLOCKED : STANDING_READY;
    open_barriers(workflow, standing);
    for (size_t i = 0; i < workflow->needs_count; i++)
        later[workflow->needs[i].job] |= standing[workflow->needs[i].other] == STANDING_BLOCKED;
    for (size_t j = 0; j < workflow->jobs_count; j++) {
        const struct job_row *job = &workflow->jobs[j];
        if (job->class_index < 0)
            continue;
        struct plan_class *class = &classes[job->class_index];
        int64_t *count = standing[j] == STANDING_READY ? &class->ready
                         : later[j]                    ? &class->later
                                                       : &class->soon;
        *count += 1;
        bool any_length = job->flags & JOB_SUPPORTS_TERMINATION;
        if (!class->job || (class->any_length && !any_length))
            class->job = job->name;
        class->any_length &= any_length;
    }
    return classes;
}

struct action_demand *plan_actions_of_workflow(const struct workflow *workflow, size_t *count)
{
    struct action_demand *actions = xcalloc(workflow->actions_count + 1, sizeof *actions);
    *count = 0;
    for (size_t a = 0; a < workflow->actions_count; a++) {
        const struct action_row *row = &workflow->actions[a];
        if (row->type == ACTION_NODES)
            actions[(*count)++] =
                (struct action_demand){.position = (int32_t)a + 1,
                                       .num_allocations = row->num_allocations,
                                       .scheduler = row->scheduler,
                                       .due = row->trigger == ACTION_WORKFLOW_START};
    }
    return actions;
}
