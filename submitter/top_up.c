// SPDX-License-Identifier: GPL-2.0-or-later
// A top-up asks the database first: only when there is need does it ask Slurm anything.
#include "submitter/top_up.h"

#include <stdio.h>
#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/slurm/died.h"
#include "lib/slurm/lost_runner.h"
#include "lib/slurm/settle.h"
#include "lib/slurm/slurm.h"
#include "lib/store/journal.h"
#include "lib/store/read.h"
#include "submitter/show.h"

int workflow_is_missing(int64_t workflow_id, struct error *err)
{
    return error_set(err, ERROR_USAGE, 0, "there is no workflow %lld in this database",
                     (long long)workflow_id);
}

static int read_workflow(struct store *store, int64_t workflow_id, struct read_reply *reply,
                         struct error *err)
{
    struct read_request request = {.what = READ_WORKFLOWS, .workflow_id = workflow_id};
    if (store_read(store, &request, reply, err))
        return -1;
    if (reply->count)
        return 0;
    read_reply_fini(reply);
    return workflow_is_missing(workflow_id, err);
}

// What the store says is due: ready jobs, more need than room, and no request on its way.
static bool is_due(const struct demand *demand)
{
    for (uint32_t i = 0; i < demand->classes_count; i++) {
        const struct class_demand *d = &demand->classes[i];
        if (d->ready > 0 && d->ready + d->soon > d->room && !d->waiting && !d->held &&
            !d->row.labels)
            return true;
    }
    for (uint32_t i = 0; i < demand->actions_count; i++)
        if (demand->actions[i].due)
            return true;
    return false;
}

// What ended so often before a runner came would do so again. Whoever asks by hand has perhaps
// mended it, and is told only.
static int check_died(const struct submit *submit, bool by_hand, struct error *err)
{
    struct died died;
    int rc = 0;
    if (died_read(submit->store, submit->workflow_id, &died, err))
        return -1;
    if (died.count >= DIED_MOST && by_hand)
        fprintf(stderr, "torc-sbatch: the last %lld allocations ended before a runner came; %s\n",
                (long long)died.count, died.text);
    else if (died.count >= DIED_MOST)
        rc = error_set(err, ERROR_JOBS, 0,
                       "no more are asked for, as the last %lld ended before a runner came; %s\n"
                       "when that is mended: torc-sbatch --top-up %lld",
                       (long long)died.count, died.text, (long long)submit->workflow_id);
    died_fini(&died);
    return rc;
}

// The same of those in which a runner came and found no job that it could run.
static int check_vain(const struct submit *submit, const struct demand *demand, bool by_hand,
                      struct error *err)
{
    for (uint32_t i = 0; i < demand->classes_count; i++) {
        const struct class_demand *d = &demand->classes[i];
        if (d->vain < DIED_MOST)
            continue;
        error_set(err, ERROR_JOBS, 0,
                  "the last %lld requests for class %s ended without having run any job, so no "
                  "more are asked for; torc status %lld and their logs tell why\n"
                  "when that is mended: torc-sbatch --top-up %lld",
                  (long long)d->vain, d->row.name, (long long)submit->workflow_id,
                  (long long)submit->workflow_id);
        if (!by_hand)
            return -1;
    }
    return 0;
}

static int submit_demand(const struct submit *submit, const struct demand *demand,
                         struct top_up how, size_t *taken, struct error *err)
{
    struct cluster cluster;
    struct plan plan;
    struct submitted_list done;
    if (slurm_load_cluster(&cluster, err))
        return -1;
    struct plan_class *classes = plan_classes_of_demand(demand);
    struct plan_request request = {.classes = classes,
                                   .classes_count = demand->classes_count,
                                   .actions = demand->actions,
                                   .actions_count = demand->actions_count,
                                   .cluster = &cluster,
                                   .settings = submit->settings};
    plan_make(&plan, &request);
    for (size_t i = 0; i < plan.notes_count; i++)
        fprintf(stderr, "torc-sbatch: %s\n", plan.notes[i].text);
    int rc = submit_groups(submit, &plan, how.hasty, &done, err);
    show_complaints(&done);
    *taken = done.taken;
    if (how.full)
        *how.full = done.full > 0;
    if (!rc && (done.unknown || done.unanswered))
        rc = error_set(err, ERROR_UNREACHABLE, 0,
                       "Slurm does not answer; what workflow %lld needs is looked for, and asked "
                       "for again, by torc-sbatch --top-up %lld",
                       (long long)submit->workflow_id, (long long)submit->workflow_id);
    if (!rc && done.count && !done.taken && !done.unknown)
        rc = error_set(err, ERROR_USAGE, 0, "nothing could be submitted for workflow %lld",
                       (long long)submit->workflow_id);
    if (!rc && plan.refused && !plan.groups_count)
        rc = error_set(err, ERROR_USAGE, 0, "nothing of workflow %lld fits the cluster any more",
                       (long long)submit->workflow_id);
    submitted_list_fini(&done);
    plan_fini(&plan);
    free(classes);
    cluster_fini(&cluster);
    return rc;
}

// Results that were left on the disk, runners that died unseen, submissions whose answer was lost;
// and, by hand, those that were canceled in Slurm.
static int heal(const struct submit *submit, bool by_hand, int *wait_secs, struct error *err)
{
    struct settled settled;
    size_t turn = 0, lost = 0;
    bool asked = false;
    struct error minor;
    struct journal_found found;
    if (journal_replay(submit->store, submit->workflow_id, &found, &minor))
        fprintf(stderr, "torc-sbatch: %s\n", minor.text); // and those that died are looked for
    for (size_t i = 0; i < found.count; i++)
        if (found.files[i].trouble)
            fprintf(stderr, "torc-sbatch: %s\n", found.files[i].trouble);
    journal_found_fini(&found);
    if (lost_runner_look(submit->store, submit->workflow_id, &turn, &asked, &lost, &minor))
        fprintf(stderr, "torc-sbatch: %s\n", minor.text);
    if (by_hand && settle(submit->store, submit->workflow_id, &settled, err))
        return -1;
    return submit_heal(submit, wait_secs, err);
}

int top_up(struct store *store, const char *db, int64_t workflow_id, struct top_up how,
           size_t *taken, struct error *err)
{
    struct read_reply reply;
    struct settings settings;
    struct demand demand;
    *taken = 0;
    if (store_may_change(store, workflow_id, err) || read_workflow(store, workflow_id, &reply, err))
        return -1;
    const struct workflow_info *info = reply.workflows;
    struct submit submit = {.store = store,
                            .workflow_id = workflow_id,
                            .workflow_name = info->name,
                            .db = db,
                            .folder = info->folder,
                            .environment = info->environment,
                            .settings = &settings};
    int rc = settings_parse(&settings, info->settings, err);
    int wait_secs = 0;
    if (!rc && how.heal)
        rc = heal(&submit, how.hasty, &wait_secs, err);
    if (!rc && info->state != WORKFLOW_RUNNING) {
        rc = info->state == WORKFLOW_HELD ? 0 : submit_give_back(&submit, NULL, err);
    } else if (!rc && !(rc = store_demand(store, workflow_id, &demand, err))) {
        rc = submit_give_back(&submit, &demand, err);
        if (!rc && is_due(&demand) && !(rc = check_died(&submit, how.hasty, err)) &&
            !(rc = check_vain(&submit, &demand, how.hasty, err)))
            rc = submit_demand(&submit, &demand, how, taken, err);
        demand_fini(&demand);
    }
    if (!rc && wait_secs && how.hasty)
        rc = error_set(err, ERROR_UNREACHABLE, 0,
                       "a torc-sbatch of workflow %lld was killed, and Slurm does not know what it "
                       "submitted, but may yet; after %d s torc-sbatch --top-up %lld asks for it "
                       "again",
                       (long long)workflow_id, wait_secs, (long long)workflow_id);
    settings_fini(&settings);
    read_reply_fini(&reply);
    return rc;
}
