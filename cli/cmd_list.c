// SPDX-License-Identifier: GPL-2.0-or-later
// torc list: the workflows of the database.
#include "cli/command.h"
#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/show/document.h"
#include "lib/show/table.h"
#include "lib/show/why.h"
#include "lib/store/read_each.h"

static int run(struct cli *cli, struct error *err);

const struct command cmd_list = {
    .name = "list",
    .argument = "",
    .need = ARGUMENT_NONE,
    .options = OPTION_JSON,
    .help = "the workflows of the database",
    .run = run,
};

static const struct table_column columns[] = {
    {"ID", "id", ALIGN_RIGHT, FIT_KEEP},          {"NAME", "name", ALIGN_LEFT, FIT_SHRINK},
    {"STATE", "state", ALIGN_LEFT, FIT_KEEP},     {"JOBS", "jobs", ALIGN_RIGHT, FIT_KEEP},
    {"DONE", "completed", ALIGN_RIGHT, FIT_KEEP}, {"FAILED", "failed", ALIGN_RIGHT, FIT_KEEP},
    {"CREATED", "created", ALIGN_LEFT, FIT_KEEP}, {"TOOK", "took_s", ALIGN_RIGHT, FIT_KEEP},
    {"USER", "user", ALIGN_LEFT, FIT_DROP},
};

struct context {
    struct table *table;
    int64_t now_usec;
};

static int each_row(void *pointer, const struct read_reply *reply, uint32_t index,
                    struct error *err)
{
    struct context *context = pointer;
    const struct workflow_info *workflow = &reply->workflows[index];
    const int64_t *counts = workflow->counts;
    int64_t jobs = 0, end = workflow->ended_usec ? workflow->ended_usec : context->now_usec;
    cleanup_free char *state = why_workflow(workflow);
    (void)err;
    for (int i = 0; i < JOB_STATES; i++)
        jobs += counts[i];
    table_number(context->table, workflow->id);
    table_text(context->table, COLOR_NONE, workflow->name);
    table_text(context->table, why_workflow_color(workflow), state);
    table_number(context->table, jobs);
    table_number(context->table, counts[JOB_COMPLETED]);
    table_number(context->table, why_count_failed(counts));
    table_time(context->table, workflow->created_usec, context->now_usec);
    table_duration(context->table, end - workflow->created_usec);
    table_text(context->table, COLOR_NONE, workflow->user);
    return 0;
}

static int each_json(void *pointer, const struct read_reply *reply, uint32_t index,
                     struct error *err)
{
    struct json_stream *json = pointer;
    (void)err;
    json_stream_object(json, NULL);
    document_workflow_members(json, &reply->workflows[index]);
    json_stream_end(json);
    return 0;
}

static int print_json(struct store *store, struct read_request request, struct error *err)
{
    struct json_stream json;
    json_stream_init(&json, stdout);
    json_stream_object(&json, NULL);
    json_stream_array(&json, "workflows");
    int result = store_read_each(store, request, each_json, &json, err);
    json_stream_end(&json);
    json_stream_end(&json);
    return result;
}

static int print_table(struct cli *cli, struct store *store, struct read_request request,
                       struct error *err)
{
    struct context context = {.now_usec = clock_real_usec()};
    context.table =
        table_create(&cli->screen, TABLE_PEOPLE, columns, sizeof columns / sizeof *columns);
    int result = store_read_each(store, request, each_row, &context, err);
    table_destroy(context.table);
    return result;
}

static int run(struct cli *cli, struct error *err)
{
    struct read_request request = {.what = READ_WORKFLOWS};
    struct store *store = target_open(cli->db, STORE_READ, err);
    if (!store)
        return -1;
    int result =
        cli->json ? print_json(store, request, err) : print_table(cli, store, request, err);
    store_close(store);
    return result;
}
