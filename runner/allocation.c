// SPDX-License-Identifier: GPL-2.0-or-later
// Reads SLURM_*, the limits of the cgroup, and, where 22.05 does not say when the allocation ends, squeue.
#include "runner/allocation.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/mem.h"
#include "runner/clock.h"
#include "runner/node.h"

extern char **environ;

enum { OWN_BYTES = 64 * 1024 * 1024 }; /* what torc-sbatch adds to the jobs' memory for the runner and slurmstepd */
static const int64_t mib = 1024 * 1024;

static int64_t number(const char *name, int64_t otherwise)
{
    const char *text = getenv(name);
    char *end;
    int64_t value = text ? strtoll(text, &end, 10) : 0;
    return text && end != text ? value : otherwise;
}

static int64_t read_limit(const char *path, int64_t bytes)
{
    cleanup_fclose FILE *f = fopen(path, "re");
    long long limit;
    return f && fscanf(f, "%lld", &limit) == 1 && limit > 0 && limit < bytes ? limit : bytes;
}

/* Walks from the cgroup up to the root of its hierarchy: each level's limit holds. */
static int64_t walk_limits(const char *root, const char *group, const char *file, int64_t bytes)
{
    cleanup_free char *at = xstrdup(group);
    for (;;) {
        cleanup_free char *path = xasprintf("%s%s/%s", root, at, file);
        bytes = read_limit(path, bytes);
        char *slash = strrchr(at, '/');
        if (!slash)
            return bytes;
        *slash = '\0';
    }
}

int64_t allocation_memory_limit(int64_t bytes)
{
    cleanup_fclose FILE *f = fopen("/proc/self/cgroup", "re");
    cleanup_free char *line = NULL;
    size_t space = 0;
    for (ssize_t n; f && (n = getline(&line, &space, f)) > 0;) {
        line[n - 1] = '\0';
        char *controllers = strchr(line, ':'), *group = controllers ? strchr(controllers + 1, ':') : NULL;
        if (!group)
            continue;
        *group++ = '\0';
        if (!strcmp(controllers, ":"))
            bytes = walk_limits("/sys/fs/cgroup", group, "memory.max", bytes);
        else if (!strcmp(controllers, ":memory"))
            bytes = walk_limits("/sys/fs/cgroup/memory", group, "memory.limit_in_bytes", bytes);
    }
    return bytes;
}

/* Runs squeue without a shell and gives its first line; what fails or is empty means: not known. */
static bool ask_squeue(const char *job, char *line, size_t room)
{
    int ends[2], status;
    pid_t pid;
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    char *argv[] = {(char *)"squeue", (char *)"-h", (char *)"-j", (char *)job, (char *)"-o", (char *)"%e", NULL};
    if (pipe2(ends, O_CLOEXEC))
        return false;
    sigemptyset(&none);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    bool started = !posix_spawnp(&pid, "squeue", &actions, &attributes, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    close(ends[1]);
    FILE *f = fdopen(ends[0], "r");
    bool got = started && f && fgets(line, (int)room, f);
    if (f)
        fclose(f);
    while (started && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    return got;
}

int64_t allocation_end_usec(int64_t slurm_job_id)
{
    char job[32], line[128] = "";
    struct tm when = {.tm_isdst = -1};
    snprintf(job, sizeof job, "%lld", (long long)slurm_job_id);
    if (!ask_squeue(job, line, sizeof line) || !strptime(line, "%Y-%m-%dT%H:%M:%S", &when))
        return 0; /* "N/A": no limit */
    return (int64_t)mktime(&when) * USEC_PER_SEC;
}

static void read_memory(struct node *node)
{
    int64_t per_node = number("SLURM_MEM_PER_NODE", 0), per_cpu = number("SLURM_MEM_PER_CPU", 0);
    int64_t granted = per_node ? per_node * mib : per_cpu * mib * node->cpus;
    if (granted <= 0)
        return;
    if (granted < node->memory_bytes)
        node->memory_bytes = granted;
    if (node->memory_bytes > 2 * OWN_BYTES)
        node->memory_bytes -= OWN_BYTES;
}

void allocation_read(struct node *node)
{
    node->slurm_job_id = number("SLURM_JOB_ID", 0);
    node->cpus = (int32_t)number("SLURM_CPUS_ON_NODE", node->cpus);
    node->in_allocation = node->slurm_job_id > 0 && getenv("SLURM_CPUS_ON_NODE");
    if (!node->in_allocation) {
        node->slurm_job_id = 0;
        return;
    }
    node->array_task_id = (int32_t)number("SLURM_ARRAY_TASK_ID", -1);
    node->restart_count = (int32_t)number("SLURM_RESTART_COUNT", 0);
    node->node_list = getenv("SLURM_JOB_NODELIST");
    if (getenv("SLURMD_NODENAME")) {
        free(node->name);
        node->name = xstrdup(getenv("SLURMD_NODENAME"));
    }
    read_memory(node);
    node->end_usec = number("SLURM_JOB_END_TIME", 0) * USEC_PER_SEC;
    if (!node->end_usec)
        node->end_usec = allocation_end_usec(node->slurm_job_id);
    int64_t start = number("SLURM_JOB_START_TIME", 0) * USEC_PER_SEC;
    if (node->end_usec)
        node->walltime_usec = node->end_usec - (start ? start : clock_real_usec());
}
