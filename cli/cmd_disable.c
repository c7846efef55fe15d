// SPDX-License-Identifier: GPL-2.0-or-later
// torc disable, torc enable: jobs that are not to run, and are to run after all.
#include <jansson.h>

#include "cli/job_list.h"

static int run_disable(struct cli *cli, struct error *err);
static int run_enable(struct cli *cli, struct error *err);

const struct command cmd_disable = {
    .name = "disable",
    .argument = "TARGET",
    .need = ARGUMENT_OPTIONAL,
    .options = OPTION_JSON | OPTION_CLASS,
    .help = "jobs do not run, and those that need them may",
    .run = run_disable,
};
const struct command cmd_enable = {
    .name = "enable",
    .argument = "TARGET",
    .need = ARGUMENT_OPTIONAL,
    .options = OPTION_JSON | OPTION_CLASS,
    .help = "disabled jobs are to run again",
    .run = run_enable,
};

static void print(const struct cli *cli, int64_t workflow_id, const char *done,
                  const struct steer_reply *reply, const char *left)
{
    if (cli->json) {
        json_auto_t *document =
            json_pack("{s:I, s:I, s:I}", "workflow_id", (json_int_t)workflow_id, done,
                      (json_int_t)reply->done, "left", (json_int_t)reply->left);
        json_dumpf(document, stdout, JSON_INDENT(1));
        putchar('\n');
        return;
    }
    printf("%lld job%s %s\n", (long long)reply->done, reply->done == 1 ? "" : "s", done);
    if (reply->left)
        printf("%lld left as %s, because %s\n", (long long)reply->left,
               reply->left == 1 ? "it is" : "they are", left);
}

static int steer(const struct cli *cli, enum steer_op op, struct error *err)
{
    struct job_list list;
    struct steer_reply reply;
    struct store *store = target_open(cli->db, STORE_WRITE, err);
    if (!store)
        return -1;
    int rc = job_list_find(&list, cli, store, err);
    struct steer_request request = {list.workflow_id, op, list.ids, (uint32_t)list.count};
    if (!rc)
        rc = store_steer(store, &request, &reply, err);
    if (!rc)
        print(cli, list.workflow_id, op == STEER_DISABLE ? "disabled" : "enabled", &reply,
              op == STEER_DISABLE ? "a runner has it or it was disabled before"
                                  : "it was not disabled");
    int64_t id = list.workflow_id;
    job_list_fini(&list);
    if (!rc && op == STEER_ENABLE && reply.done)
        return job_list_submit(cli, store, id, err);
    store_close(store);
    return rc;
}

static int run_disable(struct cli *cli, struct error *err)
{
    return steer(cli, STEER_DISABLE, err);
}

static int run_enable(struct cli *cli, struct error *err)
{
    return steer(cli, STEER_ENABLE, err);
}
