// SPDX-License-Identifier: GPL-2.0-or-later
// Plans and submissions as tables and as JSON.
#include "submitter/show.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/show/plan_table.h"

// The hints name the database only when the next command would not find it by itself.
static char *db_option(const struct prepared *prepared)
{
    const char *variable = getenv("TORC_DB");
    cleanup_free char *usual = xasprintf("%s/torc.db", prepared->folder);
    if (variable ? !strcmp(variable, prepared->db) : !strcmp(usual, prepared->db))
        return xstrdup("");
    return xasprintf(" --db %s", prepared->db);
}

// Jobs with labels are for runners that somebody starts by hand.
static void print_labelled(const struct prepared *prepared, const char *id)
{
    const struct workflow *workflow = &prepared->workflow;
    cleanup_free size_t *jobs = xcalloc(workflow->classes_count + 1, sizeof *jobs);
    cleanup_free char *db = db_option(prepared);
    for (size_t i = 0; i < workflow->jobs_count; i++)
        if (workflow->jobs[i].command)
            jobs[workflow->jobs[i].class_index]++;
    for (size_t i = 0; i < workflow->classes_count; i++)
        if (jobs[i] && workflow->classes[i].labels)
            printf("\nNo allocation is asked for %zu %s; on a machine that has what they need:\n"
                   "torc-run%s --workflow %s --label %s\n",
                   jobs[i], jobs[i] == 1 ? "job with labels" : "jobs with labels", db, id,
                   workflow->classes[i].labels);
}

static char *when_text(const struct plan_group *group)
{
    return group->stage > 1 ? xasprintf("stage %d", (int)group->stage)
                            : xstrdup(group->now ? "now" : "later");
}

static void explain_stages(const struct prepared *prepared)
{
    if (prepared->upfront)
        puts("All stages are submitted at once; each begins when the allocations of the one before "
             "have ended.");
}

void show_plan(const struct prepared *prepared)
{
    struct screen screen;
    const struct plan *plan = &prepared->plan;
    size_t later = 0;
    screen_init(&screen, stdout);
    size_t jobs = workflow_count_jobs(&prepared->workflow);
    printf("Plan for workflow %s, %zu job%s; nothing was created.\n\n", prepared->workflow.name,
           jobs, jobs == 1 ? "" : "s");
    struct table *table = plan_table_create(&screen);
    for (size_t i = 0; i < plan->groups_count; i++) {
        cleanup_free char *when = when_text(&plan->groups[i]);
        plan_table_row(table, &plan->groups[i], plan->groups[i].jobs, plan->groups[i].count, when);
        later += !plan->groups[i].now;
    }
    table_destroy(table);
    plan_table_explain(&screen, plan);
    plan_show_stdio(&screen, prepared->settings.stdio);
    if (later)
        puts("What comes later is submitted by a runner, when these jobs become ready.");
    explain_stages(prepared);
    print_labelled(prepared, "ID");
    for (size_t i = 0; i < plan->groups_count; i++) {
        struct submit_request request;
        submit_request_init(&request, &prepared->submit, &plan->groups[i], plan->groups[i].count);
        printf("\n%s: sbatch", plan->groups[i].class_name);
        for (char **option = request.options.list; *option; option++) {
            putchar(' ');
            submit_write_word(stdout, *option);
        }
        printf(" <<'END'\n%sEND\n", request.script);
        submit_request_fini(&request);
    }
}

static void print_json(json_t *root)
{
    json_dumpf(root, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(root);
}

void show_plan_json(const struct prepared *prepared)
{
    json_t *groups = json_array(), *notes = json_array();
    for (size_t i = 0; i < prepared->plan.groups_count; i++) {
        const struct plan_group *group = &prepared->plan.groups[i];
        struct submit_request request;
        submit_request_init(&request, &prepared->submit, group, group->count);
        json_t *options = json_array(), *item = plan_group_json(group, group->count);
        for (char **option = request.options.list; *option; option++)
            json_array_append_new(options, json_string(*option));
        json_object_set_new(item, "now", json_boolean(group->now));
        json_object_set_new(item, "whole_nodes", json_boolean(group->whole_nodes));
        json_object_set_new(item, "options", options);
        json_object_set_new(item, "script", json_string(request.script));
        json_array_append_new(groups, item);
        submit_request_fini(&request);
    }
    for (size_t i = 0; i < prepared->plan.notes_count; i++)
        json_array_append_new(notes, json_string(prepared->plan.notes[i].text));
    print_json(json_pack("{s:s?, s:s, s:I, s:o, s:o}", "workflow", prepared->workflow.name, "stdio",
                         stdio_mode_names[prepared->settings.stdio], "jobs",
                         (json_int_t)workflow_count_jobs(&prepared->workflow), "groups", groups,
                         "warnings", notes));
}

static char *job_text(const struct submitted *submitted)
{
    if (!submitted->job_id)
        return xstrdup(submitted->unknown ? "unknown" : "refused");
    return submitted->count > 1
               ? xasprintf("%lld_[0-%d]", (long long)submitted->job_id, submitted->count - 1)
               : xasprintf("%lld", (long long)submitted->job_id);
}

void show_submitted(const struct prepared *prepared, int64_t workflow_id,
                    const struct submitted_list *done)
{
    struct screen screen;
    int64_t later = 0;
    screen_init(&screen, stdout);
    size_t jobs = workflow_count_jobs(&prepared->workflow);
    printf("Workflow %lld (%s), %zu job%s, submitted as\n\n", (long long)workflow_id,
           prepared->workflow.name, jobs, jobs == 1 ? "" : "s");
    struct table *table = plan_table_create(&screen);
    for (size_t i = 0; i < done->count; i++) {
        cleanup_free char *job = job_text(&done->list[i]);
        plan_table_row(table, done->list[i].group, done->list[i].group->jobs, done->list[i].count,
                       job);
    }
    for (size_t i = 0; i < prepared->plan.groups_count; i++) {
        const struct plan_group *group = &prepared->plan.groups[i];
        if (!group->now)
            plan_table_row(table, group, group->jobs, group->count, "later");
        later += group->now ? 0 : group->jobs;
    }
    table_destroy(table);
    cleanup_free char *db = db_option(prepared);
    cleanup_free char *name = xasprintf("%lld", (long long)workflow_id);
    long long id = workflow_id;
    if (later)
        printf("\nWhat comes later (%lld jobs) is submitted by a runner, when these jobs become "
               "ready.\n",
               (long long)later);
    if (prepared->upfront) {
        putchar('\n');
        explain_stages(prepared);
    }
    print_labelled(prepared, name);
    printf("\nWhere it stands: torc%s status %lld\nWhat it used:    torc-report%s %lld\n", db, id,
           db, id);
    fflush(stdout);
}

void show_submitted_json(int64_t workflow_id, const struct submitted_list *done)
{
    json_t *list = json_array();
    for (size_t i = 0; i < done->count; i++) {
        const struct submitted *s = &done->list[i];
        json_t *item = plan_group_json(s->group, s->count);
        json_object_set_new(item, "slurm_job_id",
                            s->job_id ? json_integer(s->job_id) : json_null());
        json_object_set_new(item, "error", s->error ? json_string(s->error) : json_null());
        json_array_append_new(list, item);
    }
    print_json(
        json_pack("{s:I, s:o}", "workflow_id", (json_int_t)workflow_id, "submissions", list));
    fflush(stdout);
}

void show_complaints(const struct submitted_list *done)
{
    for (size_t i = 0; i < done->count; i++) {
        const struct submitted *s = &done->list[i];
        if (s->said)
            fprintf(stderr, "%s\n", s->said);
        if (s->unknown)
            fprintf(stderr, "torc-sbatch: class %s: %s; whether Slurm took it is not known yet\n",
                    s->group->class_name, s->error);
        else if (s->error && !s->job_id)
            fprintf(stderr, "torc-sbatch: class %s: %s\n", s->group->class_name, s->error);
    }
}
