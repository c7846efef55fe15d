// SPDX-License-Identifier: GPL-2.0-or-later
// cgroup v1: children of the task's directories that Slurm (22.05) or its plugin gave to the user,
// in the memory and cpuacct hierarchies. Directories are used again, because making and removing
// one costs more than a short job.
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/mem.h"
#include "lib/meter/cgroup.h"
#include "lib/meter/cgroup_path.h"

enum { MEMORY, CPUACCT };
static const char *const hierarchies[CGROUP_DIRS] = {[MEMORY] = "memory", [CPUACCT] = "cpuacct"};

// A directory with more than this charged to it (page cache of the job before) is not used again:
// the next peak would begin there. Emptying it (memory.force_empty) would throw away cached files
// that other jobs are about to read.
enum { MOST_LEFT_BYTES = 1 << 20, MOST_IDLE = 64 };

// Is this the directory of a Slurm task, and may we make others in it? Never elsewhere: root may
// write everywhere.
static bool is_task_dir(const char *path)
{
    const char *last = path ? strrchr(path, '/') : NULL;
    return last && !strncmp(last, "/task_", 6) && last[6];
}

static struct cgroup_base *v1_open(int proc, const struct meter_options *options, char **why)
{
    char *path = cgroup_path(proc, hierarchies[MEMORY]);
    if (!is_task_dir(path) || access(path, W_OK | X_OK)) {
        *why = !path ? xstrdup("no memory hierarchy")
                     : xasprintf("%s is %s", path,
                                 is_task_dir(path) ? "not ours to write"
                                                   : "no directory of a Slurm task");
        free(path);
        return NULL;
    }
    cleanup_free char *cpu_path = cgroup_path(proc, hierarchies[CPUACCT]);
    struct cgroup_base *base = cgroup_base_create(&cgroup_v1, options, path);
    base->dirs[MEMORY] = cgroup_open(path);
    if (is_task_dir(cpu_path) && !access(cpu_path, W_OK | X_OK))
        base->dirs[CPUACCT] = cgroup_open(cpu_path);
    if (base->dirs[MEMORY] < 0) {
        *why = xasprintf("%s: %s", path, strerror(errno));
        cgroup_close(base);
        return NULL;
    }
    cgroup_base_take(base);
    return base;
}

static int64_t cpu_usec(const struct cgroup_dir *dir)
{
    int64_t nsec = dir->cpu >= 0 ? cgroup_pread_number(dir->cpu) : UNKNOWN;
    return nsec < 0 ? UNKNOWN : nsec / 1000;
}

static int64_t oom_kills(const struct cgroup_dir *dir)
{
    char text[256]; // before Linux 4.13 there is no such line: UNKNOWN
    ssize_t n = pread(dir->oom, text, sizeof text - 1, 0);
    text[n > 0 ? n : 0] = '\0';
    return cgroup_key(text, "oom_kill");
}

// Opens a file of the job's directory in one of the hierarchies.
static int open_file(const struct cgroup_dir *dir, int hierarchy, const char *file, int flags)
{
    char path[192];
    snprintf(path, sizeof path, "%s/%s", dir->name, file);
    return openat(dir->base->dirs[hierarchy], path, flags | O_CLOEXEC);
}

static struct cgroup_dir *make_fresh(struct cgroup_base *base, struct error *err)
{
    char number[24];
    snprintf(number, sizeof number, "%lld", (long long)base->made++);
    struct cgroup_dir *dir = cgroup_dir_create(base, number);
    for (int i = 0; i < CGROUP_DIRS; i++) {
        if (base->dirs[i] < 0)
            continue;
        if (mkdirat(base->dirs[i], dir->name, 0755) && errno != EEXIST)
            goto fail;
        if ((dir->enter[i] = open_file(dir, i, "cgroup.procs", O_RDWR)) < 0)
            goto fail;
    }
    dir->peak = open_file(dir, MEMORY, "memory.max_usage_in_bytes", O_RDWR);
    dir->oom = open_file(dir, MEMORY, "memory.oom_control", O_RDONLY);
    if (dir->peak < 0 || dir->oom < 0)
        goto fail;
    if (base->dirs[CPUACCT] >= 0)
        dir->cpu = open_file(dir, CPUACCT, "cpuacct.usage", O_RDONLY);
    return dir;
fail:
    error_set(err, ERROR_INTERNAL, errno, "cannot make a cgroup in %s", base->path);
    cgroup_dir_destroy(dir);
    return NULL;
}

// The limit on memory and swap together may never be below that on memory: the order depends on the
// direction. A kernel without swap accounting has no such file.
static int set_limit(struct cgroup_dir *dir, int64_t bytes, struct error *err)
{
    static const char *const files[] = {"memory.memsw.limit_in_bytes", "memory.limit_in_bytes"};
    if (dir->limit_bytes == bytes)
        return 0;
    char text[32];
    snprintf(text, sizeof text, "%lld", bytes > 0 ? (long long)bytes : -1LL);
    bool lower = bytes > 0 && (!dir->limit_bytes || bytes < dir->limit_bytes);
    for (int i = 0; i < 2; i++) {
        const char *file = files[lower ? 1 - i : i];
        cleanup_close int fd = open_file(dir, MEMORY, file, O_WRONLY);
        if ((fd < 0 || write(fd, text, strlen(text)) < 0) && file == files[1])
            return error_set(err, ERROR_INTERNAL, errno, "cannot set %s of the cgroup %s/%s to %s",
                             file, dir->base->path, dir->name, text);
    }
    dir->limit_bytes = bytes;
    return 0;
}

// An idle directory, rather with the limit that is wanted.
static struct cgroup_dir *take_idle(struct cgroup_base *base, int64_t limit_bytes)
{
    struct cgroup_dir **link = &base->idle;
    for (struct cgroup_dir **p = &base->idle; *p; p = &(*p)->next)
        if ((*p)->limit_bytes == limit_bytes) {
            link = p;
            break;
        }
    struct cgroup_dir *dir = *link;
    if (dir)
        *link = dir->next;
    return dir;
}

static struct cgroup_dir *v1_make(struct cgroup_base *base, const char *name, int64_t limit_bytes,
                                  struct meter_entry *entry, struct error *err)
{
    (void)name; // one directory serves many jobs
    struct cgroup_dir *dir = take_idle(base, limit_bytes);
    if (!dir)
        dir = make_fresh(base, err);
    if (!dir)
        return NULL;
    if (set_limit(dir, limit_bytes, err)) {
        cgroup_dir_destroy(dir);
        return NULL;
    }
    for (int i = 0; i < CGROUP_DIRS; i++)
        if (dir->enter[i] >= 0)
            entry->enter_fds[entry->enter_count++] = dir->enter[i];
    return dir;
}

static bool v1_is_populated(const struct cgroup_dir *dir)
{
    char text[16]; // opened anew: an open cgroup.procs shows the processes of up to a second ago
    cleanup_close int procs = open_file(dir, MEMORY, "cgroup.procs", O_RDONLY);
    return pread(procs, text, sizeof text, 0) > 0;
}

static void v1_kill(const struct cgroup_dir *dir)
{
    struct pid_list found = {0};
    cgroup_find(dir, &found);
    for (size_t i = 0; i < found.count; i++)
        kill(found.pids[i], SIGKILL);
    pid_list_fini(&found);
}

static void v1_sample(const struct cgroup_dir *dir, struct cgroup_memory *memory)
{
    char text[4096];
    cleanup_close int stat = open_file(dir, MEMORY, "memory.stat", O_RDONLY);
    cleanup_close int kernel = open_file(dir, MEMORY, "memory.kmem.usage_in_bytes", O_RDONLY);
    ssize_t n = pread(stat, text, sizeof text - 1, 0);
    text[n > 0 ? n : 0] = '\0';
    int64_t shmem = cgroup_key(text, "total_shmem"), cache = cgroup_key(text, "total_cache");
    *memory = (struct cgroup_memory){.anon = cgroup_key(text, "total_rss"),
                                     .file = cache,
                                     .kernel = cgroup_pread_number(kernel)};
    if (shmem > 0 && memory->anon >= 0) {
        memory->anon += shmem;
        memory->file -= shmem;
    }
    struct pid_list found = {0};
    cgroup_find(dir, &found);
    memory->processes = (int64_t)found.count;
    pid_list_fini(&found);
}

static void v1_read(const struct cgroup_dir *dir, struct usage_record *usage)
{
    int64_t kills = oom_kills(dir), cpu = cpu_usec(dir);
    usage->memory_peak_bytes = cgroup_pread_number(dir->peak);
    usage->oom_kills = kills < 0 ? UNKNOWN : kills - dir->oom_kills;
    // User and system time are counted by ticks here, useless for a short job: wait4's split of the
    // exact sum is better.
    int64_t waited = usage->cpu_user_usec + usage->cpu_system_usec;
    if (cpu >= 0 && cpu - dir->cpu_usec > waited) {
        int64_t all = cpu - dir->cpu_usec;
        usage->cpu_user_usec =
            waited > 0 ? (int64_t)((double)usage->cpu_user_usec / (double)waited * (double)all)
                       : all;
        usage->cpu_system_usec = all - usage->cpu_user_usec;
    }
}

static void v1_release(struct cgroup_dir *dir)
{
    int64_t left = pwrite(dir->peak, "0", 1, 0) == 1 ? cgroup_pread_number(dir->peak) : UNKNOWN,
            idle = 0;
    for (struct cgroup_dir *p = dir->base->idle; p; p = p->next)
        idle++;
    if (left < 0 || left > MOST_LEFT_BYTES || idle >= MOST_IDLE) {
        cgroup_dir_destroy(dir);
        return;
    }
    dir->cpu_usec = cpu_usec(dir);
    dir->oom_kills = oom_kills(dir);
    dir->next = dir->base->idle;
    dir->base->idle = dir;
}

const struct cgroup_ops cgroup_v1 = {
    .source = SOURCE_CGROUP1,
    .prefix = "torc_",
    .open = v1_open,
    .make = v1_make,
    .is_populated = v1_is_populated,
    .kill = v1_kill,
    .sample = v1_sample,
    .read = v1_read,
    .release = v1_release,
};
