// SPDX-License-Identifier: GPL-2.0-or-later
// A table of what is not inherited, a base made once, and some lines per job.
#include "runner/job/environment.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/program.h"
#include "runner/job/command.h"

struct environment {
    const struct node *node;
    char **base; // owned, NULL-terminated
    size_t count, space;
    bool needs_shell, threads_set, shell_level_set;
};

// What belongs to the runner's own process, or to another job that this one runs inside of.
static const char *const dropped[] = {
    "TORC_RUNNER",
    "TORC_SLURM_JOB_ID",
    "TORC_STEP_*",
    "TORC_JOB_*",
    "TORC_WORKFLOW_*",
    "TORC_RUN_ID",
    "TORC_ATTEMPT_ID",
    "TORC_DB",
    "TORC_SOCKET",
    "TORC_OUTPUT_DIR",
    "TORC_GPU_VISIBLE_DEVICES",
    "SLURM_ARRAY_*",
    "PMI_*",
    "PMI2_*",
    "PMIX_*",
    "_",
    "PWD",
};
// In an allocation, in addition: what describes the tasks of the allocation, or of the runner's own
// step, and would be taken for the job's by an srun or mpirun inside of it. From the lists of
// variables in sbatch(1) and srun(1); what identifies the allocation and its nodes stays.
static const char *const dropped_in_allocation[] = {
    "SLURM_CPU_*",
    "SLURM_CPUS_*",
    "SLURM_CORE_SPEC",
    "SLURM_DIST*",
    "SLURM_EXACT",
    "SLURM_EXCLUSIVE",
    "SLURM_GPU_*",
    "SLURM_GPUS*",
    "SLURM_GRES*",
    "SLURM_GTIDS",
    "SLURM_HINT",
    "SLURM_HOSTFILE",
    "SLURM_JOB_CPUS_PER_NODE",
    "SLURM_LAUNCH_NODE_IPADDR",
    "SLURM_LOCALID",
    "SLURM_MEM_*",
    "SLURM_NODEID",
    "SLURM_NPROCS",
    "SLURM_NTASKS*",
    "SLURM_OVERCOMMIT",
    "SLURM_OVERLAP",
    "SLURM_PROCID",
    "SLURM_RESV_PORTS",
    "SLURM_SHARDS_ON_NODE",
    "SLURM_SPREAD_JOB",
    "SLURM_SRUN_COMM_*",
    "SLURM_STEP*",
    "SLURM_TASK_PID",
    "SLURM_TASKS_PER_NODE",
    "SLURM_THREAD*",
    "SLURM_TRES_PER_TASK",
    "SRUN_CPUS_PER_TASK",
};

static bool is_dropped(const char *entry, const char *const *patterns, size_t count)
{
    char name[64];
    size_t length = strcspn(entry, "=");
    if (length >= sizeof name)
        return false;
    memcpy(name, entry, length);
    name[length] = '\0';
    for (size_t i = 0; i < count; i++)
        if (!fnmatch(patterns[i], name, 0))
            return true;
    return false;
}

static void add(struct environment *environment, char *entry)
{
    environment->base =
        array_grow(environment->base, environment->count + 1, &environment->space, sizeof entry);
    environment->base[environment->count++] = entry;
    environment->base[environment->count] = NULL;
}

static void inherit(struct environment *environment, char *const *list)
{
    for (char *const *e = list; *e; e++) {
        if (is_dropped(*e, dropped, sizeof dropped / sizeof *dropped))
            continue;
        if (environment->node->in_allocation &&
            is_dropped(*e, dropped_in_allocation,
                       sizeof dropped_in_allocation / sizeof *dropped_in_allocation))
            continue;
        environment->threads_set |= !strncmp(*e, "OMP_NUM_THREADS=", 16);
        environment->shell_level_set |= !strncmp(*e, "SHLVL=", 6);
        add(environment, xstrdup(*e));
    }
}

// Jobs call torc (data, event): where this program is, it is, too.
static void complete_path(struct environment *environment)
{
    const char *path = environment_find(environment->base, "PATH");
    cleanup_free char *self = program_folder();
    if (!self)
        return;
    cleanup_free char *inside = xasprintf(":%s:", path ? path : ""),
                      *folder = xasprintf(":%s:", self);
    if (strstr(inside, folder))
        return;
    char *entry = path ? xasprintf("PATH=%s:%s", path, self)
                       : xasprintf("PATH=/usr/local/bin:/usr/bin:/bin:%s", self);
    for (size_t i = 0; i < environment->count; i++) {
        if (strncmp(environment->base[i], "PATH=", 5))
            continue;
        free(environment->base[i]);
        environment->base[i] = entry;
        return;
    }
    add(environment, entry);
}

struct environment *environment_create(const struct environment_options *options)
{
    struct environment *environment = xcalloc(1, sizeof *environment);
    const struct runner_grant *grant = options->grant;
    environment->node = options->node;
    inherit(environment, options->inherited);
    complete_path(environment);
    if (!environment->shell_level_set) // as bash leaves it behind for the last program of a command
                                       // line
        add(environment, xstrdup("SHLVL=0"));
    add(environment, xasprintf("TORC_WORKFLOW_ID=%lld", (long long)options->workflow_id));
    add(environment, xasprintf("TORC_WORKFLOW_NAME=%s", grant->workflow_name));
    add(environment, xasprintf("TORC_DB=%s", options->db));
    if (options->socket)
        add(environment, xasprintf("TORC_SOCKET=%s", options->socket));
    add(environment, xasprintf("TORC_OUTPUT_DIR=%s", options->output_dir));
    add(environment, xasprintf("TORC_WORKFLOW_SUBMISSION_DIR=%s", grant->folder));
    if (options->node->in_allocation) {
        add(environment,
            xasprintf("TORC_SLURM_JOB_ID=%lld", (long long)options->node->slurm_job_id));
        add(environment, xstrdup("SLURM_OVERLAP=1"));
    }
    environment->needs_shell = command_needs_shell(environment->base);
    return environment;
}

void environment_destroy(struct environment *environment)
{
    for (size_t i = 0; environment && i < environment->count; i++)
        free(environment->base[i]);
    if (environment)
        free(environment->base);
    free(environment);
}

bool environment_needs_shell(const struct environment *environment)
{
    return environment->needs_shell;
}

struct list {
    char **items;
    size_t count;
    struct arena *arena;
};

#define put(list, ...) ((list)->items[(list)->count++] = arena_printf((list)->arena, __VA_ARGS__))

static void put_job(struct list *list, const struct environment *environment,
                    const struct claimed_job *job)
{
    put(list, "TORC_JOB_ID=%lld", (long long)job->job_id);
    put(list, "TORC_JOB_NAME=%s", job->name);
    put(list, "TORC_RUN_ID=%d", job->run_id);
    put(list, "TORC_ATTEMPT_ID=%d", job->attempt_id);
    if (environment->node
            ->in_allocation) { // for the plugin's records of steps; lib/meter/step_record.h
        put(list, "TORC_STEP_JOB=%lld", (long long)job->job_id);
        put(list, "TORC_STEP_ATTEMPT=%d.%d", job->run_id, job->attempt_id);
    }
}

static void put_share(struct list *list, const struct environment *environment,
                      const struct claimed_job *job, const struct share *share, bool threads_set)
{
    static const char *const gpu_names[] = {"TORC_GPU_VISIBLE_DEVICES", "CUDA_VISIBLE_DEVICES",
                                            "HIP_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES"};
    static const char *const cpu_names[] = {"SLURM_CPUS_ON_NODE", "SLURM_CPUS_PER_TASK",
                                            "SRUN_CPUS_PER_TASK", "SLURM_JOB_CPUS_PER_NODE"};
    static const char *const task_names[] = {"SLURM_NTASKS", "SLURM_NPROCS",
                                             "SLURM_TASKS_PER_NODE"};
    if (!environment->threads_set && !threads_set)
        put(list, "OMP_NUM_THREADS=%d", share->cpus);
    char gpus[SHARE_GPUS * 48] = "";
    for (int i = 0; i < share->gpus_count; i++)
        snprintf(gpus + strlen(gpus), sizeof gpus - strlen(gpus), "%s%s", i ? "," : "",
                 environment->node->gpu_ids[share->gpus[i]]);
    for (size_t i = 0; environment->node->gpus_count && i < sizeof gpu_names / sizeof *gpu_names;
         i++)
        put(list, "%s=%s", gpu_names[i], gpus);
    if (!environment->node->in_allocation)
        return;
    for (size_t i = 0; i < sizeof cpu_names / sizeof *cpu_names; i++)
        put(list, "%s=%d", cpu_names[i], share->cpus);
    for (size_t i = 0; job->nodes <= 1 && i < sizeof task_names / sizeof *task_names; i++)
        put(list, "%s=1", task_names[i]);
    if (job->enforced)
        put(list, "SLURM_MEM_PER_NODE=%lld",
            (long long)((share->memory_bytes + 1048575) / 1048576));
}

static size_t name_length(const char *entry)
{
    return strcspn(entry, "=") + 1;
}

// The job's own variables win over those of the same name.
static void put_own(struct list *list, char **env)
{
    for (char **e = env; e && *e; e++) {
        size_t length = name_length(*e), at = 0;
        while (at < list->count && strncmp(list->items[at], *e, length))
            at++;
        list->items[at] = arena_strdup(list->arena, *e);
        list->count += at == list->count;
    }
}

char **environment_make(const struct environment *environment, const struct claimed_job *job,
                        const struct job_spec *spec, const struct share *share, struct arena *arena)
{
    enum { OWN_MOST = 32 };
    size_t given = 0;
    bool threads_set = false;
    for (char **e = spec->env; e && *e; e++, given++)
        threads_set |= !strncmp(*e, "OMP_NUM_THREADS=", 16);
    struct list list = {.arena = arena};
    list.items =
        arena_alloc(arena, (environment->count + OWN_MOST + given + 1) * sizeof *list.items);
    for (size_t i = 0; i < environment->count; i++) {
        // GPU variables of the runner give way to the job's share
        if (environment->node->gpus_count && strstr(environment->base[i], "_VISIBLE_DEVICES="))
            continue;
        list.items[list.count++] = environment->base[i];
    }
    put_job(&list, environment, job);
    put_share(&list, environment, job, share, threads_set);
    put_own(&list, spec->env);
    list.items[list.count] = NULL;
    return list.items;
}

char **environment_with(const struct environment *environment, char *const *own,
                        struct arena *arena)
{
    size_t given = 0;
    while (own[given])
        given++;
    char **list = arena_alloc(arena, (environment->count + given + 1) * sizeof *list);
    memcpy(list, environment->base, environment->count * sizeof *list);
    memcpy(list + environment->count, own, (given + 1) * sizeof *list);
    return list;
}

const char *environment_find(char *const *list, const char *name)
{
    size_t length = strlen(name);
    for (char *const *e = list; *e; e++)
        if (!strncmp(*e, name, length) && (*e)[length] == '=')
            return *e + length + 1;
    return NULL;
}
