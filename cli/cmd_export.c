// SPDX-License-Identifier: GPL-2.0-or-later
// torc export: a run for others, as RO-Crate.
#include "cli/command.h"
#include "lib/show/crate.h"

static int run(struct cli *cli, struct error *err);

const struct command cmd_export = {
    .name = "export",
    .argument = "ID",
    .need = ARGUMENT_OPTIONAL,
    .options = OPTION_EXPORT,
    .help = "a run for others: as RO-Crate",
    .run = run,
};

static int run(struct cli *cli, struct error *err)
{
    struct read_reply reply;
    if (!cli->ro_crate)
        return error_set(err, ERROR_USAGE, 0, "export: as what, and where to? --ro-crate FOLDER");
    struct store *store = target_open(cli->db, STORE_READ, err);
    if (!store)
        return -1;
    int result =
        target_workflow(store, cli->argument ? cli->argument : target_own(cli->db), &reply, err);
    if (!result) {
        result = crate_write(store, reply.workflows, cli->ro_crate, err);
        read_reply_fini(&reply);
    }
    store_close(store);
    return result ? error_prefix(err, "export") : 0;
}
