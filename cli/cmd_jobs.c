// SPDX-License-Identifier: GPL-2.0-or-later
// torc jobs: the jobs of a workflow, or those in some state.
#include <string.h>

#include "cli/command.h"
#include "lib/base/clock.h"
#include "lib/base/comma_list.h"
#include "lib/base/mem.h"
#include "lib/base/suggest.h"
#include "lib/show/document.h"
#include "lib/show/job_table.h"

static int run(struct cli *cli, struct error *err);

const struct command cmd_jobs = {
    .name = "jobs",
    .argument = "TARGET",
    .need = ARGUMENT_OPTIONAL,
    .options = OPTION_JSON | OPTION_STATE,
    .help = "the jobs of a workflow: state, why, node, how long",
    .run = run,
};

static int read_states(const char *text, uint32_t *states, struct error *err)
{
    for (struct comma_item item; comma_list_next(&text, &item);) {
        cleanup_free char *name = xstrndup(item.text, item.length);
        int found = -1;
        if (!*name)
            continue;
        for (int i = 0; i < JOB_STATES; i++)
            if (!strcmp(job_state_names[i], name))
                found = i;
        if (found < 0) {
            cleanup_free char *near = suggest_phrase(name, job_state_names, JOB_STATES);
            return error_set(err, ERROR_USAGE, 0, "--state: no job is ever \"%s\"%s", name,
                             *near ? near
                                   : "; the states are uninitialized, blocked, ready, pending, "
                                     "running, completed, "
                                     "failed, canceled, terminated, disabled and pending_failed");
        }
        *states |= 1U << found;
    }
    return *states ? 0
                   : error_set(err, ERROR_USAGE, 0,
                               "--state: which state? Several go with commas: failed,canceled");
}

static int print_json(struct store *store, const struct target *target, struct read_request request,
                      struct error *err)
{
    struct json_stream json;
    json_stream_init(&json, stdout);
    json_stream_object(&json, NULL);
    document_workflow(&json, target->workflow);
    int result = document_jobs(&json, store, target->workflow, request, NULL, err);
    json_stream_end(&json);
    return result;
}

static int print(struct cli *cli, struct store *store, struct error *err)
{
    struct target target = {0};
    struct read_request request = {.what = READ_JOBS};
    if (cli->state && read_states(cli->state, &request.states, err))
        return -1;
    if (cli->argument ? target_parse(store, cli->argument, target_own(cli->db), &target, err)
                      : target_workflow(store, target_own(cli->db), &target.reply, err))
        return -1;
    target.workflow = target.reply.workflows;
    request.workflow_id = target.workflow->id;
    request.job_glob = target.job_glob;
    struct job_table table = {
        .store = store,
        .screen = &cli->screen,
        .style = TABLE_PEOPLE,
        .kind = JOB_TABLE_STATE,
        .now_usec = clock_real_usec(),
        .request = request,
    };
    int result =
        cli->json ? print_json(store, &target, request, err) : job_table_print(&table, err);
    target_fini(&target);
    return result;
}

static int run(struct cli *cli, struct error *err)
{
    struct store *store = target_open(cli->db, STORE_READ, err);
    if (!store)
        return -1;
    int result = print(cli, store, err);
    store_close(store);
    return result;
}
