// SPDX-License-Identifier: GPL-2.0-or-later
// Ending what is left in cgroups, by directory fds and without following links: the tree below may
// be a user's.
#include "plugin/cgroup_clear.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "plugin/cgroup_path.h"

// v1 has no cgroup.max.depth. What hides deeper is killed by Slurm, whose freezer hierarchy nobody
// else writes to.
#define MAX_DEPTH 8

typedef int visit_fn(int dir, const char *name, int depth);

static int64_t deadline; // of the call under way: hooks run one after another

// Also inside a pass: on v1 a user may have made any number of directories
static bool is_late(void)
{
    return clock_mono_msec() >= deadline;
}

int cgroup_open(int at, const char *name)
{
    return openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
}

int cgroup_write(int dir, const char *file, const char *text)
{
    int fd = openat(dir, file, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return -1;
    ssize_t n = write(fd, text, strlen(text));
    int saved = errno;
    close(fd);
    errno = saved;
    return n < 0 ? -1 : 0;
}

// Calls visit for every child directory whose name begins with prefix; the sum of its answers
static int each_child(int dir, const char *prefix, visit_fn *visit, int depth)
{
    int fd = cgroup_open(dir, ".");
    DIR *d = fd < 0 ? NULL : fdopendir(fd);
    if (!d) {
        if (fd >= 0)
            close(fd);
        return 0;
    }
    int sum = 0;
    for (struct dirent *e; (e = readdir(d));)
        if (e->d_type == DT_DIR && e->d_name[0] != '.' &&
            !strncmp(e->d_name, prefix, strlen(prefix)))
            sum += visit(dir, e->d_name, depth);
    closedir(d);
    return sum;
}

static void kill_processes(int dir)
{
    char buf[4096];
    int fd = openat(dir, "cgroup.procs", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return;
    long pid = 0;
    for (ssize_t n; (n = read(fd, buf, sizeof buf)) > 0;)
        for (ssize_t i = 0; i < n; i++) {
            if (buf[i] >= '0' && buf[i] <= '9') {
                pid = pid * 10 + (buf[i] - '0');
                continue;
            }
            if (pid > 1 && pid != getpid()) // 0: a process of another pid namespace
                kill((pid_t)pid, SIGKILL);
            pid = 0;
        }
    close(fd);
}

// cgroup.kill (v2, kernel 5.14) is atomic against forks; else process by process, again until none
// is left
static int kill_tree(int at, const char *name, int depth)
{
    int dir = is_late() ? -1 : cgroup_open(at, name);
    if (dir < 0)
        return 0;
    if (cgroup_write(dir, "cgroup.kill", "1") && depth < MAX_DEPTH) {
        kill_processes(dir);
        each_child(dir, "", kill_tree, depth + 1);
    }
    close(dir);
    return 0;
}

// How many directories of the tree could not be removed
static int remove_tree(int at, const char *name, int depth)
{
    if (is_late())
        return 1;
    int dir = cgroup_open(at, name);
    if (dir < 0)
        return 0;
    int left = depth < MAX_DEPTH ? each_child(dir, "", remove_tree, depth + 1) : 0;
    close(dir);
    return left + (unlinkat(at, name, AT_REMOVEDIR) && errno != ENOENT);
}

static int kill_children(int at, const char *name, int depth)
{
    int dir = cgroup_open(at, name);
    if (dir < 0)
        return 0;
    each_child(dir, "", kill_tree, depth);
    close(dir);
    return 0;
}

static int remove_children(int at, const char *name, int depth)
{
    int dir = cgroup_open(at, name);
    if (dir < 0)
        return 0;
    int left = each_child(dir, "", remove_tree, depth);
    close(dir);
    return left;
}

static int clear(const char *path, const char *prefix, int64_t msec, visit_fn *end,
                 visit_fn *remove)
{
    int dir = cgroup_open(AT_FDCWD, path);
    if (dir < 0)
        return 0;
    int left;
    deadline = clock_mono_msec() + msec;
    struct timespec pause = {.tv_nsec = 500000};
    for (;;) { // a killed process leaves its cgroup when it has exited, not when it is reaped
        each_child(dir, prefix, end, 0);
        left = each_child(dir, prefix, remove, 0);
        if (!left || is_late())
            break;
        nanosleep(&pause, NULL);
        if (pause.tv_nsec < 20000000)
            pause.tv_nsec *= 2;
    }
    close(dir);
    return left;
}

int cgroup_clear_children(const char *path, const char *prefix, int64_t msec)
{
    return clear(path, prefix, msec, kill_tree, remove_tree);
}

int cgroup_clear_grandchildren(const char *path, const char *prefix, int64_t msec)
{
    return clear(path, prefix, msec, kill_children, remove_children);
}

bool cgroup_has_processes(const char *path)
{
    char c;
    int dir = cgroup_open(AT_FDCWD, path);
    int fd = dir < 0 ? -1 : openat(dir, "cgroup.procs", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    bool has = fd >= 0 && read(fd, &c, 1) > 0;
    if (fd >= 0)
        close(fd);
    if (dir >= 0)
        close(dir);
    return has;
}
