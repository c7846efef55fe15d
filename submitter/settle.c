// SPDX-License-Identifier: GPL-2.0-or-later
// One squeue for all submissions; what it does not list is asked for by its id.
#include "submitter/settle.h"

#include <stdlib.h>

#include "lib/base/comma_list.h"
#include "lib/base/mem.h"
#include "lib/slurm/slurm.h"
#include "lib/slurm/submit.h"
#include "lib/store/plan.h"

// Submissions that may still do something, with their Slurm ids and names.
struct live {
    struct slurm_job *jobs;
    int64_t *ids; // of submissions
    uint32_t count;
    char *names;
};

static void add_live(struct live *live, const struct submission *submission)
{
    live->jobs = xrealloc(live->jobs, live->count + 1, sizeof *live->jobs);
    live->ids = xrealloc(live->ids, live->count + 1, sizeof *live->ids);
    live->jobs[live->count] = (struct slurm_job){.job_id = submission->slurm_job_id};
    live->ids[live->count++] = submission->id;
    cleanup_free char *name = submission_job_name(submission);
    if (!name || comma_list_has(live->names, name))
        return;
    char *names = live->names ? xasprintf("%s,%s", live->names, name) : xstrdup(name);
    free(live->names);
    live->names = names;
}

static void live_fini(struct live *live)
{
    free(live->jobs);
    free(live->ids);
    free(live->names);
}

static int find_live(struct store *store, int64_t workflow_id, struct live *live, struct error *err)
{
    struct submissions all;
    if (store_submissions(store, workflow_id, &all, err))
        return -1;
    for (uint32_t i = 0; i < all.count; i++)
        if (all.list[i].slurm_job_id && all.list[i].state != ALLOCATION_ENDED &&
            all.list[i].state != ALLOCATION_CANCELED)
            add_live(live, &all.list[i]);
    submissions_fini(&all);
    return 0;
}

// A job that squeue does not list is unknown; that it is gone only the controller can say.
static bool is_alive(const struct slurm_job *job)
{
    struct error ignored;
    bool gone = false;
    if (job->fate == FATE_UNKNOWN)
        return slurm_job_is_gone(job->job_id, &gone, &ignored) || !gone;
    return job->fate == FATE_QUEUED || job->fate == FATE_RUNNING;
}

// Writes down which of them Slurm has ended.
static int settle_live(struct store *store, struct live *live, struct settled *settled,
                       struct error *err)
{
    static const char *const words[] = {[FATE_UNKNOWN] = "Slurm does not know it any more",
                                        [FATE_ENDED] = "it ended in Slurm, and no runner said so",
                                        [FATE_CANCELED] = "it was canceled in Slurm"};
    struct error ignored;
    if (live->count &&
        (!live->names || slurm_fates(live->names, live->jobs, live->count, &ignored))) {
        settled->alive = true; // no answer: unknown, so wait
        return 0;
    }
    for (uint32_t i = 0; i < live->count; i++) {
        settled->canceled |= live->jobs[i].fate == FATE_CANCELED;
        if (is_alive(&live->jobs[i]))
            settled->alive = true;
        else if (store_submission_answered(store, live->ids[i], live->jobs[i].job_id,
                                           words[live->jobs[i].fate], err))
            return -1;
    }
    return 0;
}

int settle(struct store *store, int64_t workflow_id, struct settled *settled, struct error *err)
{
    struct live live = {0};
    *settled = (struct settled){0};
    int rc = find_live(store, workflow_id, &live, err) || settle_live(store, &live, settled, err)
                 ? -1
                 : 0;
    live_fini(&live);
    return rc;
}
