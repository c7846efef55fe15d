// SPDX-License-Identifier: GPL-2.0-or-later
// Jobs that wait for the same, together: ready ones by class, blocked ones by the need.
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/show/waiting.h"
#include "lib/show/why.h"
#include "lib/store/read_each.h"

enum { BLOCKED_MOST = 1000, NEEDS_MOST = 5 }; // looked at; shown

struct gathering {
    struct store *store;
    const struct workflow_info *workflow;
    const struct waiting *waiting;
    struct waiting_groups *groups, needs;
};

static void add(struct waiting_groups *groups, struct waiting_group group)
{
    for (size_t i = 0; i < groups->count; i++) {
        struct waiting_group *old = &groups->list[i];
        if (old->state != group.state || strcmp(old->text, group.text))
            continue;
        old->jobs += group.jobs;
        old->labelled &= group.labelled;
        if (old->class_name && (!group.class_name || strcmp(old->class_name, group.class_name))) {
            free(old->class_name);
            old->class_name = NULL;
        }
        free(group.class_name);
        free(group.text);
        return;
    }
    groups->list = array_grow(groups->list, groups->count, &groups->space, sizeof *groups->list);
    groups->list[groups->count++] = group;
}

static int each_class(void *pointer, const struct read_reply *reply, uint32_t index,
                      struct error *err)
{
    struct gathering *g = pointer;
    const struct class_info *class = &reply->classes[index];
    (void)err;
    if (class->counts[JOB_READY])
        add(g->groups, (struct waiting_group){.state = JOB_READY,
                                              .class_name = xstrdup(class->name),
                                              .text = waiting_class(g->waiting, class, false),
                                              .jobs = class->counts[JOB_READY],
                                              .labelled = class->labels && *class->labels});
    return 0;
}

// Needs that wait for others themselves come last, then the more jobs the earlier.
static int compare(const void *a, const void *b)
{
    const struct waiting_group *left = a, *right = b;
    bool chained = left->need_state == JOB_BLOCKED, other = right->need_state == JOB_BLOCKED;
    if (chained != other)
        return chained ? 1 : -1;
    if (left->jobs != right->jobs)
        return left->jobs > right->jobs ? -1 : 1;
    return strcmp(left->text, right->text);
}

static void add_blocked(struct gathering *g, const struct job_info *job)
{
    char *text = why_waits(job);
    if (text)
        add(&g->needs,
            (struct waiting_group){
                .state = JOB_BLOCKED, .need_state = job->why_state, .text = text, .jobs = 1});
}

static int blocked(struct gathering *g, struct error *err)
{
    const struct workflow_info *workflow = g->workflow;
    struct waiting_groups *needs = &g->needs;
    struct read_request request = {.what = READ_JOBS,
                                   .workflow_id = workflow->id,
                                   .limit = BLOCKED_MOST,
                                   .states = 1U << JOB_BLOCKED};
    struct read_reply reply = {0};
    g->groups->others = workflow->counts[JOB_BLOCKED];
    if (!g->groups->others)
        return 0;
    if (store_read(g->store, &request, &reply, err))
        return -1;
    for (uint32_t i = 0; i < reply.count; i++)
        add_blocked(g, &reply.jobs[i]);
    read_reply_fini(&reply);
    if (needs->count)
        qsort(needs->list, needs->count, sizeof *needs->list, compare);
    for (size_t i = 0; i < needs->count; i++) {
        if (i < NEEDS_MOST) {
            g->groups->others -= needs->list[i].jobs;
            add(g->groups, needs->list[i]);
        } else {
            free(needs->list[i].text);
        }
    }
    free(needs->list);
    return 0;
}

int waiting_groups_read(const struct waiting *waiting, struct store *store,
                        const struct workflow_info *workflow, struct waiting_groups *groups,
                        struct error *err)
{
    static const enum job_state states[] = {JOB_PENDING, JOB_UNINITIALIZED, JOB_PENDING_FAILED};
    struct gathering g = {
        .store = store, .workflow = workflow, .waiting = waiting, .groups = groups};
    struct read_request request = {.what = READ_CLASSES, .workflow_id = workflow->id};
    *groups = (struct waiting_groups){0};
    if (workflow->state != WORKFLOW_RUNNING && workflow->state != WORKFLOW_HELD)
        return 0;
    if (store_read_each(store, request, each_class, &g, err))
        return -1;
    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        if (workflow->counts[states[i]])
            add(groups,
                (struct waiting_group){.state = states[i],
                                       .text = why_waits(&(struct job_info){.state = states[i]}),
                                       .jobs = workflow->counts[states[i]]});
    return blocked(&g, err);
}

void waiting_groups_fini(struct waiting_groups *groups)
{
    for (size_t i = 0; i < groups->count; i++) {
        free(groups->list[i].class_name);
        free(groups->list[i].text);
    }
    free(groups->list);
}
