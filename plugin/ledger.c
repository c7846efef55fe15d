// SPDX-License-Identifier: GPL-2.0-or-later
// The list of steps with delegated cgroups: one small root-owned file a step, with the lines
// "stepd PID STARTTIME", "user UID CGROUPS" and "v1|v2 INODE PATH".
#include "plugin/ledger.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "plugin/cgroup_clear.h"
#include "plugin/delegate.h"
#include "plugin/run_dir.h"

#define ENTRY_MAX ((V1_CONTROLLERS + 2) * CGROUP_PATH_MAX)

static char text[ENTRY_MAX];
static int64_t sweep_end; // milliseconds of the monotonic clock

static int64_t msec_left(void)
{
    int64_t left = sweep_end - clock_mono_msec();
    return left > 0 ? left : 0;
}

// Half of what there is for each, so that one that resists does not keep others from being ended
static int64_t share_left(void)
{
    return msec_left() / 2;
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

static int append_folder(const char *kind, const char *path, int n)
{
    struct stat st;
    if (!path[0] || n >= ENTRY_MAX || stat(path, &st))
        return 0;
    return snprintf(text + n, sizeof text - (size_t)n, "%s %llu %s\n", kind,
                    (unsigned long long)st.st_ino, path);
}

static int write_entry(int dir, const struct step *step, pid_t task)
{
    pid_t stepd, ignored;
    unsigned long long start;
    char name[300];
    if (read_stat(task, &stepd, &start) || read_stat(stepd, &ignored, &start))
        return -1;
    int n = snprintf(text, sizeof text, "stepd %d %llu\nuser %u %u\n", (int)stepd, start,
                     (unsigned)step->uid, step->v2_user[0] ? delegate_bound(step) : 0);
    n += append_folder("v2", step->v2_user, n);
    for (int i = 0; i < V1_CONTROLLERS; i++)
        n += append_folder("v1", step->v1_step[i], n);
    entry_name(step, name, sizeof name);
    int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool written = n < ENTRY_MAX && fd >= 0 && write(fd, text, (size_t)n) == n;
    if (fd >= 0)
        close(fd);
    if (!written)
        unlinkat(dir, name, 0);
    return written ? 0 : -1;
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

// Is it a slurmstepd, or its child?
static bool is_of_stepd(pid_t pid, bool or_child)
{
    char buf[1024], *p;
    int parent;
    unsigned uid;
    snprintf(buf, sizeof buf, "/proc/%d/status", (int)pid);
    int fd = open(buf, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, buf, sizeof buf - 1);
    if (fd >= 0)
        close(fd);
    buf[n > 0 ? n : 0] = '\0';
    if (!strncmp(buf, "Name:\tslurmstepd\n", 17) && (p = strstr(buf, "\nUid:\t")) &&
        sscanf(p, " Uid: %u", &uid) == 1 && !uid)
        return true;
    return or_child && (p = strstr(buf, "\nPPid:\t")) && sscanf(p, " PPid: %d", &parent) == 1 &&
           is_of_stepd(parent, false);
}

// Of the processes in the cgroup, is one a slurmstepd or its child? No task lives without them.
static bool holds_stepd(int at, const char *name)
{
    char buf[4096], path[300];
    snprintf(path, sizeof path, "%s/cgroup.procs", name);
    int fd = openat(at, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    ssize_t n = fd < 0 ? -1 : read(fd, buf, sizeof buf - 1);
    if (fd >= 0)
        close(fd);
    buf[n > 0 ? n : 0] = '\0';
    for (char *p = buf, *end; *p; p = *end ? end + 1 : end) {
        pid_t pid = (pid_t)strtol(p, &end, 10);
        if (pid > 0 && is_of_stepd(pid, true))
            return true;
    }
    return false;
}

static int buried = -1; // the folder that is being cleared

// A slurmstepd is in the step's folder (v1, where memory is limited) or in `slurm` beside `user`
// (v2), its tasks are in task_T.
static bool is_owned(void)
{
    bool owned = holds_stepd(buried, ".") || holds_stepd(buried, "../slurm");
    int fd = owned ? -1 : cgroup_open(buried, ".");
    DIR *d = fd < 0 ? NULL : fdopendir(fd);
    if (!d && fd >= 0)
        close(fd);
    for (struct dirent *e; d && !owned && (e = readdir(d));)
        owned = !strncmp(e->d_name, "task_", 5) && holds_stepd(buried, e->d_name);
    if (d)
        closedir(d);
    return owned;
}

// Slurm's own directories, if they are empty
static void remove_step(bool v2, char *path)
{
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
}

// The step's slurmstepd is gone, so nobody else looks after this directory. Unless another one has
// come since: a requeued job gets the same paths, and even the same directories, if they were left.
static int bury(bool v2, unsigned long long inode, char *path)
{
    struct stat st;
    int left = 0;
    buried = cgroup_open(AT_FDCWD, path);
    if (buried < 0)
        return 0;
    if (!fstat(buried, &st) && st.st_ino == inode) {
        if (is_owned())
            left = 1;
        else if (v2) // only under the lock of the ledger are there new ones of this prefix
            left = cgroup_clear_children(buried, "torc_", share_left(), NULL);
        else
            left = cgroup_clear_grandchildren(buried, "task_", share_left(), is_owned);
        left += left ? 0 : cgroup_clear_children(buried, "task_", share_left(), is_owned);
        if (!left && !is_owned())
            remove_step(v2, path);
    }
    close(buried);
    return left;
}

static int bury_all(char *lines)
{
    int left = 0;
    for (char *save, *line = strtok_r(lines, "\n", &save); line && !left;
         line = strtok_r(NULL, "\n", &save)) {
        unsigned long long inode;
        int at = 0;
        if (sscanf(line, "v%*[12] %llu %n", &inode, &at) == 1 && at && line[at] == '/')
            left = bury(line[1] == '2', inode, line + at);
    }
    return left;
}

// Buries the entry's step if it is dead. How many cgroups an entry that stays holds for the user of
// own.
static unsigned long look_at(int dir, const char *name, const struct step *own)
{
    char own_name[300];
    int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW), pid;
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (fd >= 0)
        close(fd);
    text[n > 0 ? n : 0] = '\0';
    unsigned long long noted, start;
    unsigned uid = 0, cgroups = 0;
    pid_t parent;
    int fields = sscanf(text, "stepd %d %llu user %u %u", &pid, &noted, &uid, &cgroups);
    unsigned long held = fields == 4 && uid == own->uid ? cgroups : 0;
    if (fields >= 2 && !read_stat(pid, &parent, &start) && start == noted)
        return held;
    entry_name(own, own_name, sizeof own_name);
    if (!strcmp(name, own_name)) { // the entry is about to be written anew
        delegate_clear_step(own);
        return 0;
    }
    int left = bury_all(text);
    slurm_info("spank_torc: %s: its slurmstepd died; cleared what it left%s", name,
               left ? ", but for what is still in use" : "");
    if (left)
        return held;
    unlinkat(dir, name, 0);
    return 0;
}

static unsigned long sweep(int dir, const struct step *own)
{
    unsigned long held = 0;
    int fd = cgroup_open(dir, ".");
    DIR *d = fd < 0 ? NULL : fdopendir(fd);
    if (!d && fd >= 0)
        close(fd);
    for (struct dirent *e; d && (e = readdir(d));)
        if (e->d_name[0] != '.') // the names are the plugin's
            held += look_at(dir, e->d_name, own);
    if (d)
        closedir(d);
    return held;
}

// Two that sweep or enter at once would count without each other. It ends with the fd.
static int lock(int dir)
{
    struct timespec pause = {.tv_nsec = 5000000};
    while (flock(dir, LOCK_EX | LOCK_NB)) {
        if (!msec_left())
            return -1;
        nanosleep(&pause, NULL);
    }
    return 0;
}

int ledger_enter(const struct step *step, pid_t task)
{
    sweep_end = clock_mono_msec() + CGROUP_CLEAR_MSEC;
    int dir = run_dir_open_steps(), result = -1;
    if (dir < 0)
        return -1;
    if (!lock(dir)) {
        if (sweep(dir, step) + delegate_bound(step) <= delegate_user_bound() || !step->v2_user[0])
            result = write_entry(dir, step, task);
        else
            errno = EDQUOT;
    }
    int saved = errno;
    close(dir);
    errno = saved;
    return result;
}
