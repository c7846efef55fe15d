// SPDX-License-Identifier: GPL-2.0-or-later
// From the file to the workflow: read, with parameters expanded, and resolve.
#include "lib/workflow/workflow.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/mem.h"
#include "lib/text/source_format.h"
#include "lib/workflow/commands_file.h"
#include "lib/workflow/resolve.h"
#include "lib/workflow/spec_known.h"

static void resolve_data(struct resolver *resolver)
{
    const struct spec *spec = resolver->spec;
    struct workflow *workflow = resolver->workflow;
    workflow->data = xcalloc(spec->data_count + 1, sizeof *workflow->data);
    workflow->data_count = spec->data_count;
    for (size_t i = 0; i < spec->data_count; i++)
        workflow->data[i] = (struct data_row){.name = spec->data[i].name,
                                              .data = spec->data[i].data,
                                              .ephemeral = spec->data[i].ephemeral};
}

static json_t *merged_env(const char *workflow_env, const char *job_env)
{
    json_t *env = workflow_env ? json_loads(workflow_env, 0, NULL) : json_object();
    json_auto_t *own = job_env ? json_loads(job_env, 0, NULL) : NULL;
    json_object_update(env, own);
    return env;
}

static json_t *stdio_json(const struct spec_stdio *stdio)
{
    return json_pack("{s:s, s:b}", "mode", stdio_mode_names[stdio->mode], "delete_on_success",
                     stdio->delete_on_success);
}

// The JSON of what all jobs have that set nothing themselves, or NULL.
static const char *shared_text(const struct spec *spec, struct arena *arena)
{
    bool strict = spec->shell == SHELL_STRICT;
    if (!spec->env && !strict)
        return NULL;
    return arena_printf(arena, "{%s%s%s%s}", spec->env ? "\"env\":" : "",
                        spec->env ? spec->env : "", spec->env && strict ? "," : "",
                        strict ? "\"shell\":\"strict\"" : "");
}

// The JSON of lib/workflow/job_spec.h, or NULL when nothing is set. Jobs that have nothing but what
// the workflow says share one text.
static const char *job_spec_text(struct resolver *resolver, const struct spec_job *job,
                                 const char *shared)
{
    if (!job->env && !job->workdir && !job->termination_signal && !job->stdio.set &&
        job->max_continuations < 0 && !job->failure_handler && job->shell == SHELL_UNSET)
        return shared;
    json_auto_t *root = json_object();
    if (resolver->spec->env || job->env)
        json_object_set_new(root, "env", merged_env(resolver->spec->env, job->env));
    if ((job->shell == SHELL_UNSET ? resolver->spec->shell : job->shell) == SHELL_STRICT)
        json_object_set_new(root, "shell", json_string("strict"));
    if (job->workdir)
        json_object_set_new(root, "workdir", json_string(job->workdir));
    if (job->termination_signal)
        json_object_set_new(root, "termination_signal", json_integer(job->termination_signal));
    if (job->stdio.set)
        json_object_set_new(root, "stdio", stdio_json(&job->stdio));
    if (job->max_continuations >= 0)
        json_object_set_new(root, "max_continuations", json_integer(job->max_continuations));
    if (job->failure_handler)
        json_object_set_new(root, "handler", json_string(job->failure_handler));
    cleanup_free char *text = json_dumps(root, JSON_COMPACT);
    return arena_strdup(resolver->workflow->text, text);
}

static int32_t job_flags(const struct spec *spec, const struct spec_job *job)
{
    bool srun = job->launcher == LAUNCHER_SRUN ||
                (job->launcher == LAUNCHER_UNSET && spec->mode == MODE_SLURM);
    return (job->cancel_on_blocking_failure ? JOB_CANCEL_ON_BLOCKING_FAILURE : 0) |
           (job->supports_termination ? JOB_SUPPORTS_TERMINATION : 0) | (srun ? JOB_SRUN : 0);
}

// The drafts of commands up to that job have become commands.
static void drop_drafts(const struct spec *spec, size_t *dropped, size_t jobs_done)
{
    for (; *dropped < spec->drafts_count; ++*dropped) {
        size_t end =
            *dropped + 1 < spec->drafts_count ? spec->drafts[*dropped + 1].first : spec->jobs_count;
        if (end > jobs_done)
            return;
        arena_destroy(spec->drafts[*dropped].arena);
        spec->drafts[*dropped].arena = NULL;
    }
}

static void resolve_jobs(struct resolver *resolver)
{
    size_t dropped = 0;
    const struct spec *spec = resolver->spec;
    struct workflow *workflow = resolver->workflow;
    const char *shared = shared_text(spec, workflow->text);
    workflow->jobs = xcalloc(spec->jobs_count + 1, sizeof *workflow->jobs);
    workflow->jobs_count = spec->jobs_count;
    for (size_t j = 0; j < spec->jobs_count; j++) {
        const struct spec_job *job = &spec->jobs[j];
        workflow->jobs[j] = (struct job_row){
            .name = job->name,
            .spec = job_spec_text(resolver, job, shared),
            .flags = job_flags(spec, job),
            .priority = job->priority,
        };
        resolve_job_links(resolver, (uint32_t)j);
        drop_drafts(spec, &dropped, j + 1);
    }
}

static struct handler *handlers_of(const struct spec *spec)
{
    struct handler *list = xcalloc(spec->handlers_count + 1, sizeof *list);
    for (size_t i = 0; i < spec->handlers_count; i++)
        list[i] = (struct handler){spec->handlers[i].name, spec->handlers[i].rules,
                                   spec->handlers[i].rules_count};
    return list;
}

static char *joined(const struct texts *texts)
{
    char *list = NULL;
    for (uint32_t i = 0; i < texts->count; i++) {
        cleanup_free char *before = list;
        list = before ? xasprintf("%s,%s", before, texts->items[i]) : xstrdup(texts->items[i]);
    }
    return list;
}

static void resolve_settings(struct resolver *resolver)
{
    struct settings settings =
        resolver->spec->settings; // a view: the spec goes on owning its texts
    if (!resolver->spec->limit_resources)
        settings.limits = LIMITS_OFF;
    if (resolver->spec->stdio.set) {
        settings.stdio = (enum stdio_mode)resolver->spec->stdio.mode;
        settings.delete_on_success = resolver->spec->stdio.delete_on_success;
    }
    settings.stdio = stdio_mode_settle(settings.stdio, resolver->spec->jobs_count);
    settings.schedulers = resolver->schedulers;
    cleanup_free struct handler *handlers = handlers_of(resolver->spec);
    settings.handlers = (struct handlers){handlers, resolver->spec->handlers_count, NULL};
    cleanup_free char *groups = joined(&resolver->spec->access_groups);
    settings.access_groups = groups;
    cleanup_free char *text = settings_text(&settings);
    resolver->workflow->settings = arena_strdup(resolver->workflow->text, text);
}

static void resolver_init(struct resolver *resolver, struct source *source, const struct spec *spec,
                          struct workflow *workflow)
{
    *resolver = (struct resolver){.source = source, .spec = spec, .workflow = workflow};
    resolver->jobs = spec->job_names;
    resolver->files = spec->file_names;
    resolver->data = spec->data_names;
    resolver->classes = spec->class_names;
    names_init(&resolver->class_keys);
    resolver->folder = realpath(".", NULL);
    resolver->producer = xmalloc((spec->files_count + 1) * sizeof *resolver->producer);
    memset(resolver->producer, 0xff, (spec->files_count + 1) * sizeof *resolver->producer);
    for (int role = 0; role < 2; role++) {
        resolver->seen_file[role] = xcalloc(spec->files_count + 1, sizeof **resolver->seen_file);
        resolver->seen_data[role] = xcalloc(spec->data_count + 1, sizeof **resolver->seen_data);
    }
}

static void resolver_fini(struct resolver *resolver)
{
    names_fini(&resolver->class_keys);
    resolve_selections_fini(resolver);
    schedulers_fini(&resolver->schedulers);
    free(resolver->asks);
    free(resolver->folder);
    free(resolver->producer);
    for (int role = 0; role < 2; role++) {
        free(resolver->seen_file[role]);
        free(resolver->seen_data[role]);
    }
}

static void resolve(struct source *source, const struct spec *spec, struct workflow *workflow)
{
    struct resolver resolver;
    resolver_init(&resolver, source, spec, workflow);
    workflow->name = spec->name;
    workflow->description = spec->description;
    workflow->project = spec->project;
    workflow->metadata = spec->metadata;
    resolve_schedulers(&resolver);
    resolve_settings(&resolver);
    resolve_files(&resolver);
    resolve_data(&resolver);
    resolve_jobs(&resolver);
    resolve_files_produced(&resolver);
    resolve_classes(&resolver);
    resolve_needs(&resolver);
    resolve_data_values(&resolver);
    resolve_actions(&resolver);
    resolve_cover(&resolver);
    resolver_fini(&resolver);
}

static int load(struct source *source, bool readable, struct workflow *workflow, size_t errors)
{
    struct spec spec = {0};
    if (readable && spec_read(source, &spec) && !spec.incomplete)
        resolve(source, &spec, workflow);
    spec_fini(&spec);
    source_fini(source);
    return source->problems->errors > errors ? -1 : 0;
}

int workflow_load(const char *text, size_t length, const char *name, struct workflow *workflow,
                  struct problems *problems)
{
    size_t errors = problems->errors;
    *workflow = (struct workflow){.text = arena_create()};
    struct source source = {.problems = problems, .arena = workflow->text};
    bool readable = source_read(&source, text, length, name);
    return load(&source, readable, workflow, errors);
}

int workflow_load_commands(const char *text, size_t length, const char *name,
                           const struct commands_resources *resources, struct workflow *workflow,
                           struct problems *problems)
{
    size_t errors = problems->errors;
    *workflow = (struct workflow){.text = arena_create()};
    struct source source = {.problems = problems, .arena = workflow->text, .rewritten = true};
    problems->of_list = true;
    bool readable = source_take_utf8(&text, &length, problems) &&
                    !commands_read(text, length, name, resources, &source.rewrite, problems);
    source.json = (struct json_text){source.rewrite.json, source.rewrite.length};
    return load(&source, readable, workflow, errors);
}

static bool find_known(const struct workflow_more *more, const struct spec *spec,
                       struct arena *text)
{
    struct workflow_names names;
    if (!more->find)
        return true;
    spec_names(spec, &names, text);
    bool found = more->find(more->context, &names);
    workflow_names_fini(&names);
    return found;
}

int workflow_load_more(const char *text, size_t length, const char *name,
                       struct workflow_more *more, struct workflow *workflow,
                       struct problems *problems)
{
    size_t errors = problems->errors;
    struct problems said = {0}; // when the workflow was made
    struct spec spec = {0};
    *workflow = (struct workflow){.text = arena_create()};
    struct source source = {.problems = problems, .arena = workflow->text};
    struct source base = {.problems = &said, .arena = workflow->text};
    bool found = true;
    bool has_base =
        more->base && source_read(&base, more->base, more->base_length, more->base_name);
    if (source_read(&source, text, length, name) &&
        spec_read_more(has_base ? &base : NULL, &source, &spec) && !spec.incomplete) {
        found = find_known(more, &spec, workflow->text);
        if (found)
            spec_add_known(&spec, more, workflow->text);
        if (found)
            resolve(&source, &spec, workflow);
    }
    spec_fini(&spec);
    source_fini(&source);
    source_fini(&base);
    problems_fini(&said);
    return !found || problems->errors > errors ? -1 : 0;
}

void workflow_fini(struct workflow *workflow)
{
    free(workflow->classes);
    free(workflow->jobs);
    free(workflow->needs);
    free(workflow->job_files);
    free(workflow->job_data);
    free(workflow->files);
    free(workflow->data);
    for (size_t i = 0; i < workflow->actions_count; i++)
        free(workflow->actions[i].jobs);
    free(workflow->actions);
    arena_destroy(workflow->text);
    *workflow = (struct workflow){0};
}

size_t workflow_count_jobs(const struct workflow *workflow)
{
    size_t count = 0;
    for (size_t i = 0; i < workflow->jobs_count; i++)
        count += workflow->jobs[i].command != NULL;
    return count;
}
