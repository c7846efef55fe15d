// SPDX-License-Identifier: GPL-2.0-or-later
// Names that actions and jobs use for handlers, schedulers and jobs.
#include "lib/workflow/resolve.h"

static void check_name(struct source *source, const char *noun, const char *name,
                       const struct names *names)
{
    if (names_find(names, name) == NAMES_NONE)
        source_error(source, "no %s is named %s%s", noun, source_quote(source, name),
                     source_suggest(source, name, names->list, names->count, ""));
}

static void resolve_action(struct resolver *resolver, const struct spec_action *action)
{
    struct source *source = resolver->source;
    source_down_key(source, "jobs");
    for (uint32_t i = 0; i < action->jobs.count; i++) {
        source_down_index(source, i);
        if (action->jobs.items[i])
            check_name(source, "job", action->jobs.items[i], &resolver->jobs);
        source_up(source);
    }
    source_up(source);
    source_down_key(source, "job_name_regexes");
    for (uint32_t i = 0; i < action->regexes.count; i++) {
        source_down_index(source, i);
        if (action->regexes.items[i])
            resolve_selection(resolver, SELECT_JOBS, action->regexes.items[i]);
        source_up(source);
    }
    source_up(source);
    source_down_key(source, "scheduler");
    if (action->scheduler)
        check_name(source, "scheduler", action->scheduler, &resolver->spec->scheduler_names);
    source_up(source);
}

void resolve_actions(struct resolver *resolver)
{
    const struct spec_actions *actions = &resolver->spec->actions;
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
