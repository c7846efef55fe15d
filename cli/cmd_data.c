// SPDX-License-Identifier: GPL-2.0-or-later
// torc data: gives user data of a workflow a value, shows one, lists them; in and out of jobs.
#include <string.h>

#include "cli/data_client.h"
#include "lib/base/mem.h"
#include "lib/show/document.h"
#include "lib/show/table.h"
#include "lib/store/read_each.h"

static int run(struct cli *cli, struct error *err);

const struct command cmd_data = {
    .name = "data",
    .argument = "set NAME JSON|@FILE|- | get NAME | list",
    .need = ARGUMENT_SEVERAL,
    .options = OPTION_JSON | OPTION_WORKFLOW,
    .help = "gives user data a value (set), shows one (get), lists them",
    .run = run,
};

static int set(struct cli *cli, struct error *err)
{
    cleanup_free char *value = data_client_value(cli->arguments[2], err), *answer = NULL;
    struct data_change change = {.op = DATA_SET, .name = cli->arguments[1], .json = value};
    if (!value)
        return error_prefix(err, "data set %s", cli->arguments[1]);
    return data_client_send(cli, &change, &answer, err);
}

static int get(struct cli *cli, struct error *err)
{
    cleanup_free char *answer = NULL;
    struct data_change change = {.op = DATA_GET, .name = cli->arguments[1]};
    if (data_client_send(cli, &change, &answer, err))
        return -1;
    if (answer)
        puts(answer);
    else
        cli_warn("user data \"%s\" has no value yet", cli->arguments[1]);
    return answer ? ERROR_NONE : ERROR_JOBS;
}

static int data_row(void *context, const struct read_reply *reply, uint32_t index,
                    struct error *err)
{
    const struct data_info *data = &reply->data[index];
    struct table *table = context;
    (void)err;
    table_text(table, COLOR_NONE, data->name);
    table_text(table, COLOR_NONE, data->ephemeral ? "yes" : "no");
    table_text(table, COLOR_NONE, data->data);
    return 0;
}

static int print_list(struct cli *cli, struct store *store, const struct workflow_info *workflow,
                      struct error *err)
{
    static const struct table_column columns[] = {{"NAME", "name", ALIGN_LEFT, FIT_SHRINK},
                                                  {"EPHEMERAL", "ephemeral", ALIGN_LEFT, FIT_DROP},
                                                  {"VALUE", "data", ALIGN_LEFT, FIT_SHRINK}};
    struct read_request request = {.what = READ_DATA, .workflow_id = workflow->id};
    if (cli->json) {
        struct json_stream json;
        json_stream_init(&json, stdout);
        json_stream_object(&json, NULL);
        document_workflow(&json, workflow);
        int result = document_data(&json, store, workflow, err);
        json_stream_end(&json);
        return result;
    }
    struct table *table =
        table_create(&cli->screen, TABLE_PEOPLE, columns, sizeof columns / sizeof *columns);
    int result = store_read_each(store, request, data_row, table, err);
    table_destroy(table);
    return result;
}

static int list(struct cli *cli, struct error *err)
{
    struct read_reply reply;
    struct store *store = target_open(cli->db, STORE_READ, err);
    int result = store ? data_client_workflow(cli, store, &reply, err) : -1;
    if (!result) {
        result = print_list(cli, store, reply.workflows, err);
        read_reply_fini(&reply);
    }
    store_close(store);
    return result;
}

static const struct verb verbs[] = {{"set", 3, 3, set}, {"get", 2, 2, get}, {"list", 1, 1, list}};

static int run(struct cli *cli, struct error *err)
{
    return cli_run_verb(cli, verbs, sizeof verbs / sizeof *verbs, err);
}
