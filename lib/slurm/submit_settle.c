// SPDX-License-Identifier: GPL-2.0-or-later
// Submissions made earlier: those whose answer was lost are found again, those that nothing needs
// any more are given back.
#include <jansson.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/comma_list.h"
#include "lib/base/mem.h"
#include "lib/slurm/elements.h"
#include "lib/slurm/lost_runner.h"
#include "lib/slurm/slurm.h"
#include "lib/slurm/submission.h"
#include "lib/store/read.h"

// Of whom it is not known that he has ended: sbatch has given up by then, whose answer is waited
// for three minutes.
static int forgotten_secs(void)
{
    enum { FORGOTTEN_MS = 300 * 1000, SBATCH_MS = 180 * 1000 };
    return (int)((int64_t)slurm_patience_ms(SBATCH_MS) * FORGOTTEN_MS / SBATCH_MS / 1000);
}

// The name is among the arguments that were recorded: "--job-name=torc-wf1-small".
char *submission_job_name(const struct submission *submission)
{
    static const char option[] = "--job-name=";
    json_auto_t *array = submission->arguments ? json_loads(submission->arguments, 0, NULL) : NULL;
    size_t i;
    json_t *item;
    json_array_foreach(array, i, item)
        if (json_is_string(item) && !strncmp(json_string_value(item), option, sizeof option - 1))
            return xstrdup(json_string_value(item) + sizeof option - 1);
    return NULL;
}

void submission_add_name(char **names, const struct submission *submission)
{
    cleanup_free char *name = submission_job_name(submission), *before = NULL;
    if (!name || comma_list_has(*names, name))
        return;
    before = take_ptr(*names);
    *names = before ? xasprintf("%s,%s", before, name) : xstrdup(name);
}

static int heal_one(const struct submit *submit, const struct submission *submission,
                    int *wait_secs, struct error *err)
{
    int64_t age_secs = (clock_real_usec() - submission->created_usec) / USEC_PER_SEC;
    cleanup_free char *name = submission_job_name(submission);
    int64_t job_id = 0;
    if (!name || slurm_find_tag(name, submission->tag, &job_id, err))
        return name ? -1 : 0;
    if (job_id)
        return store_submission_answered(submit->store, submission->id, job_id, NULL, err);
    if (!submission->answered_usec && age_secs < forgotten_secs()) {
        *wait_secs = forgotten_secs() - (int)age_secs;
        return 0;
    }
    return store_submission_answered(
        submit->store, submission->id, 0,
        "sbatch's answer is not known, and Slurm does not know this submission", err);
}

int submit_heal(const struct submit *submit, int *wait_secs, struct error *err)
{
    struct submissions all;
    *wait_secs = 0;
    if (store_submissions(submit->store, submit->workflow_id, &all, err))
        return -1;
    int rc = 0;
    for (uint32_t i = 0; i < all.count && !rc; i++)
        if (all.list[i].state == ALLOCATION_PLANNED && !all.list[i].slurm_job_id)
            rc = heal_one(submit, &all.list[i], wait_secs, err);
    submissions_fini(&all);
    return rc;
}

bool submission_is_needed(const struct demand *demand, const struct submission *s)
{
    for (uint32_t i = 0; demand && i < demand->classes_count; i++)
        if (demand->classes[i].class_id == s->class_id ||
            (s->action && demand->classes[i].row.action == s->action))
            return true;
    return false;
}

struct queued { // submissions with allocations that have not started
    int64_t *ids;
    size_t count, space;
};

static bool queued_has(const struct queued *queued, int64_t id)
{
    for (size_t i = 0; i < queued->count; i++)
        if (queued->ids[i] == id)
            return true;
    return false;
}

static int read_queued(const struct submit *submit, struct queued *queued, struct error *err)
{
    struct read_request request = {.what = READ_ALLOCATIONS, .workflow_id = submit->workflow_id};
    for (bool more = true; more;) {
        struct read_reply reply;
        if (store_read(submit->store, &request, &reply, err))
            return -1;
        for (uint32_t i = 0; i < reply.count; i++) {
            const struct allocation_info *a = &reply.allocations[i];
            if (a->state != ALLOCATION_QUEUED || queued_has(queued, a->submission_id))
                continue;
            queued->ids =
                array_grow(queued->ids, queued->count, &queued->space, sizeof *queued->ids);
            queued->ids[queued->count++] = a->submission_id;
        }
        request.after_id = reply.last_id;
        more = reply.more;
        read_reply_fini(&reply);
    }
    return 0;
}

// Those that wait still come to the front of the list; *waiting: how many.
static int cancel_once(const struct submission **list, uint32_t *waiting, bool pending,
                       struct error *err)
{
    uint32_t count = *waiting, kept = 0;
    cleanup_free int64_t *job_ids = xcalloc(count, sizeof *job_ids);
    cleanup_free char *names = NULL;
    for (uint32_t i = 0; i < count; i++) {
        job_ids[i] = list[i]->slurm_job_id;
        submission_add_name(&names, list[i]);
    }
    struct elements elements = {0};
    int rc = slurm_cancel(job_ids, NULL, count, pending, err);
    rc = rc || (names && elements_read(&elements, names, err)) ? -1 : 0;
    for (uint32_t i = 0; i < count && !rc; i++)
        if (elements_wait(&elements, list[i]->tag, list[i]->slurm_job_id)) {
            const struct submission *waits = list[i];
            list[i] = list[kept];
            list[kept++] = waits;
        }
    *waiting = rc ? count : kept;
    elements_fini(&elements);
    return rc;
}

int submit_cancel(const struct submission **list, uint32_t count, bool pending, uint32_t *waiting,
                  struct error *err)
{
    *waiting = count;
    for (int tries = 0; *waiting && tries < 2; tries++)
        if (cancel_once(list, waiting, pending, err))
            return -1;
    return *waiting ? error_set(err, ERROR_UNREACHABLE, 0,
                                "scancel ended well, but Slurm job %lld waits still",
                                (long long)list[0]->slurm_job_id)
                    : 0;
}

// What Slurm did not cancel stays as it is.
static int cancel_all(const struct submit *submit, const struct submission **list, uint32_t count,
                      struct error *err)
{
    uint32_t waiting;
    int rc = submit_cancel(list, count, true, &waiting, err);
    for (uint32_t i = waiting; i < count; i++)
        if (store_submission_answered(submit->store, list[i]->id, list[i]->slurm_job_id,
                                      "all its jobs had ended before", err))
            return -1;
    return rc;
}

// What nobody is to say any more, as none runs: which of them wait in Slurm, also put back or held.
static int look_for_left(const struct submit *submit, const struct submissions *all,
                         struct elements *elements, struct error *err)
{
    int alive = 0;
    cleanup_free char *names = NULL;
    if (lost_runner_count_alive(submit->store, submit->workflow_id, &alive, err))
        return -1;
    for (uint32_t i = 0; i < all->count && !alive; i++)
        if (all->list[i].slurm_job_id)
            submission_add_name(&names, &all->list[i]);
    return names ? elements_read(elements, names, err) : 0;
}

int submit_give_back(const struct submit *submit, const struct demand *demand, struct error *err)
{
    struct queued queued = {0};
    struct elements left = {0};
    struct submissions all;
    int rc = read_queued(submit, &queued, err);
    if (rc || (!queued.count && demand) ||
        (rc = store_submissions(submit->store, submit->workflow_id, &all, err))) {
        free(queued.ids);
        return rc;
    }
    if (!demand)
        rc = look_for_left(submit, &all, &left, err);
    cleanup_free const struct submission **list = xcalloc(all.count + 1, sizeof *list);
    uint32_t count = 0;
    for (uint32_t i = 0; i < all.count; i++) {
        const struct submission *s = &all.list[i];
        if (s->slurm_job_id && ((queued_has(&queued, s->id) && !submission_is_needed(demand, s)) ||
                                elements_wait(&left, s->tag, s->slurm_job_id)))
            list[count++] = s;
    }
    if (!rc)
        rc = cancel_all(submit, list, count, err);
    elements_fini(&left);
    submissions_fini(&all);
    free(queued.ids);
    return rc;
}
