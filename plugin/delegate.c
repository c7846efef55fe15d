// SPDX-License-Identifier: GPL-2.0-or-later
// Delegation. Slurm must keep seeing and signalling the runner, so its cgroup stays as it is: jobs
// go beside it on v2, below it on v1.
#include "plugin/delegate.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "plugin/cgroup_clear.h"

enum {
    STEP_PER_CPU = 8,
    STEP_LEAST = 32,
    USER_PER_CPU = STEP_LEAST,
    USER_LEAST = 1024,
    USER_MOST = 16384
};

unsigned delegate_bound(const struct step *step)
{
    unsigned n = STEP_PER_CPU * step->cpus;
    return n > STEP_LEAST ? n : STEP_LEAST;
}

unsigned delegate_user_bound(void)
{
    long n = USER_PER_CPU * sysconf(_SC_NPROCESSORS_ONLN);
    return n < USER_LEAST ? USER_LEAST : n < USER_MOST ? (unsigned)n : USER_MOST;
}

static int give(int dir, const char *const *files, const struct step *step)
{
    for (; *files; files++)
        if (fchownat(dir, *files, step->uid, step->gid, AT_SYMLINK_NOFOLLOW))
            return -1;
    return 0;
}

// To move a process from task_T to torc_T/x, or to clone it there, the kernel wants write
// permission on cgroup.procs of the common ancestor, so the user gets that one file of `user` too.
// It lets nothing into `user` itself, which has controllers enabled below it (EBUSY), and the
// limits there stay root's.
static int give_v2(int user, int dir, const struct step *step)
{
    static const char *const own[] = {".", "cgroup.procs", "cgroup.subtree_control",
                                      "cgroup.threads", NULL};
    static const char *const own_parent[] = {"cgroup.procs", NULL};
    static const char *const wanted[] = {"+cpuset", "+cpu", "+io", "+pids", NULL};
    for (const char *const *w = wanted; *w;
         w++) // one by one: which there are depends on what Slurm and the site pass down
        cgroup_write(dir, "cgroup.subtree_control", *w);
    if (cgroup_write(dir, "cgroup.subtree_control",
                     "+memory")) // without it there would be nothing to gain
        return -1;
    char most[16]; // these files stay root's
    snprintf(most, sizeof most, "%u", delegate_bound(step));
    if (cgroup_write(dir, "cgroup.max.descendants", most) ||
        cgroup_write(dir, "cgroup.max.depth", "4"))
        return -1;
    return give(dir, own, step) || give(user, own_parent, step) ? -1 : 0;
}

static int delegate_v2(const struct step *step, uint32_t number)
{
    char name[32];
    int user = cgroup_open(AT_FDCWD, step->v2_user), dir = -1, result = -1;
    if (user < 0)
        return -1;
    snprintf(name, sizeof name, "torc_%u", number);
    if (!mkdirat(user, name, 0755)) {
        dir = cgroup_open(user, name);
        result = dir < 0 ? -1 : give_v2(user, dir, step);
    }
    int saved = errno;
    if (dir >= 0)
        close(dir);
    if (result)
        unlinkat(user, name, AT_REMOVEDIR);
    close(user);
    errno = saved;
    return result;
}

static int delegate_v1(const struct step *step, uint32_t number)
{
    static const char *const own[] = {".", "cgroup.procs", "tasks", NULL};
    int given = 0;
    for (int i = 0; i < V1_CONTROLLERS; i++) {
        char path[CGROUP_PATH_MAX + 32];
        if (!step->v1_step[i][0])
            continue;
        snprintf(path, sizeof path, "%s/task_%u", step->v1_step[i], number);
        int dir = cgroup_open(AT_FDCWD, path);
        if (dir < 0)
            continue;
        given += !give(dir, own, step);
        close(dir);
    }
    return given ? 0 : -1;
}

int delegate_task(struct step *step, unsigned local_id)
{
    uint32_t number = step->tasks[local_id].number;
    int result = step->v2_user[0] ? delegate_v2(step, number) : delegate_v1(step, number);
    if (!result) {
        step->delegated = true;
        step->owner = local_id;
    }
    return result;
}

// What is left of msec from begin on
static int64_t msec_left(int64_t begin)
{
    int64_t left = begin + CGROUP_CLEAR_MSEC - clock_mono_msec();
    return left > 0 ? left : 0;
}

static int open_task(const char *step, uint32_t number)
{
    char path[CGROUP_PATH_MAX + 32];
    snprintf(path, sizeof path, "%s/task_%u", step, number);
    return step[0] ? cgroup_open(AT_FDCWD, path) : -1;
}

int delegate_clear_task(const struct step *step, unsigned local_id)
{
    int64_t begin = clock_mono_msec();
    int left = 0;
    if (step->v2_user[0])
        return step->delegated && step->owner == local_id ? delegate_clear_step(step) : 0;
    for (int i = 0; i < V1_CONTROLLERS; i++) {
        int dir = open_task(step->v1_step[i], step->tasks[local_id].number);
        left += cgroup_clear_children(dir, "", msec_left(begin), NULL);
        if (dir >= 0)
            close(dir);
    }
    return left;
}

int delegate_clear_step(const struct step *step)
{
    int64_t begin = clock_mono_msec();
    int left = 0, dir = step->v2_user[0] ? cgroup_open(AT_FDCWD, step->v2_user) : -1;
    left += cgroup_clear_children(dir, "torc_", CGROUP_CLEAR_MSEC, NULL);
    if (dir >= 0)
        close(dir);
    for (int i = 0; i < V1_CONTROLLERS; i++) {
        dir = step->v1_step[i][0] ? cgroup_open(AT_FDCWD, step->v1_step[i]) : -1;
        left += cgroup_clear_grandchildren(dir, "task_", msec_left(begin), NULL);
        if (dir >= 0)
            close(dir);
    }
    return left;
}

bool delegate_is_left(const struct step *step)
{
    for (unsigned id = 0; id < STEP_TASKS; id++)
        for (int i = 0; step->tasks[id].known && i < V1_CONTROLLERS; i++) {
            int dir = open_task(step->v1_step[i], step->tasks[id].number);
            if (dir < 0)
                continue;
            close(dir);
            return true;
        }
    return false;
}
