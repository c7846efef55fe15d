// SPDX-License-Identifier: GPL-2.0-or-later
// Ending what is left in cgroups, by directory fds and without following links: the tree below may
// be a user's.
#include "plugin/cgroup_clear.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/clock.h"

static int64_t deadline; // of the call under way: hooks run one after another
static bool stopped;
static cgroup_owned_fn *owned;

// Also inside a pass: on v1 a user may have made any number of directories
static bool must_stop(void)
{
    return stopped = stopped || clock_mono_msec() >= deadline;
}

static bool must_spare(void)
{
    return stopped = must_stop() || (owned && owned());
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

static DIR *open_list(int dir)
{
    int fd = cgroup_open(dir, ".");
    DIR *list = fd < 0 ? NULL : fdopendir(fd);
    if (!list && fd >= 0)
        close(fd);
    return list;
}

// Any name but these two may be a user's, also one that begins with a dot
static bool is_child(const struct dirent *e)
{
    return e->d_type == DT_DIR && strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
}

static void kill_processes(int dir)
{
    char buf[4096];
    int fd = openat(dir, "cgroup.procs", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return;
    long pid = 0;
    for (ssize_t n; (n = read(fd, buf, sizeof buf)) > 0 && !must_spare();)
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

// Removes children of dir, from the one with the number after (0: the first), until one of them
// cannot be removed as it is: an fd of that one, or -1. *left counts what stays: the one with the
// number after, of which all that could be done has been done.
static int next_busy(int dir, ino_t after, int *left)
{
    DIR *list = open_list(dir);
    int found = -1;
    for (struct dirent *e; list && found < 0 && (e = readdir(list));) {
        if (!is_child(e) || (after && e->d_ino != after))
            continue;
        if (must_stop())
            break;
        if (!unlinkat(dir, e->d_name, AT_REMOVEDIR) || errno == ENOENT)
            after = 0;
        else if (after)
            (*left)++, after = 0;
        else
            found = cgroup_open(dir, e->d_name);
    }
    *left += after != 0; // another removed it, and with it our place: the next pass finds the rest
    if (list)
        closedir(list);
    return found;
}

// One pass over all directories below top, each after those in it. No recursion, no stack: v1 has
// no cgroup.max.depth, and the number of the directory that one came out of tells where to go on.
// No directory of a cgroup file system moves to another parent, so ".." leads back to top.
static int clear_below(int top, bool one_by_one)
{
    struct stat st;
    int left = 0, depth = 0, dir = cgroup_open(top, ".");
    ino_t after = 0;
    while (dir >= 0) {
        int to = next_busy(dir, after, &left);
        if (must_stop() || (to < 0 && !depth)) {
            left += must_stop() ? depth + 1 : 0;
            if (to >= 0)
                close(to);
            break;
        }
        if (to >= 0) {
            if (one_by_one)
                kill_processes(to);
            after = 0;
            depth++;
        } else {
            after = fstat(dir, &st) ? 0 : st.st_ino;
            to = after ? cgroup_open(dir, "..") : -1;
            left += to < 0;
            depth--;
        }
        close(dir);
        dir = to;
    }
    if (dir >= 0)
        close(dir);
    return left;
}

// cgroup.kill (v2, kernel 5.14) is atomic against forks, but asks nobody; else process by process,
// pass by pass until none is left.
static int clear_child(int at, const char *name, bool itself)
{
    int dir = cgroup_open(at, name);
    if (dir < 0)
        return 0;
    bool one_by_one = !itself || owned || cgroup_write(dir, "cgroup.kill", "1");
    if (itself && one_by_one)
        kill_processes(dir);
    int left = clear_below(dir, one_by_one);
    close(dir);
    if (itself)
        left += must_stop() || (unlinkat(at, name, AT_REMOVEDIR) && errno != ENOENT);
    return left;
}

static int clear_all(int dir, const char *prefix, bool themselves)
{
    int left = 0;
    DIR *list = open_list(dir);
    for (struct dirent *e; list && (e = readdir(list));)
        if (is_child(e) && !strncmp(e->d_name, prefix, strlen(prefix)))
            left += must_spare() ? 1 : clear_child(dir, e->d_name, themselves);
    if (list)
        closedir(list);
    return left;
}

static int clear(int dir, const char *prefix, int64_t msec, cgroup_owned_fn *is_owned,
                 bool themselves)
{
    int left = 0;
    struct timespec pause = {.tv_nsec = 500000};
    deadline = clock_mono_msec() + msec;
    owned = is_owned;
    stopped = false;
    // a killed process leaves its cgroup when it has exited, not when it is reaped
    while (dir >= 0 && (left = clear_all(dir, prefix, themselves)) && !must_stop()) {
        nanosleep(&pause, NULL);
        if (pause.tv_nsec < 20000000)
            pause.tv_nsec *= 2;
    }
    return left;
}

int cgroup_clear_children(int dir, const char *prefix, int64_t msec, cgroup_owned_fn *is_owned)
{
    return clear(dir, prefix, msec, is_owned, true);
}

int cgroup_clear_grandchildren(int dir, const char *prefix, int64_t msec, cgroup_owned_fn *is_owned)
{
    return clear(dir, prefix, msec, is_owned, false);
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
