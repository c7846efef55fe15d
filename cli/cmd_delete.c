// SPDX-License-Identifier: GPL-2.0-or-later
// torc delete: a workflow and all its records, for good. What its jobs wrote stays.
#include "cli/command.h"
#include "lib/base/mem.h"
#include "lib/base/text.h"
#include "lib/show/json_stream.h"
#include "lib/slurm/lost_runner.h"

static int run(struct cli *cli, struct error *err);

const struct command cmd_delete = {
    .name = "delete",
    .argument = "ID|--last",
    .need = ARGUMENT_OPTIONAL,
    .options = OPTION_JSON | OPTION_LAST,
    .help = "removes a workflow from the database (not the files of its jobs)",
    .run = run,
};

static int run(struct cli *cli, struct error *err)
{
    struct read_reply reply;
    if (!cli->argument == !cli->last)
        return error_set(err, ERROR_USAGE, 0,
                         "delete: say which: an ID ('torc list' shows them) or --last");
    struct store *store = target_open(cli->db, STORE_WRITE, err);
    if (!store)
        return -1;
    int result = target_workflow(store, cli->argument, &reply, err);
    if (!result) {
        const struct workflow_info *workflow = reply.workflows;
        size_t dead;
        result = lost_runner_here(store, workflow->id, &dead, err) ||
                         store_delete_workflow(store, workflow->id, err)
                     ? -1
                     : 0;
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
