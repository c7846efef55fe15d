// SPDX-License-Identifier: GPL-2.0-or-later
// Which jobs get their nodes from an action (schedule_nodes): those that it selects, those that
// name its scheduler, and, of those that name none and that no such action selects, what comes
// after the selected ones and fits. With on_workflow_start and no selection: all of these.
#include <string.h>

#include "lib/base/mem.h"
#include "lib/workflow/resolve.h"

struct cover {
    struct resolver *resolver;
    struct workflow *workflow;
    int32_t *of_job; // place of its action, from 1; 0: none
    bool *selected;  // by some schedule_nodes
    size_t *first;   // those that need job j: list[first[j]] … list[first[j + 1] - 1]; NULL: not
                     // made yet
    uint32_t *list;
};

static const struct class_row *class_of(const struct cover *cover, uint32_t job)
{
    int32_t class = cover->workflow->jobs[job].class_index;
    return class < 0 ? NULL : &cover->workflow->classes[class];
}

static bool names_scheduler(const struct class_row *row, const char *scheduler)
{
    return row->scheduler && !strcmp(row->scheduler, scheduler);
}

static bool fits(const struct cover *cover, uint32_t job, const char *name)
{
    enum { WHY = 256 };
    char why[WHY];
    const struct resolver *r = cover->resolver;
    const struct scheduler *scheduler = schedulers_find(&r->schedulers, name);
    return scheduler && scheduler_holds(scheduler, &r->asks[scheduler - r->schedulers.list],
                                        class_of(cover, job),
                                        cover->workflow->jobs[job].flags & JOB_SUPPORTS_TERMINATION,
                                        why, sizeof why);
}

static void take(struct cover *cover, uint32_t job, size_t action)
{
    const struct class_row *row = class_of(cover, job);
    if (row && !row->labels && !cover->of_job[job])
        cover->of_job[job] = (int32_t)action + 1;
}

// What waits for the end of jobs cannot give them their nodes: on_jobs_complete covers what comes
// after them alone.
static void take_selected(struct cover *cover, size_t action)
{
    const struct action_row *a = &cover->workflow->actions[action];
    for (uint32_t i = 0; i < a->jobs_count; i++) {
        const struct class_row *row = class_of(cover, a->jobs[i]);
        if (a->trigger == ACTION_JOBS_COMPLETE || !row)
            continue;
        cover->selected[a->jobs[i]] = true;
        if (!row->scheduler || names_scheduler(row, a->scheduler))
            take(cover, a->jobs[i], action);
    }
}

static void take_named(struct cover *cover, size_t action)
{
    const struct action_row *a = &cover->workflow->actions[action];
    for (uint32_t j = 0; j < cover->workflow->jobs_count; j++)
        if (class_of(cover, j) && names_scheduler(class_of(cover, j), a->scheduler))
            take(cover, j, action);
}

static void find_dependents(struct cover *cover)
{
    const struct workflow *w = cover->workflow;
    if (cover->first)
        return;
    cover->first = xcalloc(w->jobs_count + 2, sizeof *cover->first);
    cover->list = xcalloc(w->needs_count + 1, sizeof *cover->list);
    for (size_t i = 0; i < w->needs_count; i++)
        cover->first[w->needs[i].other + 2]++;
    for (size_t j = 2; j < w->jobs_count + 2; j++)
        cover->first[j] += cover->first[j - 1];
    for (size_t i = 0; i < w->needs_count; i++)
        cover->list[cover->first[w->needs[i].other + 1]++] = w->needs[i].job;
}

// The jobs that come after the selected ones, through any number of levels.
static void mark_downstream(struct cover *cover, const struct action_row *a, bool *marked)
{
    size_t top = 0;
    cleanup_free uint32_t *stack = xcalloc(cover->workflow->jobs_count + 1, sizeof *stack);
    cleanup_free bool *pushed = xcalloc(cover->workflow->jobs_count + 1, sizeof *pushed);
    find_dependents(cover);
    for (uint32_t i = 0; i < a->jobs_count; i++) {
        stack[top++] = a->jobs[i];
        pushed[a->jobs[i]] = true;
    }
    while (top) {
        uint32_t job = stack[--top];
        for (size_t i = cover->first[job]; i < cover->first[job + 1]; i++) {
            uint32_t next = cover->list[i];
            marked[next] = true;
            if (!pushed[next])
                stack[top++] = next;
            pushed[next] = true;
        }
    }
}

static void take_free(struct cover *cover, size_t action)
{
    const struct workflow *w = cover->workflow;
    const struct action_row *a = &w->actions[action];
    bool all = a->trigger == ACTION_WORKFLOW_START && !a->jobs_count;
    cleanup_free bool *marked = xcalloc(w->jobs_count + 1, sizeof *marked);
    if (!all)
        mark_downstream(cover, a, marked);
    for (uint32_t j = 0; j < w->jobs_count; j++) {
        const struct class_row *row = class_of(cover, j);
        if ((all || marked[j]) && row && !row->scheduler && !cover->selected[j] &&
            !cover->of_job[j] && fits(cover, j, a->scheduler))
            take(cover, j, action);
    }
}

// Jobs of a class that one action covers and another does not are of two classes; the first that
// comes keeps the row.
static void divide_classes(struct cover *cover)
{
    struct workflow *w = cover->workflow;
    size_t count = w->classes_count, actions = w->actions_count + 1;
    cleanup_free int32_t *place = xcalloc(count * actions + 1, sizeof *place); // + 1; 0: none
    cleanup_free bool *kept = xcalloc(count + 1, sizeof *kept);
    for (size_t j = 0; j < w->jobs_count; j++) {
        int32_t class = w->jobs[j].class_index, action = cover->of_job[j];
        if (class < 0)
            continue;
        int32_t *at = &place[(size_t) class * actions + (size_t)action];
        if (!*at && kept[class]) {
            w->classes = xrealloc(w->classes, w->classes_count + 1, sizeof *w->classes);
            w->classes[w->classes_count] = w->classes[class];
            *at = (int32_t)++w->classes_count;
        } else if (!*at) {
            *at = class + 1;
            kept[class] = true;
        }
        struct class_row *row = &w->classes[*at - 1];
        row->action = action;
        row->asks_with = action ? w->actions[action - 1].scheduler : NULL;
        w->jobs[j].class_index = *at - 1;
    }
}

// Such an action is of no use: perhaps all jobs are too large for its scheduler.
static void warn_of_useless(struct cover *cover)
{
    const struct workflow *w = cover->workflow;
    cleanup_free bool *used = xcalloc(w->actions_count + 1, sizeof *used);
    for (size_t j = 0; j < w->jobs_count; j++)
        used[cover->of_job[j]] = true;
    for (size_t a = 0; a < w->actions_count; a++) {
        if (w->actions[a].type != ACTION_NODES || used[a + 1])
            continue;
        source_go_key(cover->resolver->source, "actions", cover->resolver->spec->actions.offset);
        source_down_index(cover->resolver->source, a);
        source_warning(cover->resolver->source,
                       "without effect: no job that its scheduler \"%s\" has room and time for "
                       "gets its nodes from this action",
                       w->actions[a].scheduler);
    }
}

void resolve_cover(struct resolver *resolver)
{
    struct workflow *w = resolver->workflow;
    struct cover cover = {.resolver = resolver, .workflow = w};
    static void (*const takes[])(struct cover *, size_t) = {take_selected, take_named, take_free};
    bool any = false;
    for (size_t a = 0; a < w->actions_count; a++)
        any |= w->actions[a].type == ACTION_NODES && w->actions[a].scheduler;
    if (!any || resolver->source->problems->errors)
        return;
    cover.of_job = xcalloc(w->jobs_count + 1, sizeof *cover.of_job);
    cover.selected = xcalloc(w->jobs_count + 1, sizeof *cover.selected);
    for (size_t t = 0; t < sizeof takes / sizeof *takes; t++)
        for (size_t a = 0; a < w->actions_count; a++)
            if (w->actions[a].type == ACTION_NODES)
                takes[t](&cover, a);
    divide_classes(&cover);
    warn_of_useless(&cover);
    free(cover.of_job);
    free(cover.selected);
    free(cover.first);
    free(cover.list);
}
