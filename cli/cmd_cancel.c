// SPDX-License-Identifier: GPL-2.0-or-later
// torc cancel: a workflow, first in the database, so that no job starts any more, then in Slurm, in
// one request.
#include <string.h>

#include "cli/command.h"
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
    .argument = "ID|--last",
    .need = ARGUMENT_OPTIONAL,
    .options = OPTION_JSON | OPTION_LAST,
    .help = "cancels a workflow: its waiting and running jobs, and its allocations",
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
    if (workflow->state != WORKFLOW_CANCELED)
        return 0;
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

static bool names_job(const char *text) // 7.work1
{
    size_t digits = strspn(text, "0123456789");
    return digits && text[digits] == '.';
}

static int run(struct cli *cli, struct error *err)
{
    struct read_reply reply;
    size_t dead;
    if (!cli->argument == !cli->last)
        return error_set(err, ERROR_USAGE, 0,
                         "cancel: say which: an ID ('torc list' shows them) or --last");
    if (cli->argument && names_job(cli->argument))
        return error_set(err, ERROR_USAGE, 0,
                         "cancel: single jobs cannot be canceled yet, only workflows: torc cancel "
                         "%.*s",
                         (int)strcspn(cli->argument, "."), cli->argument);
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
