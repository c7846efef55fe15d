// SPDX-License-Identifier: GPL-2.0-or-later
// torc recover: what an outage or a dead node left behind: results that lie on the disk, jobs that
// nobody runs any more.
#include "cli/command.h"
#include "lib/slurm/lost_runner.h"
#include "lib/store/journal.h"

static int run(struct cli *cli, struct error *err);

const struct command cmd_recover = {
    .name = "recover",
    .argument = "ID",
    .need = ARGUMENT_OPTIONAL,
    .options = 0,
    .help = "takes in results left on the disk, and gives back the jobs of dead runners",
    .run = run,
};

static int give_back(struct store *store, int64_t id, size_t *sum, struct error *err)
{
    // to Slurm: a user who asks wants them all, but not hundreds of requests
    enum { REQUESTS_MOST = 10 };
    size_t turn = 0, lost = 0;
    bool asked = true;
    if (lost_runner_here(store, id, sum, err))
        return -1;
    for (int i = 0; asked && i < REQUESTS_MOST; i++, *sum += lost)
        if (lost_runner_look(store, id, &turn, &asked, &lost, err))
            return -1;
    return 0;
}

static int recover(struct store *store, int64_t id, struct error *err)
{
    struct error of_journal = {0}; // a damaged one does not keep the rest from being done
    int64_t results = 0;
    size_t lost = 0;
    int damaged = journal_replay(store, id, &results, &of_journal),
        rc = give_back(store, id, &lost, err);
    printf("workflow %lld: took in %lld results, gave back the jobs of %zu dead runners\n",
           (long long)id, (long long)results, lost);
    if (damaged) {
        *err = of_journal;
        return -1;
    }
    return rc;
}

static int run(struct cli *cli, struct error *err)
{
    struct read_reply reply;
    struct store *store = target_open(cli->db, STORE_WRITE, err);
    if (!store)
        return -1;
    int result = target_workflow(store, cli->argument, &reply, err);
    if (!result) {
        result = recover(store, reply.workflows->id, err);
        read_reply_fini(&reply);
    }
    store_close(store);
    return result;
}
