// SPDX-License-Identifier: GPL-2.0-or-later
// torc hold, torc release: a workflow that starts no job, and one that does again.
#include <jansson.h>

#include "cli/job_list.h"

static int run_hold(struct cli *cli, struct error *err);
static int run_release(struct cli *cli, struct error *err);

const struct command cmd_hold = {
    .name = "hold",
    .argument = "ID",
    .need = ARGUMENT_OPTIONAL,
    .options = OPTION_JSON,
    .help = "starts no more jobs of a workflow; those that run go on",
    .run = run_hold,
};
const struct command cmd_release = {
    .name = "release",
    .argument = "ID",
    .need = ARGUMENT_OPTIONAL,
    .options = OPTION_JSON,
    .help = "goes on with a workflow that was held",
    .run = run_release,
};

static int steer(const struct cli *cli, enum steer_op op, struct error *err)
{
    struct read_reply workflow;
    struct steer_reply reply;
    bool held = op == STEER_HOLD;
    struct store *store = target_open(cli->db, STORE_WRITE, err);
    if (!store)
        return -1;
    if (target_workflow(store, cli->argument ? cli->argument : target_own(cli->db), &workflow,
                        err)) {
        store_close(store);
        return -1;
    }
    int64_t id = workflow.workflows->id;
    read_reply_fini(&workflow);
    struct steer_request request = {.workflow_id = id, .op = op};
    int rc = store_steer(store, &request, &reply, err);
    if (!rc && cli->json) {
        json_auto_t *document = json_pack("{s:I, s:b, s:b}", "workflow_id", (json_int_t)id, "held",
                                          held, "changed", reply.done > 0);
        json_dumpf(document, stdout, JSON_INDENT(1));
        putchar('\n');
    } else if (!rc) {
        printf("workflow %lld %s%s\n", (long long)id, reply.done ? "is " : "was ",
               held ? reply.done ? "held: no more jobs start, until 'torc release'" : "held before"
               : reply.done ? "released"
                            : "not held");
    }
    if (!rc && !held && reply.done)
        return job_list_submit(cli, store, id, err);
    store_close(store);
    return rc;
}

static int run_hold(struct cli *cli, struct error *err)
{
    return steer(cli, STEER_HOLD, err);
}

static int run_release(struct cli *cli, struct error *err)
{
    return steer(cli, STEER_RELEASE, err);
}
