// SPDX-License-Identifier: GPL-2.0-or-later
// The checks before anything is created, in the order in which their answers help most: file,
// cluster, plan, Slurm's word.
#include "submitter/prepare.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/fs_kind.h"
#include "lib/base/mem.h"
#include "lib/base/text_file.h"
#include "lib/plan/upfront.h"
#include "lib/slurm/slurm.h"
#include "lib/text/problem.h"
#include "lib/workflow/inputs.h"
#include "submitter/learn.h"

static int read_file(struct prepared *prepared, const char *path, bool commands, struct error *err)
{
    if (text_file_read(path, &prepared->text, &prepared->length, err))
        return -1;
    if (!strcmp(path, "-") || commands)
        return 0;
    prepared->file = realpath(path, NULL);
    return prepared->file ? 0 : error_set(err, ERROR_USAGE, errno, "%s", path);
}

static int find_folder(struct prepared *prepared, const struct options *options, struct error *err)
{
    char folder[PATH_MAX];
    if (!getcwd(folder, sizeof folder))
        return error_set(err, ERROR_INTERNAL, errno, "cannot tell which folder this is");
    prepared->folder = xstrdup(folder);
    prepared->db =
        *options->db == '/' ? xstrdup(options->db) : xasprintf("%s/%s", folder, options->db);
    return 0;
}

static int load(struct prepared *prepared, const struct options *options, struct error *err)
{
    struct problems problems = {0};
    if (read_file(prepared, options->file, options->commands, err))
        return -1;
    int rc = options->commands
                 ? workflow_load_commands(prepared->text, prepared->length, options->file,
                                          &options->resources, &prepared->workflow, &problems)
                 : workflow_load(prepared->text, prepared->length, options->file,
                                 &prepared->workflow, &problems);
    problems_drop_unfit(&problems);
    int folder = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (!rc && folder >= 0)
        rc = workflow_check_inputs(&prepared->workflow, folder, !options->allow_missing, &problems);
    if (folder >= 0)
        close(folder);
    problems_print(&problems, stderr, "torc-sbatch", options->file, PROBLEMS_SCREEN);
    size_t errors = problems.errors;
    problems_fini(&problems);
    return rc ? error_set(err, ERROR_USAGE, 0, "%s: %zu error%s, nothing was submitted",
                          options->file, errors, errors == 1 ? "" : "s")
              : 0;
}

static void keep_settings(struct prepared *prepared)
{
    free(prepared->settings_json);
    prepared->settings_json = settings_text(&prepared->settings);
    prepared->workflow.settings = prepared->settings_json;
}

static int merge_settings(struct prepared *prepared, const struct options *options,
                          struct error *err)
{
    const char *json = prepared->workflow.settings;
    if (settings_parse(&prepared->settings, json ? json : "{}", err) ||
        options_apply(options, workflow_count_jobs(&prepared->workflow), &prepared->settings, err))
        return -1;
    keep_settings(prepared);
    return 0;
}

struct plan_request prepared_request(const struct prepared *prepared)
{
    return (struct plan_request){.classes = prepared->classes,
                                 .classes_count = prepared->workflow.classes_count,
                                 .actions = prepared->actions,
                                 .actions_count = prepared->actions_count,
                                 .cluster = &prepared->cluster,
                                 .settings = &prepared->settings};
}

static void plan(struct prepared *prepared)
{
    struct plan_request request = prepared_request(prepared);
    prepared_plan(prepared, &request, &prepared->plan);
}

void prepared_plan(struct prepared *prepared, const struct plan_request *request, struct plan *plan)
{
    if (prepared->upfront)
        plan_upfront(plan, request, &prepared->workflow, &prepared->stages);
    else
        plan_make(plan, request);
}

// A partition of later groups that takes jobs only from some nodes; NULL: none.
static const struct cluster_partition *find_restricted(const struct prepared *prepared)
{
    const struct plan *plan = &prepared->plan;
    for (size_t i = 0; i < plan->groups_count; i++) {
        const char *name = plan->groups[i].partition;
        const struct cluster_partition *p =
            cluster_find_partition(&prepared->cluster, name, strlen(name));
        if (!plan->groups[i].now && p && p->alloc_nodes && strcasecmp(p->alloc_nodes, "all") != 0)
            return p;
    }
    return NULL;
}

static void plan_all_stages(struct prepared *prepared)
{
    prepared->upfront = true;
    plan_fini(&prepared->plan);
    plan(prepared);
    if (prepared->stages > UPFRONT_STAGES_MOST)
        fprintf(stderr,
                "torc-sbatch: warning: of %u stages the first %d are submitted now; what comes "
                "after, --wait or torc-sbatch --top-up does\n",
                prepared->stages, UPFRONT_STAGES_MOST);
}

// Runners submit the later stages, unless the site lets only some nodes submit. Where somebody
// stays, he does it.
static void choose_on_ready(struct prepared *prepared, const struct options *options)
{
    const struct cluster_partition *p = find_restricted(prepared);
    bool alone = p && !options->wait;
    if (options->on_ready == ON_READY_UPFRONT || (alone && options->on_ready == ON_READY_AUTO))
        plan_all_stages(prepared);
    if (alone && options->on_ready == ON_READY_AUTO)
        fprintf(stderr,
                "torc-sbatch: warning: partition %s takes jobs only from %s (AllocNodes), so all "
                "stages are submitted now; with --wait, or --on-ready=submit where runners may "
                "submit, each is when it can begin\n",
                p->name, p->alloc_nodes);
    else if (alone && options->on_ready == ON_READY_SUBMIT)
        fprintf(stderr,
                "torc-sbatch: warning: partition %s takes jobs only from %s (AllocNodes); where "
                "runners may not submit later stages, --wait or torc-sbatch --top-up does\n",
                p->name, p->alloc_nodes);
}

static int make_plan(struct prepared *prepared, const struct options *options, struct error *err)
{
    prepared->classes = plan_classes_of_workflow(&prepared->workflow);
    prepared->actions = plan_actions_of_workflow(&prepared->workflow, &prepared->actions_count);
    plan(prepared);
    choose_on_ready(prepared, options);
    for (size_t i = 0; prepared->plan.pool_of && i < prepared->workflow.classes_count; i++)
        prepared->workflow.classes[i].pool = (int32_t)prepared->plan.pool_of[i];
    for (size_t i = 0; i < prepared->plan.notes_count; i++) {
        const struct plan_note *note = &prepared->plan.notes[i];
        fprintf(stderr, "torc-sbatch: %s%s\n", note->refused ? "" : "warning: ", note->text);
    }
    if (prepared->plan.refused)
        return error_set(err, ERROR_USAGE, 0,
                         "jobs that can never run are refused, nothing was submitted");
    return 0;
}

// Jobs on other hosts could not open a database on a disk of this one, and would ruin one that no
// lock guards from them.
static int check_database_place(const struct prepared *prepared, struct error *err)
{
    char host[HOST_NAME_MAX + 1] = "", trouble[200];
    const char *network = NULL;
    gethostname(host, sizeof host - 1);
    if (fs_kind(prepared->db, &network, err))
        return -1;
    bool breaks = network && fs_breaks_locks(prepared->db, trouble, sizeof trouble);
    for (size_t i = 0; i < prepared->plan.groups_count && (!network || breaks); i++) {
        const char *name = prepared->plan.groups[i].partition;
        const struct cluster_partition *partition =
            cluster_find_partition(&prepared->cluster, name, strlen(name));
        if (!cluster_has_other_hosts(&prepared->cluster, partition, host))
            continue;
        return breaks
                   ? error_set(err, ERROR_USAGE, 0,
                               "the database %s is on %s, where no lock reaches the nodes of "
                               "partition %s (%s); put it on another shared file system with --db "
                               "or $TORC_DB, or have this one mounted with locks",
                               prepared->db, network, name, trouble)
                   : error_set(err, ERROR_USAGE, 0,
                               "the database %s is on a local disk of %s, which the nodes of "
                               "partition %s cannot see; put it on "
                               "a shared file system with --db or $TORC_DB",
                               prepared->db, host, name);
    }
    return 0;
}

// Some sites' filters refuse whoever says --mem. Is this group taken in a plan that leaves it out?
// Then that is the plan, of later submissions too.
static bool taken_without_memory(struct prepared *prepared, size_t at, const struct error *refused)
{
    struct error again;
    struct plan kept = prepared->plan;
    if (refused->code != ERROR_USAGE || !kept.groups[at].memory_bytes ||
        kept.groups[at].memory_unasked)
        return false;
    prepared->settings.memory_unasked = true;
    plan(prepared);
    bool taken = !prepared->plan.refused &&
                 !submit_test(&prepared->submit, &prepared->plan.groups[at], &again);
    if (!taken) {
        prepared->settings.memory_unasked = false;
        plan_fini(&prepared->plan);
        prepared->plan = kept;
        return false;
    }
    plan_fini(&kept);
    keep_settings(prepared);
    fprintf(stderr,
            "torc-sbatch: warning: %s; it is taken without --mem, so none is asked for, and jobs "
            "share the memory that Slurm gives\n",
            refused->text);
    return true;
}

// Is one before it, of another stage, of the same shape?
static bool is_asked(const struct plan *plan, size_t at)
{
    const struct plan_group *g = &plan->groups[at], *other;
    for (other = plan->groups; other < g; other++)
        if (!strcmp(other->class_name, g->class_name) && !strcmp(other->partition, g->partition) &&
            other->stage != g->stage && other->nodes == g->nodes && other->cpus >= g->cpus &&
            other->gpus >= g->gpus && other->memory_bytes >= g->memory_bytes &&
            other->tmp_bytes >= g->tmp_bytes && other->walltime_usec >= g->walltime_usec)
            return true;
    return false;
}

// Slurm's own word on each group: accounts, QOS, site filters and limits that no query shows. Where
// no node is up --test-only refuses what sbatch takes.
static int ask_slurm(struct prepared *prepared, struct error *err)
{
    for (size_t i = 0; i < prepared->plan.groups_count; i++) {
        const char *name = prepared->plan.groups[i].partition;
        if (is_asked(&prepared->plan, i))
            continue;
        if (!submit_test(&prepared->submit, &prepared->plan.groups[i], err) ||
            taken_without_memory(prepared, i, err))
            continue;
        if (err->code != ERROR_USAGE || cluster_partition_is_up(&prepared->cluster, name))
            return -1;
        fprintf(stderr,
                "torc-sbatch: warning: all nodes of partition %s are down or drained; what is "
                "submitted waits for one\n",
                name);
    }
    return 0;
}

int prepare(struct prepared *prepared, const struct options *options, struct error *err)
{
    *prepared = (struct prepared){0};
    if (find_folder(prepared, options, err) || load(prepared, options, err) ||
        merge_settings(prepared, options, err) ||
        learn(&prepared->workflow, prepared->db, options, err))
        return -1;
    prepared->environment = slurm_environment(NULL, NULL);
    prepared->environment_json = slurm_environment_text(prepared->environment);
    prepared->submit = (struct submit){.workflow_name = prepared->workflow.name,
                                       .db = prepared->db,
                                       .folder = prepared->folder,
                                       .settings = &prepared->settings,
                                       .environment = prepared->environment_json};
    if (!options->dry_run && submit_check_output_dir(&prepared->submit, err))
        return -1;
    if (slurm_load_cluster(&prepared->cluster, err))
        return error_prefix(err, "nothing was submitted");
    cluster_most(&prepared->cluster, &prepared->settings.most_memory_bytes,
                 &prepared->settings.most_runtime_usec);
    keep_settings(prepared);
    if (make_plan(prepared, options, err))
        return -1;
    return check_database_place(prepared, err) || ask_slurm(prepared, err) ? -1 : 0;
}

void prepared_fini(struct prepared *prepared)
{
    plan_fini(&prepared->plan);
    free(prepared->classes);
    free(prepared->actions);
    cluster_fini(&prepared->cluster);
    workflow_fini(&prepared->workflow);
    settings_fini(&prepared->settings);
    slurm_environment_free(prepared->environment);
    free(prepared->environment_json);
    free(prepared->settings_json);
    free(prepared->text);
    free(prepared->file);
    free(prepared->folder);
    free(prepared->db);
}
