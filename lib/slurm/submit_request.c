// SPDX-License-Identifier: GPL-2.0-or-later
// From a planned group to what sbatch is called with: options, script, names.
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "lib/base/mem.h"
#include "lib/base/program.h"
#include "lib/slurm/submit.h"
#include "lib/workflow/sbatch_options.h"

static const int64_t SEC = 1000000, MiB = 1024 * 1024;

// Unique over all databases of a cluster, within what the plugin takes for a tag.
static char *make_tag(const struct submit *submit)
{
    uint32_t random = 0;
    if (getrandom(&random, sizeof random, 0) != sizeof random)
        random = (uint32_t)getpid();
    if (!submit->workflow_id)
        return xstrdup("TAG");
    return xasprintf("torc-wf%lld-%08x", (long long)submit->workflow_id, random);
}

static bool is_serial(const struct plan_group *group)
{
    return group->asked && group->asked->serialize && group->scheduler;
}

// squeue takes lists of names, so nothing in it may be a comma or a blank.
static char *make_job_name(const struct submit *submit, const struct plan_group *group)
{
    enum { LONGEST = 48 };
    const char *of = is_serial(group)
                         ? group->scheduler
                         : group->class_name; // what shares a name waits for each other
    char *name = submit->workflow_id
                     ? xasprintf("torc-wf%lld-%.*s", (long long)submit->workflow_id, LONGEST, of)
                     : xasprintf("torc-wf-%.*s", LONGEST, of);
    for (char *c = name; *c; c++)
        if (!isalnum((unsigned char)*c) && !strchr("._-", *c))
            *c = '_';
    return name;
}

// The runner's own output, its folder absolute, as Slurm expands % in that of the job, too, and
// whoever says --chdir means something else. There a % is written twice. A backslash is as well,
// and then Slurm expands nothing: the allocations of a submission share a file, named by their tag.
static char *output_option(const struct submit *submit, const char *tag, bool array)
{
    cleanup_free char *path = submit_output_dir(submit);
    cleanup_free char *folder = xcalloc(strlen(path) + 1, 2);
    char *to = folder;
    bool plain = strchr(path, '\\');
    for (const char *from = path; *from; from++) {
        if (*from == '\\' || (*from == '%' && !plain))
            *to++ = *from;
        *to++ = *from;
    }
    *to = '\0';
    if (plain)
        return xasprintf("--output=%s/runner_%s.log", folder, tag);
    cleanup_free char *workflow =
        submit->workflow_id ? xasprintf("wf%lld", (long long)submit->workflow_id) : xstrdup("wf");
    return xasprintf("--output=%s/runner_%s_%s.log", folder, workflow, array ? "%A_%a" : "%j");
}

// How the end is announced, and what a node failure does: an allocation of one node is simply
// started again.
static void add_conduct(struct sbatch_options *options, const struct plan_group *group)
{
    sbatch_options_add(options,
                       xasprintf("--signal=B:USR1@%lld", (long long)(group->margin_usec / SEC)));
    sbatch_options_add(options, xstrdup("--open-mode=append"));
    sbatch_options_add(options, xstrdup(group->nodes > 1 ? "--no-kill" : "--requeue"));
}

static void add_array(struct sbatch_options *options, const struct plan_group *group,
                      int32_t elements)
{
    if (elements > 1)
        sbatch_options_add(options,
                           xasprintf("--array=0-%d%s", elements - 1, is_serial(group) ? "%1" : ""));
}

// What was planned, but for what somebody asked for himself: some options of sbatch exclude each
// other.
static void add_resources(struct sbatch_options *options, const struct plan_group *group,
                          const struct sbatch_asks *asks)
{
    bool memory = asks->memory_bytes >= 0 || asks->memory_per_cpu_bytes || asks->memory_per_gpu;
    sbatch_options_add(options, xasprintf("--partition=%s", group->partition));
    if (!asks->nodes)
        sbatch_options_add(options, xasprintf("--nodes=%d", group->nodes));
    if (!asks->tasks && !asks->tasks_per_node)
        sbatch_options_add(options, xasprintf("--ntasks=%d", group->nodes));
    if (group->nodes > 1 && !asks->tasks && !asks->tasks_per_node)
        sbatch_options_add(options, xstrdup("--ntasks-per-node=1"));
    if (!asks->cpus_per_task)
        sbatch_options_add(
            options, xasprintf("--cpus-per-task=%d", group->cpus / sbatch_tasks_per_node(asks)));
    if (group->memory_bytes && !memory && !group->memory_unasked)
        sbatch_options_add(options,
                           xasprintf("--mem=%lldM", (long long)(group->memory_bytes / MiB)));
    if (group->gpus && asks->gpus < 0)
        sbatch_options_add(options, xasprintf("--gres=gpu:%d", group->gpus));
    if (group->tmp_bytes)
        sbatch_options_add(
            options, xasprintf("--tmp=%lldM", (long long)((group->tmp_bytes + MiB - 1) / MiB)));
    if (!asks->walltime_usec)
        sbatch_options_add(
            options, xasprintf("--time=%lld", (long long)(group->walltime_usec / (60 * SEC))));
}

// The partition was chosen among those that were asked for.
static void add_others(struct sbatch_options *options, const struct sbatch_options *others)
{
    for (size_t i = 0; i < others->count; i++)
        if (strncmp(others->list[i], "--partition=", strlen("--partition=")) != 0)
            sbatch_options_add(options, xstrdup(others->list[i]));
}

// Besides what somebody else wants to be waited for.
static void add_dependency(struct sbatch_options *options, const char *text)
{
    const char *other = NULL;
    for (size_t i = 0; i < options->count; i++)
        if (!strncmp(options->list[i], "--dependency=", strlen("--dependency=")))
            other = options->list[i];
    sbatch_options_add(options, other ? xasprintf("%s,%s", other, text)
                                      : xasprintf("--dependency=%s", text));
}

// The last of them wins: the file over the environment, what stands behind "--" over all.
static struct sbatch_options make_options(const struct submit *submit,
                                          const struct submit_request *request)
{
    struct sbatch_options options = {0};
    struct sbatch_asks asks;
    struct error ignored; // the planner has read them
    const struct settings *settings = submit->settings;
    const struct plan_group *group = request->group;
    sbatch_asks_init(&asks);
    if (group->asked)
        sbatch_asks_add(&asks, &group->asked->options, &ignored);
    sbatch_asks_add(&asks, &settings->sbatch_options, &ignored);
    sbatch_options_add(&options, xasprintf("--job-name=%s", request->job_name));
    sbatch_options_add(&options, xasprintf("--comment=%s", request->tag));
    sbatch_options_add(&options, xasprintf("--chdir=%s", submit->folder));
    sbatch_options_add(&options, output_option(submit, request->tag, request->count > 1));
    add_resources(&options, group, &asks);
    add_array(&options, group, request->count);
    add_conduct(&options, group);
    if (settings->account)
        sbatch_options_add(&options, xasprintf("--account=%s", settings->account));
    if (settings->qos)
        sbatch_options_add(&options, xasprintf("--qos=%s", settings->qos));
    if (group->asked)
        add_others(&options, &group->asked->options);
    add_others(&options, &settings->sbatch_options);
    if (is_serial(group))
        add_dependency(&options, "singleton");
    return options;
}

void submit_write_word(FILE *out, const char *text)
{
    bool plain = *text != '\0';
    for (const char *c = text; *c; c++)
        plain &= isalnum((unsigned char)*c) || strchr("/._-+:@%=,", *c);
    if (plain) {
        fputs(text, out);
        return;
    }
    putc('\'', out);
    for (const char *c = text; *c; c++)
        if (*c == '\'')
            fputs("'\\''", out);
        else
            putc(*c, out);
    putc('\'', out);
}

// exec: Slurm signals only the task itself, so the runner must be it.
static char *make_script(const struct submit *submit, const struct submit_request *request)
{
    char *text = NULL;
    size_t size;
    cleanup_free char *runner = program_find("torc-run");
    FILE *out = open_memstream(&text, &size);
    if (!out)
        abort();
    fputs("#!/bin/bash\nexec ", out);
    submit_write_word(out, runner);
    fputs(" --db ", out);
    submit_write_word(out, submit->db);
    if (submit->workflow_id)
        fprintf(out, " --workflow %lld", (long long)submit->workflow_id);
    else
        fputs(" --workflow ID", out);
    fprintf(out, " --submission %s", request->tag);
    if (request->group->memory_bytes && request->group->own_bytes < PLAN_OWN_BYTES)
        fprintf(out, " --own-memory %lld", (long long)request->group->own_bytes);
    if (request->group->kill_wait_secs > 0 && request->group->kill_wait_secs < PLAN_KILL_WAIT_SECS)
        fprintf(out, " --kill-wait %d", request->group->kill_wait_secs);
    putc('\n', out);
    fclose(out);
    return text;
}

void submit_request_init(struct submit_request *request, const struct submit *submit,
                         const struct plan_group *group, int32_t count)
{
    *request = (struct submit_request){.group = group, .count = count};
    request->tag = make_tag(submit);
    request->job_name = make_job_name(submit, group);
    request->script = make_script(submit, request);
    request->options = make_options(submit, request);
}

void submit_request_after(struct submit_request *request, const char *jobs)
{
    cleanup_free char *text = xasprintf("afterany:%s", jobs);
    request->after = xstrdup(jobs);
    add_dependency(&request->options, text);
}

void submit_request_fini(struct submit_request *request)
{
    sbatch_options_fini(&request->options);
    free(request->tag);
    free(request->job_name);
    free(request->script);
    free(request->after);
    *request = (struct submit_request){0};
}
