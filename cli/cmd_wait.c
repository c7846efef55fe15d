// SPDX-License-Identifier: GPL-2.0-or-later
// torc wait: until a workflow has ended; the exit code says how.
#include <poll.h>

#include "cli/command.h"
#include "lib/slurm/lost_runner.h"
#include "lib/slurm/settle.h"
#include "lib/store/read_each.h"

static int run(struct cli *cli, struct error *err);

const struct command cmd_wait = {
    .name = "wait",
    .argument = "ID",
    .need = ARGUMENT_OPTIONAL,
    .options = 0,
    .help = "waits until a workflow has ended; 0: every job completed, 1: not, 3: none runs",
    .run = run,
};

enum { WAIT_LEAST_MS = 20, WAIT_MOST_MS = 1000, QUIET_MS = 5000, AGAIN_MS = 30000 };

// Only jobs that failed and wait for the user's decision are left, and what waits for them.
static bool waits_for_user(const int64_t *counts)
{
    return counts[JOB_PENDING_FAILED] && !counts[JOB_UNINITIALIZED] && !counts[JOB_READY] &&
           !counts[JOB_PENDING] && !counts[JOB_RUNNING];
}

static bool all_completed(const int64_t *counts)
{
    for (int i = 0; i < JOB_STATES; i++)
        if (counts[i] && i != JOB_COMPLETED && i != JOB_DISABLED)
            return false;
    return true;
}

static int read_workflow(struct store *store, int64_t id, bool *ended, bool *good,
                         struct error *err)
{
    struct read_request request = {.what = READ_WORKFLOWS, .workflow_id = id};
    struct read_reply reply = {0};
    if (store_read(store, &request, &reply, err))
        return -1;
    *ended = !reply.count || reply.workflows->state == WORKFLOW_COMPLETE ||
             reply.workflows->state == WORKFLOW_CANCELED || waits_for_user(reply.workflows->counts);
    *good = reply.count && all_completed(reply.workflows->counts);
    read_reply_fini(&reply);
    return 0;
}

static int each_allocation(void *coming, const struct read_reply *reply, uint32_t index,
                           struct error *err)
{
    enum allocation_state state = reply->allocations[index].state;
    (void)err;
    *(bool *)coming |= state != ALLOCATION_ENDED && state != ALLOCATION_CANCELED;
    return 0;
}

// Nothing has changed for a while: perhaps nothing ever will, and the user should know.
static int tell_if_stuck(struct store *store, int64_t id, bool *stuck, struct error *err)
{
    int alive;
    bool coming = false, ended, good;
    struct read_request request = {.what = READ_ALLOCATIONS, .workflow_id = id};
    if (lost_runner_count_alive(store, id, &alive, err) ||
        store_read_each(store, request, each_allocation, &coming, err) ||
        read_workflow(store, id, &ended, &good,
                      err)) // last: a workflow ends before its last runner leaves
        return -1;
    *stuck = !alive && !coming && !ended;
    if (*stuck)
        cli_warn("workflow %lld has no live runner and no allocation, so nothing will run; to go "
                 "on here: torc-run --workflow %lld",
                 (long long)id, (long long)id);
    return 0;
}

// What was canceled in Slurm waits for ever in the database, until somebody looks; who may only
// read it cannot.
static void ask_slurm(const char *db, int64_t id)
{
    struct error ignored;
    struct settled settled;
    struct store *store = target_open(db, STORE_WRITE, &ignored);
    if (!store)
        return;
    if (!settle(store, id, &settled, &ignored))
        settled_fini(&settled);
    store_close(store);
}

static int wait_for(struct store *store, const char *db, int64_t id, bool *good, bool *stuck,
                    struct error *err)
{
    int64_t seen = -1, change;
    bool ended = false;
    int quiet_ms = 0;
    for (int pause = WAIT_LEAST_MS;; pause = pause * 2 < WAIT_MOST_MS ? pause * 2 : WAIT_MOST_MS) {
        if (store_change(store, &change, err))
            return -1;
        if (change != seen) {
            if (read_workflow(store, id, &ended, good, err))
                return -1;
            pause = WAIT_LEAST_MS;
            quiet_ms = 0;
        }
        if (ended)
            return 0;
        seen = change;
        poll(NULL, 0, pause);
        quiet_ms += pause;
        if (quiet_ms < QUIET_MS)
            continue;
        quiet_ms -= AGAIN_MS;
        ask_slurm(db, id);
        if (tell_if_stuck(store, id, stuck, err))
            return -1;
        if (*stuck)
            return 0;
    }
}

static int run(struct cli *cli, struct error *err)
{
    struct read_reply reply;
    bool good = false, stuck = false;
    struct store *store = target_open(cli->db, STORE_READ, err);
    if (!store)
        return -1;
    int result = target_workflow(store, cli->argument, &reply, err);
    if (!result) {
        result = wait_for(store, cli->db, reply.workflows->id, &good, &stuck, err);
        read_reply_fini(&reply);
    }
    store_close(store);
    return result ? -1 : stuck ? ERROR_UNREACHABLE : good ? ERROR_NONE : ERROR_JOBS;
}
