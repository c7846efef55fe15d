// SPDX-License-Identifier: GPL-2.0-or-later
// One squeue for all submissions; what it does not list is asked for by its id. Before anything is
// written down for good, Slurm has to say it twice.
#include "lib/slurm/settle.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/slurm/elements.h"
#include "lib/slurm/slurm.h"
#include "lib/slurm/submit.h"
#include "lib/store/plan.h"
#include "lib/store/read_each.h"

struct pending { // an allocation that may still do something
    int64_t id, submission_id, slurm_job_id;
    int64_t seen_job_id; // under its tag: another than sbatch's answer, if that was garbled
    const char *tag;
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
        live->list[kept].tag = s->tag;
        live->list[kept++].slurm_job_id = s->slurm_job_id;
        submission_add_name(&live->names, s);
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
// again: what is said otherwise than before is unknown.
static void learn_fates(struct live *live, const struct elements *elements, bool again)
{
    struct error ignored;
    int64_t asked = 0;
    bool listed, gone = false;
    for (size_t i = 0; i < live->count; i++) {
        struct pending *p = &live->list[i];
        const struct element *e =
            elements_find(elements, p->tag, p->slurm_job_id, p->task, &listed);
        if (!e && !listed && asked != p->slurm_job_id) {
            asked = p->slurm_job_id;
            gone = !slurm_job_is_gone(asked, &gone, &ignored) && gone;
        }
        enum slurm_fate fate = e ? e->fate : listed || gone ? FATE_ENDED : FATE_UNKNOWN;
        int64_t job_id = e ? e->job_id : p->slurm_job_id;
        bool same = fate == p->fate && job_id == p->seen_job_id;
        p->fate = again && !same ? FATE_UNKNOWN : fate;
        p->seen_job_id = again && !same ? p->slurm_job_id : job_id;
        p->said = e ? e->said : "Slurm does not know it any more";
    }
}

static bool has_news(const struct live *live)
{
    for (size_t i = 0; i < live->count; i++) {
        const struct pending *p = &live->list[i];
        if (p->fate == FATE_ENDED || p->fate == FATE_CANCELED || p->fate == FATE_STUCK ||
            p->seen_job_id != p->slurm_job_id)
            return true;
    }
    return false;
}

static int correct_job_ids(struct store *store, const struct live *live, struct error *err)
{
    int64_t done = 0;
    for (size_t i = 0; i < live->count; i++) {
        const struct pending *p = &live->list[i];
        if (p->seen_job_id == p->slurm_job_id || p->submission_id == done)
            continue;
        done = p->submission_id;
        if (store_submission_answered(store, done, p->seen_job_id, NULL, err))
            return -1;
    }
    return 0;
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

// Where a runner came before, its end is still to be said.
static bool is_stuck(const struct pending *p)
{
    return p->fate == FATE_STUCK && !p->runs;
}

// Of one that is not gone then it is not known what it is.
static void cancel_stuck(struct live *live)
{
    cleanup_free int64_t *jobs = xcalloc(live->count, sizeof *jobs);
    cleanup_free int32_t *tasks = xcalloc(live->count, sizeof *tasks);
    uint32_t count = 0;
    struct elements after = {0};
    struct error ignored;
    bool listed;
    for (size_t i = 0; i < live->count; i++)
        if (is_stuck(&live->list[i])) {
            jobs[count] = live->list[i].seen_job_id;
            tasks[count++] = live->list[i].task;
        }
    if (!count)
        return;
    bool answered = !slurm_cancel(jobs, tasks, count, true, &ignored) &&
                    !elements_read(&after, live->names, &ignored);
    for (size_t i = 0; i < live->count; i++) {
        struct pending *p = &live->list[i];
        const struct element *e = elements_find(&after, p->tag, p->seen_job_id, p->task, &listed);
        if (is_stuck(p) && (!answered || (e && e->fate != FATE_CANCELED)))
            p->fate = FATE_UNKNOWN;
    }
    elements_fini(&after);
}

static void judge(const struct live *live, struct settled *settled)
{
    for (size_t i = 0; i < live->count; i++) {
        enum slurm_fate fate = live->list[i].fate;
        settled->canceled |= fate == FATE_CANCELED;
        settled->alive |= fate != FATE_ENDED && fate != FATE_CANCELED && !is_stuck(&live->list[i]);
    }
}

// The fates, as squeue tells them once or twice; -1: no answer.
static int ask(struct live *live, struct elements elements[2])
{
    struct error ignored;
    if (!live->names || elements_read(&elements[0], live->names, &ignored))
        return -1;
    learn_fates(live, &elements[0], false);
    if (!has_news(live))
        return 0;
    if (elements_read(&elements[1], live->names, &ignored))
        return -1;
    learn_fates(live, &elements[1], true);
    return 0;
}

int settle(struct store *store, int64_t workflow_id, struct settled *settled, struct error *err)
{
    struct live live = {0};
    struct elements elements[2] = {0};
    *settled = (struct settled){0};
    int rc = find_live(store, workflow_id, &live, err);
    if (!rc && live.count && ask(&live, elements)) {
        settled->alive = true; // no answer: unknown, so wait
    } else if (!rc) {
        cancel_stuck(&live);
        judge(&live, settled);
        rc = correct_job_ids(store, &live, err);
        for (uint32_t i = 0; i < live.all.count && !rc; i++)
            rc = write_down(store, &live.all.list[i], &live, FATE_CANCELED, err) ||
                         write_down(store, &live.all.list[i], &live, FATE_STUCK, err) ||
                         write_down(store, &live.all.list[i], &live, FATE_ENDED, err)
                     ? -1
                     : 0;
    }
    elements_fini(&elements[0]);
    elements_fini(&elements[1]);
    live_fini(&live);
    return rc;
}
