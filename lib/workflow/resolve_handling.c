// SPDX-License-Identifier: GPL-2.0-or-later
// Names that actions and jobs use for handlers, schedulers and jobs.
#include <jansson.h>

#include "lib/base/mem.h"
#include "lib/workflow/resolve.h"

static int64_t check_name(struct source *source, const char *noun, const char *name,
                          const struct names *names)
{
    int64_t found = names_find(names, name);
    if (found == NAMES_NONE)
        source_error(source, "no %s is named %s%s", noun, source_quote(source, name),
                     source_suggest(source, name, names->list, names->count, ""));
    return found;
}

// Marks the jobs that the action names, or its regexes match.
static void select_jobs(struct resolver *resolver, const struct spec_action *action, bool *selected)
{
    struct source *source = resolver->source;
    source_down_key(source, "jobs");
    for (uint32_t i = 0; i < action->jobs.count; i++) {
        source_down_index(source, i);
        int64_t found = NAMES_NONE;
        if (action->jobs.items[i])
            found = check_name(source, "job", action->jobs.items[i], &resolver->jobs);
        if (found != NAMES_NONE)
            selected[found] = true;
        source_up(source);
    }
    source_up(source);
    source_down_key(source, "job_name_regexes");
    for (uint32_t i = 0; i < action->regexes.count; i++) {
        source_down_index(source, i);
        const struct selection *selection = NULL;
        if (action->regexes.items[i])
            selection = resolve_selection(resolver, SELECT_JOBS, action->regexes.items[i]);
        for (size_t m = 0; selection && m < selection->count; m++)
            selected[selection->matches[m]] = true;
        source_up(source);
    }
    source_up(source);
}

static const char *commands_text(struct resolver *resolver, const struct texts *commands)
{
    json_auto_t *list = json_array();
    for (uint32_t i = 0; i < commands->count; i++)
        if (commands->items[i])
            json_array_append_new(list, json_string(commands->items[i]));
    cleanup_free char *text = json_dumps(list, JSON_COMPACT);
    return arena_strdup(resolver->workflow->text, text);
}

static void resolve_action(struct resolver *resolver, const struct spec_action *action)
{
    struct source *source = resolver->source;
    struct workflow *workflow = resolver->workflow;
    struct action_row *row = &workflow->actions[workflow->actions_count++];
    bool nodes = action->type == ACTION_NODES;
    cleanup_free bool *selected = xcalloc(resolver->jobs.count + 1, sizeof *selected);
    *row = (struct action_row){
        .trigger = (enum action_trigger)action->trigger,
        .type = (enum action_type)action->type,
        .persistent = action->persistent,
        .commands = nodes ? NULL : commands_text(resolver, &action->commands),
        .scheduler = nodes ? action->scheduler : NULL,
        .num_allocations = nodes ? action->num_allocations : 0,
        .max_parallel_jobs = nodes ? action->max_parallel_jobs : 0,
    };
    select_jobs(resolver, action, selected);
    row->jobs = xcalloc(resolver->jobs.count + 1, sizeof *row->jobs);
    for (uint32_t j = 0; j < resolver->jobs.count; j++)
        if (selected[j])
            row->jobs[row->jobs_count++] = j;
    row->jobs = xrealloc(row->jobs, row->jobs_count + 1, sizeof *row->jobs);
    source_down_key(source, "scheduler");
    if (action->scheduler)
        check_name(source, "scheduler", action->scheduler, &resolver->spec->scheduler_names);
    source_up(source);
}

void resolve_actions(struct resolver *resolver)
{
    const struct spec_actions *actions = &resolver->spec->actions;
    struct workflow *workflow = resolver->workflow;
    workflow->actions = xcalloc(actions->count + 1, sizeof *workflow->actions);
    for (size_t i = 0; i < actions->count; i++) {
        source_go_key(resolver->source, "actions", actions->offset);
        source_down_index(resolver->source, i);
        resolve_action(resolver, &actions->list[i]);
    }
}

void resolve_job_handler(struct resolver *resolver, const struct spec_job *job)
{
    if (!job->failure_handler)
        return;
    source_down_key(resolver->source, "failure_handler");
    check_name(resolver->source, "failure handler", job->failure_handler,
               &resolver->spec->handler_names);
    source_up(resolver->source);
}
