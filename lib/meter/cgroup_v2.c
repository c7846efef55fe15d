// SPDX-License-Identifier: GPL-2.0-or-later
// cgroup v2: a directory for each attempt, in the subtree that the plugin made beside the task's
// directory, or in one that systemd delegated to this user (Delegate=yes).
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "lib/base/mem.h"
#include "lib/meter/cgroup.h"
#include "lib/meter/cgroup_path.h"

static bool has_word(const char *words, const char *word)
{
    size_t length = strlen(word);
    for (const char *p = words; (p = strstr(p, word)); p += length)
        if ((p == words || p[-1] == ' ') && strchr(" \n", p[length]))
            return true;
    return false;
}

// Makes memory accounting available to directories in dir; the other controllers if they are
// there.
static int enable_controllers(int dir)
{
    static const char *const others[] = {"+cpu", "+io", "+pids"};
    char text[256];
    cgroup_read(dir, "cgroup.subtree_control", text, sizeof text);
    if (!has_word(text, "memory")) {
        int e = cgroup_write(dir, "cgroup.subtree_control", "+memory");
        if (e)
            return e;
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (!has_word(text, others[i] + 1))
            cgroup_write(dir, "cgroup.subtree_control", others[i]);
    return 0;
}

// …/task_T: the plugin's torc_T beside it.
static char *find_sibling(const char *self)
{
    const char *last = strrchr(self, '/');
    if (!last || strncmp(last, "/task_", 6) || !last[6])
        return NULL;
    return xasprintf("%.*s/torc_%s", (int)(last - self), self, last + 6);
}

// systemd marks what it gave away (from version 251 on, readable for users). Being writable is not
// enough: a terminal's own scope is, too, and the shell in it is not ours to move.
static bool is_delegated(const char *path)
{
    char value[8] = "";
    return (getxattr(path, "user.delegate", value, sizeof value - 1) > 0 ||
            getxattr(path, "trusted.delegate", value, sizeof value - 1) > 0) &&
           value[0] == '1';
}

static int move_all(int from, int to)
{
    cleanup_close int procs = openat(from, "cgroup.procs", O_RDONLY | O_CLOEXEC);
    FILE *file = procs < 0 || to < 0 ? NULL : fdopen(procs, "r");
    if (!file)
        return -errno;
    procs = -1;
    char pid[24];
    int result = 0;
    while (!result && fscanf(file, "%23s", pid) == 1)
        if ((result = cgroup_write(to, "cgroup.procs", pid)) == -ESRCH)
            result = 0;
    fclose(file);
    return result;
}

// Processes may not be where controllers are enabled: all that systemd started here (a keeper and
// this runner) moves to a leaf. A runner that is started again finds itself in the leaf.
static int move_to_leaf(int dir, bool *made)
{
    *made = !mkdirat(dir, "runner", 0755);
    if (!*made && errno != EEXIST)
        return -errno;
    cleanup_close int leaf = cgroup_open_below(dir, "runner");
    return move_all(dir, leaf);
}

// Where there was no leaf, processes were here, and so no controller was passed down.
static void v2_take_back(struct cgroup_base *base)
{
    int dir = base->dirs[0];
    char text[256], word[24], off[32];
    int n;
    if (!base->moved)
        return;
    cgroup_read(dir, "cgroup.subtree_control", text, sizeof text);
    for (const char *at = text; sscanf(at, "%23s%n", word, &n) == 1; at += n) {
        snprintf(off, sizeof off, "-%s", word);
        cgroup_write(dir, "cgroup.subtree_control", off);
    }
    cleanup_close int leaf = cgroup_open_below(dir, "runner");
    move_all(leaf, dir);
    unlinkat(dir, "runner", AT_REMOVEDIR);
}

static char *find_delegated(const char *self)
{
    const char *last = strrchr(self, '/');
    char *parent = last ? xstrndup(self, (size_t)(last - self)) : NULL;
    if (last && !strcmp(last, "/runner") && is_delegated(parent))
        return parent;
    free(parent);
    return is_delegated(self) ? xstrdup(self) : NULL;
}

static struct cgroup_base *open_at(char *path, bool sibling, const struct meter_options *options,
                                   char **why)
{
    struct cgroup_base *base = cgroup_base_create(&cgroup_v2, options, path);
    base->dirs[0] = cgroup_open(path);
    int e = base->dirs[0] < 0 ? -errno : faccessat(base->dirs[0], ".", W_OK | X_OK, 0) ? -errno : 0;
    if (!e && !sibling)
        e = move_to_leaf(base->dirs[0], &base->moved);
    if (!e)
        cgroup_base_take(base);
    const char *what = e ? "" : "its memory controller cannot be used: ";
    if (!e)
        e = enable_controllers(base->dirs[0]);
    if (!e)
        return base;
    *why = xasprintf("%s: %s%s", path, what, strerror(-e));
    cgroup_close(base);
    return NULL;
}

static struct cgroup_base *v2_open(int proc, const struct meter_options *options, char **why)
{
    cleanup_free char *self = cgroup_path(proc, NULL);
    char *sibling = self ? find_sibling(self) : NULL,
         *delegated = self ? find_delegated(self) : NULL;
    struct cgroup_base *base = NULL;
    if (sibling)
        base = open_at(sibling, true, options, why);
    else if (delegated)
        base = open_at(take_ptr(delegated), false, options, why);
    else
        *why = self ? xasprintf("%s is neither a Slurm task's nor delegated", self)
                    : xstrdup("no such hierarchy");
    free(delegated);
    return base;
}

static struct cgroup_dir *v2_make(struct cgroup_base *base, const char *name, int64_t limit_bytes,
                                  struct meter_entry *entry, struct error *err)
{
    struct cgroup_dir *dir = cgroup_dir_create(base, name);
    if (mkdirat(base->dirs[0], dir->name, 0755) ||
        (dir->fd = cgroup_open_below(base->dirs[0], dir->name)) < 0) {
        error_set(err, ERROR_INTERNAL, errno, "cannot make the cgroup %s/%s", base->path,
                  dir->name);
        cgroup_dir_destroy(dir);
        return NULL;
    }
    if (limit_bytes > 0) {
        char text[32];
        snprintf(text, sizeof text, "%lld", (long long)limit_bytes);
        int e = cgroup_write(dir->fd, "memory.max", text);
        if (e) {
            error_set(err, ERROR_INTERNAL, -e, "cannot set memory.max of the cgroup %s/%s to %s",
                      base->path, dir->name, text);
            cgroup_dir_destroy(dir);
            return NULL;
        }
        cgroup_write(dir->fd, "memory.swap.max",
                     "0"); // the limit is on what the job needs, wherever it is kept
        cgroup_write(dir->fd, "memory.oom.group", "1");
    }
    entry->cgroup_fd = dir->fd;
    return dir;
}

static bool v2_is_populated(const struct cgroup_dir *dir)
{
    char text[128];
    cgroup_read(dir->fd, "cgroup.events", text, sizeof text);
    return cgroup_key(text, "populated") > 0;
}

static void v2_kill(const struct cgroup_dir *dir)
{
    if (!cgroup_write(dir->fd, "cgroup.kill", "1"))
        return;
    struct pid_list found = {0}; // before Linux 5.14
    cgroup_find(dir, &found);
    for (size_t i = 0; i < found.count; i++)
        kill(found.pids[i], SIGKILL);
    pid_list_fini(&found);
}

static void v2_sample(const struct cgroup_dir *dir, struct cgroup_memory *memory)
{
    char text[8192];
    cgroup_read(dir->fd, "memory.stat", text, sizeof text);
    int64_t shmem = cgroup_key(text, "shmem");
    *memory = (struct cgroup_memory){
        .anon = cgroup_key(text, "anon"),
        .file = cgroup_key(text, "file"),
        .kernel = cgroup_key(text, "kernel"),
        .processes = cgroup_number(dir->fd, "pids.current"),
    };
    if (memory->kernel < 0) // before Linux 5.18: its parts
        memory->kernel = cgroup_key(text, "kernel_stack") + cgroup_key(text, "slab");
    if (shmem > 0 && memory->anon >= 0) {
        memory->anon += shmem;
        memory->file -= shmem;
    }
}

// Sums KEY=NUMBER over the devices of io.stat; UNKNOWN when the controller is not passed down.
static int64_t io_bytes(const char *text, const char *key)
{
    int64_t sum = 0;
    for (const char *p = text; (p = strstr(p, key)); p += strlen(key))
        sum += strtoll(p + strlen(key), NULL, 10);
    return sum;
}

static void v2_read(const struct cgroup_dir *dir, struct usage_record *usage)
{
    char text[4096];
    usage->memory_peak_bytes = cgroup_number(dir->fd, "memory.peak");
    usage->swap_peak_bytes = cgroup_number(dir->fd, "memory.swap.peak");
    if (cgroup_read(dir->fd, "memory.events", text, sizeof text) > 0)
        usage->oom_kills = cgroup_key(text, "oom_kill");
    if (cgroup_read(dir->fd, "cpu.stat", text, sizeof text) > 0) {
        usage->cpu_user_usec = cgroup_key(text, "user_usec");
        usage->cpu_system_usec = cgroup_key(text, "system_usec");
        usage->throttled_usec = cgroup_key(text, "throttled_usec");
    }
    if (cgroup_read(dir->fd, "io.stat", text, sizeof text) >= 0) {
        usage->io_read_bytes = io_bytes(text, "rbytes=");
        usage->io_write_bytes = io_bytes(text, "wbytes=");
    }
    int64_t processes = cgroup_number(dir->fd, "pids.peak");
    if (processes >= 0)
        usage->processes_peak = processes;
}

const struct cgroup_ops cgroup_v2 = {
    .source = SOURCE_CGROUP2,
    .prefix = "job_",
    .open = v2_open,
    .make = v2_make,
    .is_populated = v2_is_populated,
    .kill = v2_kill,
    .sample = v2_sample,
    .read = v2_read,
    .release = cgroup_dir_destroy,
    .take_back = v2_take_back,
};
