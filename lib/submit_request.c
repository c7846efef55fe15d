// SPDX-License-Identifier: GPL-2.0-or-later
// From a planned group to what sbatch is called with: options, script, names.
#include <ctype.h>
#include <libgen.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "lib/mem.h"
#include "lib/submit.h"

static const int64_t SEC = 1000000, MiB = 1024 * 1024;

/* Unique over all databases of a cluster, within what the plugin takes for a tag. */
static char *make_tag(const struct submit *submit)
{
    uint32_t random = 0;
    if (getrandom(&random, sizeof random, 0) != sizeof random)
        random = (uint32_t)getpid();
    if (!submit->workflow_id)
        return xstrdup("TAG");
    return xasprintf("torc-wf%lld-%08x", (long long)submit->workflow_id, random);
}

/* squeue takes lists of names, so nothing in it may be a comma or a blank. */
static char *make_job_name(const struct submit *submit, const char *class_name)
{
    enum { LONGEST = 48 };
    char *name = submit->workflow_id ? xasprintf("torc-wf%lld-%.*s", (long long)submit->workflow_id, LONGEST, class_name)
                                     : xasprintf("torc-wf-%.*s", LONGEST, class_name);
    for (char *c = name; *c; c++)
        if (!isalnum((unsigned char)*c) && !strchr("._-", *c))
            *c = '_';
    return name;
}

static void add(char ***options, size_t *count, char *option)
{
    *options = xrealloc(*options, *count + 2, sizeof **options);
    (*options)[(*count)++] = option;
    (*options)[*count] = NULL;
}

/* The runner's own output. Slurm takes % for a pattern, so those of the folder's name are doubled. */
static char *output_option(const struct submit *submit, bool array)
{
    char *folder = xcalloc(2 * strlen(submit->settings->output_dir) + 1, 1), *to = folder;
    for (const char *from = submit->settings->output_dir; *from; from++) {
        *to++ = *from;
        if (*from == '%')
            *to++ = '%';
    }
    cleanup_free char *workflow = submit->workflow_id ? xasprintf("wf%lld", (long long)submit->workflow_id) : xstrdup("wf");
    char *option = xasprintf("--output=%s/runner_%s_%s.log", folder, workflow, array ? "%A_%a" : "%j");
    free(folder);
    return option;
}

/* How the end is announced, and what a node failure does: an allocation of one node is simply started again. */
static void add_conduct(char ***options, size_t *count, const struct plan_group *group)
{
    add(options, count, xasprintf("--signal=B:USR1@%lld", (long long)(group->margin_usec / SEC)));
    add(options, count, xstrdup("--open-mode=append"));
    add(options, count, xstrdup(group->nodes > 1 ? "--no-kill" : "--requeue"));
}

static void add_resources(char ***options, size_t *count, const struct plan_group *group, int32_t elements)
{
    add(options, count, xasprintf("--partition=%s", group->partition));
    add(options, count, xasprintf("--nodes=%d", group->nodes));
    add(options, count, xasprintf("--ntasks=%d", group->nodes));
    if (group->nodes > 1)
        add(options, count, xstrdup("--ntasks-per-node=1"));
    add(options, count, xasprintf("--cpus-per-task=%d", group->cpus));
    if (group->memory_bytes)
        add(options, count, xasprintf("--mem=%lldM", (long long)(group->memory_bytes / MiB)));
    if (group->gpus)
        add(options, count, xasprintf("--gres=gpu:%d", group->gpus));
    add(options, count, xasprintf("--time=%lld", (long long)(group->walltime_usec / (60 * SEC))));
    if (elements > 1)
        add(options, count, xasprintf("--array=0-%d", elements - 1));
}

/* What the user gave after "--" comes last, and so wins. */
static char **make_options(const struct submit *submit, const struct submit_request *request)
{
    char **options = NULL;
    size_t count = 0;
    const struct settings *settings = submit->settings;
    add(&options, &count, xasprintf("--job-name=%s", request->job_name));
    add(&options, &count, xasprintf("--comment=%s", request->tag));
    add(&options, &count, xasprintf("--chdir=%s", submit->folder));
    add(&options, &count, output_option(submit, request->count > 1));
    add_resources(&options, &count, request->group, request->count);
    add_conduct(&options, &count, request->group);
    if (settings->account)
        add(&options, &count, xasprintf("--account=%s", settings->account));
    if (settings->qos)
        add(&options, &count, xasprintf("--qos=%s", settings->qos));
    for (char **option = settings->sbatch_options; option && *option; option++)
        add(&options, &count, xstrdup(*option));
    return options;
}

/* torc-run stands beside this program, or is found on the PATH. */
static char *runner_path(void)
{
    char self[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (n <= 0)
        return xstrdup("torc-run");
    self[n] = '\0';
    char *path = xasprintf("%s/torc-run", dirname(self));
    if (!access(path, X_OK))
        return path;
    free(path);
    return xstrdup("torc-run");
}

/* Text as one word of the shell; plain words stay as they are, for people who read the script. */
static void write_word(FILE *out, const char *text)
{
    bool plain = *text != '\0';
    for (const char *c = text; *c; c++)
        plain &= isalnum((unsigned char)*c) || strchr("/._-+:@%", *c);
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

/* exec: Slurm signals only the task itself, so the runner must be it. */
static char *make_script(const struct submit *submit, const struct submit_request *request)
{
    char *text = NULL;
    size_t size;
    cleanup_free char *runner = runner_path();
    FILE *out = open_memstream(&text, &size);
    if (!out)
        abort();
    fputs("#!/bin/bash\nexec ", out);
    write_word(out, runner);
    fputs(" --db ", out);
    write_word(out, submit->db);
    if (submit->workflow_id)
        fprintf(out, " --workflow %lld", (long long)submit->workflow_id);
    else
        fputs(" --workflow ID", out);
    fprintf(out, " --submission %s\n", request->tag);
    fclose(out);
    return text;
}

void submit_request_init(struct submit_request *request, const struct submit *submit, const struct plan_group *group,
                         int32_t count)
{
    *request = (struct submit_request){.group = group, .count = count};
    request->tag = make_tag(submit);
    request->job_name = make_job_name(submit, group->class_name);
    request->script = make_script(submit, request);
    request->options = make_options(submit, request);
}

void submit_request_fini(struct submit_request *request)
{
    for (char **option = request->options; option && *option; option++)
        free(*option);
    free(request->options);
    free(request->tag);
    free(request->job_name);
    free(request->script);
    *request = (struct submit_request){0};
}
