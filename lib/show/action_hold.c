// SPDX-License-Identifier: GPL-2.0-or-later
// The rules are those of the store (ACTIONS_HOLD in lib/store/sql.def).
#include "lib/show/action_hold.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/show/action.h"
#include "lib/show/format.h"

enum { ACTIONS_MOST = 100000 };

struct action_holds {
    struct read_reply reply;
};

struct action_holds *action_holds_create(struct store *store, int64_t workflow_id,
                                         struct error *err)
{
    struct read_request request = {
        .what = READ_ACTIONS, .workflow_id = workflow_id, .limit = ACTIONS_MOST};
    struct action_holds *holds = xcalloc(1, sizeof *holds);
    if (!store_read(store, &request, &holds->reply, err))
        return holds;
    free(holds);
    return NULL;
}

void action_holds_destroy(struct action_holds *holds)
{
    if (holds)
        read_reply_fini(&holds->reply);
    free(holds);
}

static bool has_trigger(const struct action_info *a, enum action_trigger trigger)
{
    return !strcmp(a->trigger, action_trigger_names[trigger]);
}

static bool has_type(const struct action_info *a, enum action_type type)
{
    return !strcmp(a->type, action_type_names[type]);
}

// Who does it, or of those that each runner does what this one has done of it; NULL: nobody does.
static const struct action_run_info *run_for(const struct action_info *a, int64_t runner_id)
{
    for (uint32_t i = a->runs_count; i-- > 0;) {
        const struct action_run_info *run = &a->runs[i];
        bool now = has_trigger(a, ACTION_WORKER_START) || run->run_id == a->run_id;
        if (a->each_runner ? run->runner_id == runner_id && now : !run->end_usec)
            return run;
    }
    return NULL;
}

char *action_holds_runner(const struct action_holds *holds, int64_t runner_id)
{
    char since[FORMAT_SIZE];
    for (uint32_t i = 0; i < holds->reply.count; i++) {
        const struct action_info *a = &holds->reply.actions[i];
        bool first = has_trigger(a, ACTION_WORKFLOW_START) || has_trigger(a, ACTION_WORKER_START);
        if (!first || !has_type(a, ACTION_COMMANDS) ||
            (a->state != ACTION_FIRED && a->state != ACTION_RUNNING))
            continue;
        const struct action_run_info *run = run_for(a, runner_id);
        if (!run)
            return xasprintf("the commands of action %d (%s), which %s runner has begun yet",
                             a->position, a->trigger, a->each_runner ? "not every" : "no");
        if (!run->end_usec)
            return xasprintf("the commands of action %d (%s), which %s has run since %s",
                             a->position, a->trigger, run->node,
                             format_time(since, run->start_usec));
    }
    return NULL;
}

char *action_holds_class(const struct action_holds *holds, int32_t position)
{
    for (uint32_t i = 0; position && i < holds->reply.count; i++) {
        const struct action_info *a = &holds->reply.actions[i];
        if (a->position != position || !has_type(a, ACTION_NODES))
            continue;
        cleanup_free char *why = action_why(a);
        if (a->state == ACTION_WAITING && why)
            return xasprintf("its allocations are those of action %d (%s), which %s", position,
                             a->trigger, why);
        if (a->state == ACTION_FIRED)
            return xasprintf("its allocations are those of action %d (%s): %s", position,
                             a->trigger, why);
    }
    return NULL;
}
