// SPDX-License-Identifier: GPL-2.0-or-later
// torc update: what the jobs of a class ask for, for those that have not started.
#include "cli/job_list.h"
#include "lib/base/duration.h"
#include "lib/base/mem.h"
#include "lib/base/size.h"
#include "lib/base/text.h"
#include "lib/show/json_stream.h"

static int run(struct cli *cli, struct error *err);

const struct command cmd_update = {
    .name = "update",
    .argument = "CLASS",
    .need = ARGUMENT_REQUIRED,
    .options = OPTION_JSON | OPTION_WORKFLOW | OPTION_UPDATE,
    .help = "changes what the jobs of a class ask for, where they have not started",
    .run = run,
};

static int read_values(const struct cli *cli, struct class_update *update, struct error *err)
{
    *update = (struct class_update){.name = cli->argument, .gpus_milli = UNKNOWN};
    if (cli->memory &&
        (size_parse(cli->memory, &update->memory_bytes) || update->memory_bytes <= 0))
        return error_set(err, ERROR_USAGE, 0,
                         "update: --memory \"%s\" is not a size; write 512m, 2g, ...", cli->memory);
    if (cli->runtime &&
        (duration_parse(cli->runtime, &update->runtime_usec) || update->runtime_usec <= 0))
        return error_set(err, ERROR_USAGE, 0,
                         "update: --runtime \"%s\" is not a duration; write 10m, 2h, PT1H30M, ...",
                         cli->runtime);
    update->cpus = cli->cpus;
    return cli->memory || cli->runtime || cli->cpus
               ? 0
               : error_set(err, ERROR_USAGE, 0,
                           "update: say what changes: --cpus N, --memory SIZE, --runtime TIME");
}

static int run(struct cli *cli, struct error *err)
{
    struct class_update update;
    struct read_reply reply;
    int64_t jobs = 0;
    if (read_values(cli, &update, err))
        return -1;
    struct store *store = target_open(cli->db, STORE_WRITE, err);
    if (!store)
        return -1;
    int rc =
        target_workflow(store, cli->workflow ? cli->workflow : target_own(cli->db), &reply, err);
    if (!rc) {
        update.workflow_id = reply.workflows->id;
        read_reply_fini(&reply);
        rc = store_update_class(store, &update, &jobs, err);
    }
    if (!rc && cli->json) {
        json_auto_t *document =
            json_pack("{s:I, s:o, s:I}", "workflow_id", (json_int_t)update.workflow_id, "class",
                      json_text(update.name), "jobs", (json_int_t)jobs);
        json_dumpf(document, stdout, JSON_INDENT(1));
        putchar('\n');
    } else if (!rc) {
        cleanup_free char *name = text_safe(update.name);
        printf("class %s of workflow %lld: %lld job%s that %s not started will get it\n", name,
               (long long)update.workflow_id, (long long)jobs, jobs == 1 ? "" : "s",
               jobs == 1 ? "has" : "have");
    }
    store_close(store);
    return rc;
}
