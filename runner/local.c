// SPDX-License-Identifier: GPL-2.0-or-later
// From a file to a workflow that can run on this machine.
#include "runner/local.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/arena.h"
#include "lib/base/folder.h"
#include "lib/base/mem.h"
#include "lib/base/text_file.h"
#include "lib/restart/restart.h"
#include "lib/store/create.h"
#include "lib/store/read.h"
#include "lib/store/share.h"
#include "lib/text/problem.h"
#include "lib/workflow/commands_file.h"
#include "lib/workflow/inputs.h"

// Jobs that cannot run for one reason: they are told once.
struct unfit {
    const char *first;
    size_t others;
};

static void count_unfit(struct unfit *unfit, const struct job_row *job)
{
    unfit->others += unfit->first != NULL;
    if (!unfit->first)
        unfit->first = job->name;
}

// `job "a"`, `job "a" and 7 more`
static char *unfit_text(const struct unfit *unfit)
{
    return unfit->others ? xasprintf("job \"%s\" and %zu more", unfit->first, unfit->others)
                         : xasprintf("job \"%s\"", unfit->first);
}

static void report_class(const struct class_row *class, const struct unfit *unfit,
                         const struct node *node, struct problems *problems)
{
    char why[256];
    if (!unfit->first || !class->enforced ||
        !node_refuses(node, class->cpus, class->memory_bytes, class->gpus_milli, class->nodes, why,
                      sizeof why))
        return;
    cleanup_free char *jobs = unfit_text(unfit);
    problem_add(problems, false, 0, 0, NULL,
                "%s (class \"%s\") can never run: it %s; ask for less, or use torc-sbatch", jobs,
                class->name, why);
}

static void check_fit(const struct workflow *workflow, const struct node *node,
                      struct problems *problems)
{
    struct unfit srun = {0};
    cleanup_free struct unfit *classes = xcalloc(workflow->classes_count + 1, sizeof *classes);
    for (size_t i = 0; i < workflow->jobs_count; i++) {
        const struct job_row *job = &workflow->jobs[i];
        if (!job->command)
            continue;
        count_unfit(&classes[job->class_index], job);
        if (job->flags & JOB_SRUN && !node->in_allocation)
            count_unfit(&srun, job);
    }
    for (size_t i = 0; i < workflow->classes_count; i++)
        report_class(&workflow->classes[i], &classes[i], node, problems);
    if (!srun.first)
        return;
    cleanup_free char *jobs = unfit_text(&srun);
    problem_add(problems, false, 0, 0, NULL,
                "%s: the launcher srun needs a Slurm allocation; use torc-sbatch, or take it out "
                "(\"launcher\" of the job, \"mode\" of execution_config)",
                jobs);
}

// What the command line says goes before what the file says.
static int merge_settings(const struct options *options, struct workflow *workflow,
                          struct error *err)
{
    struct settings settings;
    if (settings_parse(&settings, workflow->settings, err))
        return -1;
    if (options->limits >= 0)
        settings.limits = (enum limits_mode)options->limits;
    if (options->stdio >= 0)
        settings.stdio =
            stdio_mode_settle((enum stdio_mode)options->stdio, workflow_count_jobs(workflow));
    if (options->hash >= 0)
        settings.hash = (enum hash_mode)options->hash;
    if (options->max_fails >= 0)
        settings.max_fails = options->max_fails;
    cleanup_free char *text = settings_text(&settings), *at = NULL;
    workflow->settings = arena_strdup(workflow->text, text);
    int rc = folder_check(settings.output_dir, &at) // before anything is created
                 ? error_set(err, ERROR_USAGE, errno,
                             "the folder for the output, %s, cannot be written to, so nothing was "
                             "started (%s)",
                             settings.output_dir, at)
                 : 0;
    settings_fini(&settings);
    return rc;
}

// A run of the same file that has not ended may be what the user wants to go on with.
static void name_unfinished(struct store *store, const char *file, const struct options *options)
{
    struct read_request request = {.what = READ_WORKFLOWS};
    struct read_reply reply = {.more = true};
    int64_t unfinished = 0;
    while (reply.more && !store_read(store, &request, &reply, NULL)) {
        for (uint32_t i = 0; i < reply.count; i++)
            if (reply.workflows[i].state == WORKFLOW_RUNNING && reply.workflows[i].file &&
                !strcmp(reply.workflows[i].file, file))
                unfinished = reply.workflows[i].id;
        request.after_id = reply.last_id;
        bool more = reply.more;
        read_reply_fini(&reply);
        reply.more = more;
    }
    if (unfinished && !options->quiet)
        fprintf(stderr,
                "torc-run: workflow %lld of the same file has not ended; to go on with it instead: "
                "torc-run --workflow %lld\n",
                (long long)unfinished, (long long)unfinished);
}

static struct workflow_origin origin_of(const struct options *options, const char *file,
                                        const char *text, const char *folder)
{
    const struct passwd *user = getpwuid(getuid());
    return (struct workflow_origin){
        .user = user ? user->pw_name : "",
        .uid = getuid(),
        .file = file,
        .file_text = text,
        .command_line = options->command_line,
        .folder = folder,
        .version = TORC_VERSION,
    };
}

static int create(const struct options *options, const struct workflow *workflow, const char *text,
                  struct store **store, int64_t *workflow_id, struct error *err)
{
    char folder[PATH_MAX];
    bool no_file = options->commands || !strcmp(options->file, "-");
    cleanup_free char *file = no_file ? NULL : realpath(options->file, NULL);
    if (!getcwd(folder, sizeof folder))
        return error_set(err, ERROR_INTERNAL, errno, "cannot read the path of the current folder");
    struct workflow_origin origin =
        origin_of(options, file || no_file ? file : options->file, text, folder);
    *store = store_open(options->db, STORE_CREATE, err);
    if (!*store)
        return -1;
    if (origin.file)
        name_unfinished(*store, origin.file, options);
    return share_database(*store, options->db, workflow->settings, err)
               ? -1
               : store_create_workflow(*store, workflow, &origin, workflow_id, err);
}

// The workflow of options->file, checked. What is wrong with it is printed.
static int load(const struct options *options, const struct node *node, struct workflow *workflow,
                char **text, struct error *err)
{
    size_t length = 0;
    struct problems problems = {0};
    static const struct commands_resources none = {0};
    *workflow = (struct workflow){0};
    if (text_file_read(options->file, text, &length, err))
        return -1;
    if (!(options->commands
              ? workflow_load_commands(*text, length, options->file, &none, workflow, &problems)
              : workflow_load(*text, length, options->file, workflow, &problems))) {
        workflow_check_inputs(workflow, AT_FDCWD, !options->allow_missing, &problems);
        check_fit(workflow, node, &problems);
    }
    problems_drop_unfit(&problems);
    problems_print(&problems, stderr, "torc-run", options->file, PROBLEMS_SCREEN);
    int result = problems.errors ? error_set(err, ERROR_USAGE, 0, "%s", "")
                                 : merge_settings(options, workflow, err);
    problems_fini(&problems);
    return result;
}

int local_create(const struct options *options, const struct node *node, struct store **store,
                 int64_t *workflow_id, struct error *err)
{
    cleanup_free char *text = NULL;
    struct workflow workflow;
    int result = load(options, node, &workflow, &text, err) ||
                         create(options, &workflow, text, store, workflow_id, err)
                     ? -1
                     : 0;
    workflow_fini(&workflow);
    return result;
}

// ---- --restart ----

static int apply(struct store *store, const struct options *options, int64_t id,
                 const struct restart_wish *wish, const struct workflow_origin *origin,
                 struct error *err)
{
    struct restart r;
    struct restart_reply reply;
    if (restart_find(store, id, wish, &r, err))
        return -1;
    int rc = restart_apply(store, &r, origin, &reply, err);
    if (!rc && !options->quiet)
        fprintf(stderr, "torc-run: workflow %lld: %u job%s again%s\n", (long long)id, r.again,
                r.again == 1 ? " runs" : "s run",
                r.maybe ? ", and what then reads something new" : "");
    restart_fini(&r);
    return rc;
}

// The file is loaded in the folder of the workflow, as relative paths begin there.
static int restart_from_file(const struct options *given, const struct node *node,
                             struct store *store, int64_t *workflow_id, struct error *err)
{
    struct read_reply reply;
    struct workflow workflow;
    struct options options = *given;
    cleanup_free char *text = NULL, *file = realpath(given->file, NULL);
    if (!file)
        return error_set(err, ERROR_USAGE, errno, "%s", given->file);
    if (restart_workflow_of(store, given->workflow_id, file, &reply, err))
        return -1;
    options.file = file;
    *workflow_id = reply.workflows->id;
    int rc = chdir(reply.workflows->folder)
                 ? error_set(err, ERROR_USAGE, errno, "cannot change to the workflow's folder %s",
                             reply.workflows->folder)
                 : load(&options, node, &workflow, &text, err);
    if (!rc) {
        struct restart_wish wish = {.workflow = &workflow};
        struct workflow_origin origin = origin_of(&options, file, text, reply.workflows->folder);
        rc = apply(store, &options, *workflow_id, &wish, &origin, err);
        workflow_fini(&workflow);
    }
    read_reply_fini(&reply);
    return rc;
}

int local_restart(const struct options *options, const struct node *node, struct store **store,
                  int64_t *workflow_id, struct error *err)
{
    static const struct restart_wish all = {0};
    *workflow_id = options->workflow_id;
    *store = store_open(options->db, STORE_WRITE, err);
    if (!*store)
        return -1;
    return options->file ? restart_from_file(options, node, *store, workflow_id, err)
                         : apply(*store, options, *workflow_id, &all, NULL, err);
}
