// SPDX-License-Identifier: GPL-2.0-or-later
// torc restart: the jobs that must run again, and no others; with --dry-run they are only shown.
#include <unistd.h>

#include "cli/job_list.h"
#include "lib/base/mem.h"
#include "lib/plan/cluster.h"
#include "lib/show/restart_table.h"
#include "lib/slurm/slurm.h"
#include "lib/store/plan.h"

static int run(struct cli *cli, struct error *err);

const struct command cmd_restart = {
    .name = "restart",
    .argument = "ID",
    .need = ARGUMENT_OPTIONAL,
    .options = OPTION_JSON | OPTION_RESTART,
    .help = "runs again what failed, and what came of files and data that have changed since",
    .run = run,
};

// The most that a job could get: on the cluster, if the workflow was ever submitted, else on this
// machine.
static int find_limits(struct store *store, int64_t id, struct escalation_limits *limits,
                       struct error *err)
{
    struct submissions submissions;
    struct cluster cluster;
    *limits = (struct escalation_limits){0};
    if (store_submissions(store, id, &submissions, err))
        return -1;
    bool submitted = submissions.count > 0;
    submissions_fini(&submissions);
    if (!submitted) {
        limits->memory_bytes = (int64_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE);
        return 0;
    }
    if (slurm_load_cluster(&cluster, err))
        return error_prefix(err, "how much there is cannot be found out, nothing was changed");
    cluster_most(&cluster, &limits->memory_bytes, &limits->runtime_usec);
    cluster_fini(&cluster);
    return 0;
}

static int restart(const struct cli *cli, struct store *store, int64_t id, const char *job_glob,
                   struct error *err)
{
    struct restart r;
    struct restart_reply reply = {0};
    struct restart_wish wish = {.failed = cli->failed, .force = cli->force, .job_glob = job_glob};
    struct escalation_limits limits;
    if (cli->escalate && !find_limits(store, id, &limits, err))
        wish.escalate = &limits;
    if ((cli->escalate && !wish.escalate) || restart_find(store, id, &wish, &r, err)) {
        store_close(store);
        return -1;
    }
    bool nothing = !r.again && !r.maybe;
    int result = cli->dry_run ? 0 : restart_apply(store, &r, NULL, &reply, err);
    if (!result && cli->json)
        restart_print_json(&r, cli->dry_run, cli->dry_run ? r.facts.run_id : reply.run_id);
    else if (!result)
        restart_print(&cli->screen, &r, cli->dry_run);
    restart_fini(&r);
    if (result || cli->dry_run || nothing) {
        store_close(store);
        return result;
    }
    result = job_list_submit(cli, store, id, err);
    if (!result && !cli->json)
        printf("to run them here: torc-run --workflow %lld\n", (long long)id);
    return result;
}

static int run(struct cli *cli, struct error *err)
{
    struct target target;
    struct read_reply reply;
    const char *workflow = cli->argument ? cli->argument : target_own(cli->db);
    if (!!cli->job + !!cli->failed + !!cli->force > 1)
        return error_set(err, ERROR_USAGE, 0,
                         "restart: --job, --failed and --force exclude each other");
    struct store *store = target_open(cli->db, cli->dry_run ? STORE_READ : STORE_WRITE, err);
    if (!store)
        return -1;
    if (!cli->job) {
        if (target_workflow(store, workflow, &reply, err)) {
            store_close(store);
            return -1;
        }
        int64_t id = reply.workflows->id;
        read_reply_fini(&reply);
        return restart(cli, store, id, NULL, err);
    }
    if (target_parse(store, cli->job, workflow, &target, err)) {
        store_close(store);
        return -1;
    }
    cleanup_free char *glob = xstrdup(target.job_glob ? target.job_glob : "*");
    int64_t id = target.workflow->id;
    target_fini(&target);
    return restart(cli, store, id, glob, err);
}
