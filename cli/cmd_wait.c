// SPDX-License-Identifier: GPL-2.0-or-later
// torc wait: until a workflow has ended; the exit code says how.
#include "cli/command.h"
#include "lib/base/clock.h"
#include "lib/show/document.h"
#include "lib/slurm/lost_runner.h"
#include "lib/slurm/settle.h"
#include "lib/slurm/submit.h"
#include "lib/store/read_each.h"
#include "lib/store/waiting.h"

static int run(struct cli *cli, struct error *err);

const struct command cmd_wait = {
    .name = "wait",
    .argument = "ID",
    .need = ARGUMENT_OPTIONAL,
    .options = OPTION_JSON,
    .help = "waits until a workflow has ended; 0: every job completed, 1: not, 3: none runs",
    .run = run,
};

enum { QUIET_MSEC = 5000, AGAIN_MSEC = 30000 };

struct watch {
    struct store *store;
    const char *db;
    int64_t asked_msec; // when Slurm was, last; 0: never
};

static int each_allocation(void *coming, const struct read_reply *reply, uint32_t index,
                           struct error *err)
{
    enum allocation_state state = reply->allocations[index].state;
    (void)err;
    *(bool *)coming |= state != ALLOCATION_ENDED && state != ALLOCATION_CANCELED;
    return 0;
}

// Nothing has changed for a while, and no runner lives: perhaps nothing ever will, and the user
// should know.
static int tell_if_stuck(struct store *store, int64_t id, bool *stuck, struct error *err)
{
    bool coming = false;
    struct read_request allocations = {.what = READ_ALLOCATIONS, .workflow_id = id},
                        workflow = {.what = READ_WORKFLOWS, .workflow_id = id};
    struct read_reply reply;
    if (store_read_each(store, allocations, each_allocation, &coming, err) ||
        store_read(store, &workflow, &reply,
                   err)) // last: a workflow ends before its last runner leaves
        return -1;
    *stuck = !coming && reply.count && waiting_result(reply.workflows) < 0;
    if (*stuck)
        cli_warn("workflow %lld has no live runner and no allocation, so nothing will run; to go "
                 "on here: torc-run --workflow %lld",
                 (long long)id, (long long)id);
    read_reply_fini(&reply);
    return 0;
}

// What was canceled in Slurm waits for ever in the database, until somebody looks, and so does a
// submission whose torc-sbatch was killed; who may only read it cannot.
static void ask_slurm(const char *db, int64_t id)
{
    struct error ignored;
    struct settled settled;
    int secs;
    struct store *store = target_open(db, STORE_WRITE, &ignored);
    if (!store)
        return;
    settle(store, id, &settled, &ignored);
    submit_heal(&(struct submit){.store = store, .workflow_id = id}, &secs, &ignored);
    store_close(store);
}

static int look(void *context, const struct workflow_info *info, bool changed, struct error *err)
{
    struct watch *watch = context;
    bool stuck = false;
    int alive = 0;
    int result = info ? waiting_result(info) : ERROR_JOBS; // that is gone has ended, too
    if (result >= 0 || changed)
        return result;
    if (lost_runner_count_alive(watch->store, info->id, &alive, err))
        return -1;
    if (alive) // jobs may run for hours: that is nothing to ask Slurm about
        return -1;
    if (!watch->asked_msec || clock_mono_msec() - watch->asked_msec >= AGAIN_MSEC) {
        ask_slurm(watch->db, info->id);
        watch->asked_msec = clock_mono_msec();
    }
    if (tell_if_stuck(watch->store, info->id, &stuck, err))
        return -1;
    return stuck ? ERROR_UNREACHABLE : -1;
}

// As it ended.
static int print_json(struct store *store, int64_t id, struct error *err)
{
    struct read_request request = {.what = READ_WORKFLOWS, .workflow_id = id};
    struct read_reply reply = {0};
    struct json_stream json;
    if (store_read(store, &request, &reply, err))
        return -1;
    json_stream_init(&json, stdout);
    json_stream_object(&json, NULL);
    if (reply.count) // else it was deleted
        document_workflow(&json, reply.workflows);
    json_stream_end(&json);
    read_reply_fini(&reply);
    return 0;
}

static int run(struct cli *cli, struct error *err)
{
    struct read_reply reply;
    struct watch watch = {.store = target_open(cli->db, STORE_READ, err), .db = cli->db};
    if (!watch.store)
        return -1;
    int result = target_workflow(watch.store, cli->argument, &reply, err);
    if (!result) {
        struct waiting waiting = {.store = watch.store,
                                  .workflow_id = reply.workflows->id,
                                  .patience_msec = QUIET_MSEC,
                                  .look = look,
                                  .context = &watch};
        result = waiting_run(&waiting, err);
        if (result >= 0 && cli->json && print_json(watch.store, waiting.workflow_id, err))
            result = -1;
        read_reply_fini(&reply);
    }
    store_close(watch.store);
    return result;
}
