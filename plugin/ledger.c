// SPDX-License-Identifier: GPL-2.0-or-later
// The list of steps with delegated cgroups: one small root-owned file a step, "stepd PID STARTTIME"
// and "v1|v2 PATH" lines.
#include "plugin/ledger.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "plugin/cgroup_clear.h"
#include "plugin/delegate.h"
#include "plugin/run_dir.h"

#define ENTRY_MAX ((V1_CONTROLLERS + 1) * CGROUP_PATH_MAX)

static char text[ENTRY_MAX];
static int64_t sweep_end; // milliseconds of the monotonic clock

static int64_t msec_left(void)
{
    int64_t left = sweep_end - cgroup_now_msec();
    return left > 0 ? left : 0;
}

// Fields 4 (ppid) and 22 (starttime, clock ticks since boot) of /proc/PID/stat. -1 if there is no
// such process.
static int read_stat(pid_t pid, pid_t *parent, unsigned long long *start)
{
    char buf[1024];
    snprintf(buf, sizeof buf, "/proc/%d/stat", (int)pid);
    int fd = open(buf, O_RDONLY | O_CLOEXEC), ppid;
    ssize_t n = fd < 0 ? -1 : read(fd, buf, sizeof buf - 1);
    if (fd >= 0)
        close(fd);
    if (n <= 0)
        return -1;
    buf[n] = '\0';
    char *p = strrchr(buf, ')'); // the name in front may hold anything
    if (!p ||
        sscanf(p,
               ") %*c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
               &ppid, start) != 2)
        return -1;
    *parent = ppid;
    return 0;
}

static void entry_name(const struct step *step, char *name, size_t size)
{
    snprintf(name, size, "%u.%u.%s", step->slurm_job_id, step->step_id, step->node);
}

void ledger_add(const struct step *step, pid_t task)
{
    pid_t stepd, ignored;
    unsigned long long start;
    char name[300];
    if (read_stat(task, &stepd, &start) || read_stat(stepd, &ignored, &start))
        return;
    int n = snprintf(text, sizeof text, "stepd %d %llu\n", (int)stepd, start);
    if (step->v2_user[0])
        n += snprintf(text + n, sizeof text - (size_t)n, "v2 %s\n", step->v2_user);
    for (int i = 0; i < V1_CONTROLLERS && n < ENTRY_MAX; i++)
        if (step->v1_step[i][0])
            n += snprintf(text + n, sizeof text - (size_t)n, "v1 %s\n", step->v1_step[i]);
    int dir = n < ENTRY_MAX ? run_dir_open_steps() : -1;
    if (dir < 0)
        return;
    entry_name(step, name, sizeof name);
    int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd >= 0) {
        if (write(fd, text, (size_t)n) != n)
            unlinkat(dir, name, 0);
        close(fd);
    }
    close(dir);
}

void ledger_remove(const struct step *step)
{
    char name[300];
    int dir = run_dir_open_steps();
    if (dir < 0)
        return;
    entry_name(step, name, sizeof name);
    unlinkat(dir, name, 0);
    close(dir);
}

// The step's slurmstepd is gone, so nobody else looks after this directory. Slurm's own go too if
// they are empty.
static int bury(const char *kind, char *path)
{
    int v2 = !strcmp(kind, "v2"), dir = cgroup_open(AT_FDCWD, path);
    int left = v2 ? 0 : cgroup_clear_grandchildren(dir, "task_", msec_left(), NULL);
    left += cgroup_clear_children(dir, v2 ? "" : "task_", msec_left(), NULL);
    if (dir >= 0)
        close(dir);
    if (left)
        return left;
    if (v2) {
        char beside[CGROUP_PATH_MAX + 16];
        snprintf(beside, sizeof beside, "%s/../slurm", path);
        rmdir(beside);
        rmdir(path);
        *strrchr(path, '/') = '\0';
    }
    if (!rmdir(path)) { // step_S; then job_J, unless another step is in it
        *strrchr(path, '/') = '\0';
        rmdir(path);
    }
    return 0;
}

static void sweep_entry(int dir, const char *name, const struct step *own)
{
    char own_name[300];
    int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW), pid, left = 0;
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (fd >= 0)
        close(fd);
    if (n <= 0)
        return;
    text[n] = '\0';
    unsigned long long noted, start;
    pid_t parent;
    if (sscanf(text, "stepd %d %llu", &pid, &noted) != 2 ||
        (!read_stat(pid, &parent, &start) && start == noted))
        return;
    entry_name(own, own_name, sizeof own_name);
    if (!strcmp(name, own_name)) { // the entry is about to be written anew
        delegate_clear_step(own);
        return;
    }
    for (char *save, *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
        if (!strncmp(line, "v1 /", 4) || !strncmp(line, "v2 /", 4)) {
            line[2] = '\0';
            left += bury(line, line + 3);
        }
    slurm_info("spank_torc: %s: its slurmstepd died; cleared what it left, %d cgroups remain", name,
               left);
    if (!left)
        unlinkat(dir, name, 0);
}

void ledger_sweep(const struct step *own)
{
    int dir = run_dir_open_steps();
    int fd = dir < 0 ? -1 : cgroup_open(dir, ".");
    DIR *d = fd < 0 ? NULL : fdopendir(fd);
    sweep_end = cgroup_now_msec() + CGROUP_CLEAR_MSEC;
    for (struct dirent *e; d && msec_left() && (e = readdir(d));)
        if (e->d_name[0] != '.')
            sweep_entry(dir, e->d_name, own);
    if (d)
        closedir(d);
    else if (fd >= 0)
        close(fd);
    if (dir >= 0)
        close(dir);
}
