// SPDX-License-Identifier: GPL-2.0-or-later
// torc cancel: a workflow, first in the database, so that no job starts any more, then in Slurm, in
// one request.
#include <string.h>

#include "cli/job_list.h"
#include "cli/one_workflow.h"
#include "lib/base/mem.h"
#include "lib/base/text.h"
#include "lib/show/json_stream.h"
#include "lib/slurm/lost_runner.h"
#include "lib/slurm/submit.h"
#include "lib/store/plan.h"

static int run(struct cli *cli, struct error *err);

const struct command cmd_cancel = {
    .name = "cancel",
    .argument = "ID|TARGET",
    .need = ARGUMENT_OPTIONAL,
    .options = OPTION_JSON | OPTION_LAST | OPTION_CLASS,
    .help = "cancels a workflow with its allocations, or some of its jobs",
    .run = run,
};

static int cancel_allocations(const struct submissions *submissions, uint32_t *canceled,
                              struct error *err)
{
    cleanup_free const struct submission **list = xcalloc(submissions->count + 1, sizeof *list);
    uint32_t count = 0, waiting;
    for (uint32_t i = 0; i < submissions->count; i++)
        if (submissions->list[i].slurm_job_id)
            list[count++] = &submissions->list[i];
    if (submit_cancel(list, count, false, &waiting, err))
        return error_prefix(err, "the workflow is canceled, no job of it starts any more; but its "
                                 "allocations may be left (squeue --me shows them; torc cancel "
                                 "tries again)");
    *canceled = count;
    return 0;
}

static void print_json(const struct workflow_info *workflow, bool now, int64_t waiting,
                       int64_t running, uint32_t submissions)
{
    json_auto_t *document = json_pack(
        "{s:{s:I, s:o}, s:b, s:I, s:I, s:I}", "workflow", "id", (json_int_t)workflow->id, "name",
        json_text(workflow->name), "canceled", now, "jobs_canceled", (json_int_t)waiting,
        "jobs_ending", (json_int_t)running, "submissions_canceled", (json_int_t)submissions);
    json_dumpf(document, stdout, JSON_INDENT(1));
    putchar('\n');
}

// It may be that Slurm did not hear of it.
static int cancel_again(const struct cli *cli, struct store *store,
                        const struct workflow_info *workflow, struct error *err)
{
    struct submissions all;
    uint32_t canceled;
    if (cli->json)
        print_json(workflow, false, 0, 0, 0);
    else
        printf("workflow %lld is %s already\n", (long long)workflow->id,
               workflow_state_names[workflow->state]);
    if (workflow->state != WORKFLOW_CANCELED) // Slurm may hold what it has put back
        return submit_give_back(&(struct submit){.store = store, .workflow_id = workflow->id}, NULL,
                                err);
    if (store_submissions(store, workflow->id, &all, err))
        return -1;
    int result = cancel_allocations(&all, &canceled, err);
    submissions_fini(&all);
    return result;
}

static int cancel(const struct cli *cli, struct store *store, const struct workflow_info *workflow,
                  struct error *err)
{
    struct submissions submissions = {0};
    const int64_t *counts = workflow->counts;
    uint32_t canceled = 0;
    if (store_cancel(store, workflow->id, &submissions, err))
        return -1;
    cleanup_free char *name = text_safe(workflow->name);
    int64_t waiting =
        counts[JOB_UNINITIALIZED] + counts[JOB_BLOCKED] + counts[JOB_READY] + counts[JOB_PENDING];
    if (!cli->json)
        printf("canceled workflow %lld (%s): jobs that will not start: %lld; that run and are "
               "being ended: %lld\n",
               (long long)workflow->id, name, (long long)waiting, (long long)counts[JOB_RUNNING]);
    int result = cancel_allocations(&submissions, &canceled, err);
    if (cli->json)
        print_json(workflow, true, waiting, counts[JOB_RUNNING], canceled);
    else if (canceled)
        printf("canceled %u %s in Slurm\n", canceled, canceled == 1 ? "submission" : "submissions");
    submissions_fini(&submissions);
    return result;
}

// Those that wait, at once; those that run are told through their runners.
static int cancel_some(const struct cli *cli, struct error *err)
{
    struct job_list list;
    struct steer_reply reply;
    size_t dead = 0;
    struct store *store = target_open(cli->db, STORE_WRITE, err);
    if (!store)
        return -1;
    int rc = job_list_find(&list, cli, store, err);
    struct steer_request request = {list.workflow_id, STEER_CANCEL, list.ids, (uint32_t)list.count};
    if (!rc)
        rc = store_steer(store, &request, &reply, err);
    if (!rc && cli->json) {
        json_auto_t *document =
            json_pack("{s:I, s:I, s:I, s:I}", "workflow_id", (json_int_t)list.workflow_id,
                      "jobs_canceled", (json_int_t)reply.done, "jobs_ending",
                      (json_int_t)reply.ending, "left", (json_int_t)reply.left);
        json_dumpf(document, stdout, JSON_INDENT(1));
        putchar('\n');
    } else if (!rc) {
        printf("jobs canceled: %lld; that run and are being ended: %lld; that had ended: %lld\n",
               (long long)reply.done, (long long)reply.ending, (long long)reply.left);
    }
    if (!rc && reply.ending)
        rc = lost_runner_here(store, list.workflow_id, &dead, err);
    job_list_fini(&list);
    store_close(store);
    return rc;
}

static bool names_job(const char *text) // 7.work1
{
    size_t digits = strspn(text, "0123456789");
    return digits && text[digits] == '.';
}

static int run(struct cli *cli, struct error *err)
{
    struct read_reply reply;
    size_t dead;
    if (cli->class_name || (cli->argument && names_job(cli->argument)))
        return cancel_some(cli, err);
    if (!cli->argument == !cli->last)
        return error_set(err, ERROR_USAGE, 0,
                         "cancel: say which: an ID ('torc list' shows them) or --last");
    struct store *store = target_open(cli->db, STORE_WRITE, err);
    if (!store)
        return -1;
    int result = one_workflow(store, cli->argument, &reply, err);
    if (!result) {
        const struct workflow_info *workflow = reply.workflows;
        if (workflow->state == WORKFLOW_RUNNING || workflow->state == WORKFLOW_HELD)
            result = cancel(cli, store, workflow, err);
        else
            result = cancel_again(cli, store, workflow, err);
        if (!result) // nobody else ends what they held
            result = lost_runner_here(store, workflow->id, &dead, err);
        read_reply_fini(&reply);
    }
    store_close(store);
    return result;
}
