// SPDX-License-Identifier: GPL-2.0-or-later
// One squeue for all submissions; what it does not list is asked for by its id.
#include "lib/slurm/settle.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/comma_list.h"
#include "lib/base/mem.h"
#include "lib/slurm/elements.h"
#include "lib/slurm/slurm.h"
#include "lib/slurm/submit.h"
#include "lib/store/plan.h"
#include "lib/store/read_each.h"

struct pending { // an allocation that may still do something
    int64_t id, submission_id, slurm_job_id;
    int32_t task;
    bool runs;            // a runner came: its end is the runner's to say
    enum slurm_fate fate; // in Slurm
    const char *said;
};

struct live {
    struct pending *list;
    size_t count, space;
    struct submissions all;
    char *names; // of their jobs
};

static int each_allocation(void *context, const struct read_reply *reply, uint32_t index,
                           struct error *err)
{
    struct live *live = context;
    const struct allocation_info *a = &reply->allocations[index];
    (void)err;
    if (a->state == ALLOCATION_ENDED || a->state == ALLOCATION_CANCELED)
        return 0;
    live->list = array_grow(live->list, live->count, &live->space, sizeof *live->list);
    live->list[live->count++] = (struct pending){.id = a->id,
                                                 .submission_id = a->submission_id,
                                                 .task = a->array_task_id,
                                                 .runs = a->state == ALLOCATION_RUNNING};
    return 0;
}

static const struct submission *submission_of(const struct live *live, int64_t id)
{
    for (uint32_t i = 0; i < live->all.count; i++)
        if (live->all.list[i].id == id)
            return &live->all.list[i];
    return NULL;
}

static void add_name(struct live *live, const struct submission *submission)
{
    cleanup_free char *name = submission_job_name(submission);
    if (!name || comma_list_has(live->names, name))
        return;
    char *names = live->names ? xasprintf("%s,%s", live->names, name) : xstrdup(name);
    free(live->names);
    live->names = names;
}

static int find_live(struct store *store, int64_t workflow_id, struct live *live, struct error *err)
{
    struct read_request request = {.what = READ_ALLOCATIONS, .workflow_id = workflow_id};
    if (store_read_each(store, request, each_allocation, live, err) ||
        store_submissions(store, workflow_id, &live->all, err))
        return -1;
    size_t kept = 0;
    for (size_t i = 0; i < live->count; i++) {
        const struct submission *s = submission_of(live, live->list[i].submission_id);
        if (!s || !s->slurm_job_id) // never answered: submit_heal looks for it
            continue;
        live->list[kept] = live->list[i];
        live->list[kept++].slurm_job_id = s->slurm_job_id;
        add_name(live, s);
    }
    live->count = kept;
    return 0;
}

static void live_fini(struct live *live)
{
    free(live->list);
    free(live->names);
    if (live->all.arena)
        submissions_fini(&live->all);
}

// One that squeue does not list is unknown; that it is gone only the controller can say, or the
// rest of its array, which is listed. Each job is asked for once: those of an array stand together.
static void learn_fates(struct live *live, const struct elements *elements)
{
    struct error ignored;
    int64_t asked = 0;
    bool listed, gone = false;
    for (size_t i = 0; i < live->count; i++) {
        struct pending *p = &live->list[i];
        const struct element *e = elements_find(elements, p->slurm_job_id, p->task, &listed);
        if (!e && !listed && asked != p->slurm_job_id) {
            asked = p->slurm_job_id;
            gone = !slurm_job_is_gone(asked, &gone, &ignored) && gone;
        }
        p->fate = e ? e->fate : listed || gone ? FATE_ENDED : FATE_UNKNOWN;
        p->said = e ? e->said : "Slurm does not know it any more";
    }
}

// Those of one submission with this fate, in one transaction.
static int write_down(struct store *store, const struct submission *s, const struct live *live,
                      enum slurm_fate fate, struct error *err)
{
    cleanup_free int64_t *ids = xcalloc(live->count, sizeof *ids);
    uint32_t count = 0;
    const char *why = NULL;
    for (size_t i = 0; i < live->count; i++) {
        const struct pending *p = &live->list[i];
        if (p->submission_id != s->id || p->runs || p->fate != fate)
            continue;
        ids[count++] = p->id;
        why = p->said;
    }
    if (!count)
        return 0;
    return fate == FATE_CANCELED
               ? store_allocations_over(store, s->id, ids, count, ALLOCATION_CANCELED,
                                        "it was canceled in Slurm", err)
               : store_allocations_over(store, s->id, ids, count, ALLOCATION_ENDED, why, err);
}

static void judge(const struct live *live, struct settled *settled)
{
    bool other = false;
    for (size_t i = 0; i < live->count; i++) {
        const struct pending *p = &live->list[i];
        enum slurm_fate fate = p->fate;
        settled->canceled |= fate == FATE_CANCELED;
        settled->alive |= fate != FATE_ENDED && fate != FATE_CANCELED;
        other |= fate != FATE_STUCK && fate != FATE_ENDED && fate != FATE_CANCELED;
        if (fate == FATE_STUCK && !settled->stuck)
            settled->stuck = xasprintf("Slurm job %lld is %s", (long long)p->slurm_job_id, p->said);
    }
    if (other)
        free(take_ptr(settled->stuck));
}

int settle(struct store *store, int64_t workflow_id, struct settled *settled, struct error *err)
{
    struct live live = {0};
    struct elements elements = {0};
    struct error ignored;
    *settled = (struct settled){0};
    int rc = find_live(store, workflow_id, &live, err);
    if (!rc && live.count && (!live.names || elements_read(&elements, live.names, &ignored))) {
        settled->alive = true; // no answer: unknown, so wait
    } else if (!rc) {
        learn_fates(&live, &elements);
        judge(&live, settled);
        for (uint32_t i = 0; i < live.all.count && !rc; i++)
            rc = write_down(store, &live.all.list[i], &live, FATE_CANCELED, err) ||
                         write_down(store, &live.all.list[i], &live, FATE_ENDED, err)
                     ? -1
                     : 0;
    }
    elements_fini(&elements);
    live_fini(&live);
    return rc;
}

void settled_fini(struct settled *settled)
{
    free(take_ptr(settled->stuck)); // what was found out stays
}
