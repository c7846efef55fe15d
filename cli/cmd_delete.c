// SPDX-License-Identifier: GPL-2.0-or-later
// torc delete: a workflow and all its records, for good. What its jobs wrote stays.
#include "cli/command.h"
#include "cli/one_workflow.h"
#include "lib/base/mem.h"
#include "lib/base/text.h"
#include "lib/show/json_stream.h"
#include "lib/slurm/lost_runner.h"
#include "lib/slurm/submit.h"

static int run(struct cli *cli, struct error *err);

const struct command cmd_delete = {
    .name = "delete",
    .argument = "ID|--last",
    .need = ARGUMENT_OPTIONAL,
    .options = OPTION_JSON | OPTION_LAST,
    .help = "removes a workflow from the database (not the files of its jobs)",
    .run = run,
};

static bool is_open(const struct submission *s)
{
    return s->slurm_job_id && s->state != ALLOCATION_ENDED && s->state != ALLOCATION_CANCELED;
}

// Allocations that are queued would start for nothing. One with a live runner is left alone: the
// workflow is not deleted then.
static int cancel_allocations(struct store *store, int64_t id, struct error *err)
{
    struct submissions all;
    struct submit submit = {.store = store, .workflow_id = id};
    uint32_t count = 0, waiting;
    int wait_secs;
    struct error
        ignored; // of what has ended for all that is known, something may wait all the same
    if (submit_heal(&submit, &wait_secs, err) || store_submissions(store, id, &all, err))
        return error_prefix(err, "nothing was deleted");
    cleanup_free const struct submission **list = xcalloc(all.count + 1, sizeof *list);
    for (uint32_t i = 0; i < all.count; i++)
        if (is_open(&all.list[i]))
            list[count++] = &all.list[i];
    int rc = submit_cancel(list, count, false, &waiting, err);
    if (!rc)
        submit_give_back(&submit, NULL, &ignored);
    submissions_fini(&all);
    if (rc)
        return error_prefix(err, "nothing was deleted, as allocations may be left in Slurm");
    if (count)
        printf("canceled %u %s in Slurm\n", count, count == 1 ? "submission" : "submissions");
    return 0;
}

static int remove_workflow(struct store *store, int64_t id, struct error *err)
{
    size_t dead;
    int alive = 0;
    if (lost_runner_here(store, id, &dead, err) ||
        lost_runner_count_alive(store, id, &alive, err) ||
        (!alive && cancel_allocations(store, id, err)))
        return -1;
    return store_delete_workflow(store, id, err);
}

static int run(struct cli *cli, struct error *err)
{
    struct read_reply reply;
    if (!cli->argument == !cli->last)
        return error_set(err, ERROR_USAGE, 0,
                         "delete: say which: an ID ('torc list' shows them) or --last");
    struct store *store = target_open(cli->db, STORE_WRITE, err);
    if (!store)
        return -1;
    int result = one_workflow(store, cli->argument, &reply, err);
    if (!result) {
        const struct workflow_info *workflow = reply.workflows;
        result = remove_workflow(store, workflow->id, err);
        cleanup_free char *name = text_safe(workflow->name);
        json_auto_t *document =
            json_pack("{s:{s:I, s:o}, s:b}", "workflow", "id", (json_int_t)workflow->id, "name",
                      json_text(workflow->name), "deleted", 1);
        if (!result && cli->json) {
            json_dumpf(document, stdout, JSON_INDENT(1));
            putchar('\n');
        } else if (!result) {
            printf("deleted workflow %lld (%s)\n", (long long)workflow->id, name);
        }
        read_reply_fini(&reply);
    }
    store_close(store);
    return result;
}
