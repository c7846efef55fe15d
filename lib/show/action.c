// SPDX-License-Identifier: GPL-2.0-or-later
#include "lib/show/action.h"

#include <string.h>

#include "lib/base/mem.h"
#include "lib/store/read_each.h"

enum { FILE_COLUMNS = 4 };
static const struct table_column columns[] = {
    {"ACTION", "action", ALIGN_RIGHT, FIT_KEEP}, {"WHEN", "trigger_type", ALIGN_LEFT, FIT_KEEP},
    {"JOBS", "jobs", ALIGN_RIGHT, FIT_KEEP},     {"DOES", "does", ALIGN_LEFT, FIT_NAME},
    {"STATE", "state", ALIGN_LEFT, FIT_KEEP},    {"WHY", "why", ALIGN_LEFT, FIT_NAME},
};

static bool is_trigger(const struct action_info *a, enum action_trigger trigger)
{
    return !strcmp(a->trigger, action_trigger_names[trigger]);
}

static bool asks_for_nodes(const struct action_info *a)
{
    return !strcmp(a->type, action_type_names[ACTION_NODES]);
}

// "2 allocations: gpu", "mkdir -p logs"
static char *what_it_does(const struct action_info *a)
{
    if (asks_for_nodes(a))
        return xasprintf("%d allocation%s: %s", a->num_allocations,
                         a->num_allocations == 1 ? "" : "s", a->scheduler ? a->scheduler : "?");
    json_auto_t *list = a->commands ? json_loads(a->commands, 0, NULL) : NULL;
    const char *first = json_string_value(json_array_get(list, 0));
    size_t count = json_array_size(list);
    return count > 1 ? xasprintf("%s (and %zu more)", first ? first : "?", count - 1)
                     : xstrdup(first ? first : "?");
}

static char *why_waiting(const struct action_info *a)
{
    bool ready = is_trigger(a, ACTION_JOBS_READY);
    bool over = a->waits_state == JOB_CANCELED || a->waits_state == JOB_DISABLED;
    if (is_trigger(a, ACTION_WORKFLOW_COMPLETE))
        return xstrdup("waits for the end of the workflow");
    if (!a->waits_for)
        return ready ? xstrdup("waits for the first of its jobs to be ready") : NULL;
    if (ready && over)
        return xasprintf("never: job %s was %s before it was ready", a->waits_for,
                         job_state_names[a->waits_state]);
    return ready ? xasprintf("waits until job %s is ready", a->waits_for)
                 : xasprintf("waits for the end of job %s", a->waits_for);
}

static char *why_failed(const struct action_run_info *run)
{
    const char *message = run->message ? run->message : "failed", *log = run->log ? run->log : "";
    const char *see = run->log ? "; see " : "";
    if (run->exit_code != UNKNOWN)
        return xasprintf("%s with exit code %d%s%s", message, run->exit_code, see, log);
    if (run->signal != UNKNOWN)
        return xasprintf("%s by signal %d%s%s", message, run->signal, see, log);
    return xasprintf("%s%s%s", message, see, log);
}

// Of one that is done in each runner: in how many, and did it end well?
static char *why_each(const struct action_info *a)
{
    const struct action_run_info *failed = NULL;
    uint32_t count = 0;
    for (uint32_t i = 0; i < a->runs_count; i++)
        if (a->runs[i].state == ACTION_FAILED) {
            failed = &a->runs[i];
            count++;
        }
    cleanup_free char *why = failed ? why_failed(failed) : NULL;
    return xasprintf("in each runner: %u so far%s%s", a->runs_count,
                     why ? ", the last failure: " : "", why ? why : "");
}

char *action_why(const struct action_info *a)
{
    const struct action_run_info *run = a->runs_count ? &a->runs[a->runs_count - 1] : NULL;
    if (a->each_runner && a->state == ACTION_FIRED)
        return why_each(a);
    switch (a->state) {
    case ACTION_WAITING:
        return why_waiting(a);
    case ACTION_FIRED:
        return asks_for_nodes(a) && a->refused ? xstrdup(a->refused)
               : asks_for_nodes(a)   ? xstrdup("nobody has asked Slurm for its allocations yet")
               : run && run->message ? xasprintf("waits for a runner once more: %s", run->message)
                                     : xstrdup("waits for a runner");
    case ACTION_RUNNING:
        return run ? xasprintf("on %s", run->node) : NULL;
    case ACTION_FAILED:
        return run ? why_failed(run) : NULL;
    case ACTION_DONE:
        return asks_for_nodes(a) && !a->asked ? xstrdup("not needed: nothing asked") : NULL;
    case ACTION_STATES:
        break;
    }
    return NULL;
}

static const char *state_of(const struct action_info *a)
{
    return a->state < ACTION_STATES ? action_state_names[a->state] : "unknown";
}

struct table *action_table_create(const struct screen *screen, enum table_style style, bool file)
{
    return table_create(screen, style, columns,
                        file ? FILE_COLUMNS : sizeof columns / sizeof *columns);
}

void action_table_row(struct table *table, const struct action_info *a, bool file)
{
    static const enum color colors[ACTION_STATES + 1] = {
        [ACTION_RUNNING] = COLOR_BLUE, [ACTION_DONE] = COLOR_GREEN, [ACTION_FAILED] = COLOR_RED};
    cleanup_free char *does = what_it_does(a), *why = action_why(a);
    table_number(table, a->position);
    table_text(table, COLOR_NONE, a->trigger);
    table_number(table, a->jobs ? a->jobs : UNKNOWN);
    table_text(table, COLOR_NONE, does);
    if (file)
        return;
    table_text(table, colors[a->state], state_of(a));
    table_text(table, COLOR_NONE, why);
}

struct listing {
    const struct screen *screen;
    struct table *table;
};

static int each_action(void *pointer, const struct read_reply *reply, uint32_t index,
                       struct error *err)
{
    struct listing *listing = pointer;
    (void)err;
    if (!listing->table) {
        fputc('\n', listing->screen->out);
        listing->table = action_table_create(listing->screen, TABLE_PEOPLE, false);
    }
    action_table_row(listing->table, &reply->actions[index], false);
    return 0;
}

int action_show_all(const struct screen *screen, struct store *store, int64_t workflow_id,
                    struct error *err)
{
    struct listing listing = {.screen = screen};
    struct read_request request = {.what = READ_ACTIONS, .workflow_id = workflow_id};
    int rc = store_read_each(store, request, each_action, &listing, err);
    table_destroy(listing.table);
    return rc;
}

void action_show_file(const struct screen *screen, const struct workflow *workflow)
{
    if (!workflow->actions_count)
        return;
    fputs("\nActions:\n", screen->out);
    struct table *table = action_table_create(screen, TABLE_PEOPLE, true);
    for (size_t i = 0; i < workflow->actions_count; i++) {
        const struct action_row *row = &workflow->actions[i];
        struct action_info info = {.position = (int32_t)i + 1,
                                   .trigger = action_trigger_names[row->trigger],
                                   .type = action_type_names[row->type],
                                   .commands = row->commands,
                                   .scheduler = row->scheduler,
                                   .num_allocations = row->num_allocations,
                                   .jobs = (int32_t)row->jobs_count};
        action_table_row(table, &info, true);
    }
    table_destroy(table);
}

static json_t *run_json(const struct action_run_info *run)
{
    const char *state = run->state == ACTION_FIRED   ? "lost"
                        : run->state < ACTION_STATES ? action_state_names[run->state]
                                                     : "unknown";
    return json_pack("{s:i, s:o, s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "run_id",
                     run->run_id, "node", json_text(run->node), "start", json_time(run->start_usec),
                     "end", json_time(run->end_usec), "state", state, "commands_done",
                     json_known(run->commands_done), "exit_code", json_known(run->exit_code),
                     "signal", json_known(run->signal), "message", json_text(run->message),
                     "output", json_text(run->output), "log", json_text(run->log));
}

json_t *action_json(const struct action_info *a)
{
    cleanup_free char *why = action_why(a);
    json_t *runs = json_array();
    for (uint32_t i = 0; i < a->runs_count; i++)
        json_array_append_new(runs, run_json(&a->runs[i]));
    return json_pack("{s:i, s:s, s:s, s:i, s:o, s:o, s:o, s:b, s:s, s:o, s:o, s:o, s:o}", "action",
                     a->position, "trigger_type", a->trigger, "action_type", a->type, "jobs",
                     a->jobs, "commands", json_parsed(a->commands), "scheduler",
                     json_text(a->scheduler), "num_allocations",
                     a->scheduler ? json_integer(a->num_allocations) : json_null(), "each_runner",
                     a->each_runner, "state", state_of(a), "why", json_text(why), "waits_for",
                     json_text(a->waits_for), "fired", json_time(a->fired_usec), "runs", runs);
}
