// SPDX-License-Identifier: GPL-2.0-or-later
// Reads /proc: seldom, and never while jobs come and go as they should.
#include "runner/process.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/mem.h"
#include "lib/meter/proc.h"

enum { GENERATIONS_MOST = 1000 };

// in_step: 1: only tasks of Slurm steps, 0: only others, -1: any
static bool is_marked(int proc, pid_t pid, const char *const *entries, int in_step)
{
    char path[32];
    struct stat st;
    size_t size;
    snprintf(path, sizeof path, "%d", (int)pid);
    if (fstatat(proc, path, &st, 0) || st.st_uid != getuid())
        return false;
    cleanup_free char *texts = proc_environ(proc, pid, &size);
    for (; texts && *entries; entries++) {
        bool without = **entries == '!';
        if (proc_environ_has(texts, size, *entries + without) == without)
            return false;
    }
    // a task of a Slurm step: our own jobs have no such variable, srun's have; their parent is
    // slurmstepd, which ends them
    return texts && (in_step < 0 || proc_environ_begins(texts, size, "SLURM_STEP_ID=") == in_step);
}

static bool has_runner(int proc, pid_t pid, const char *runner_name)
{
    struct proc_stat process = {.ppid = pid}; // itself first
    for (int i = 0;
         i < GENERATIONS_MOST && process.ppid > 1 && !proc_stat(proc, process.ppid, &process); i++)
        // a zombie is dead, though its children are its own until its last thread has ended
        if (!strcmp(process.name, runner_name) && !strchr("ZX", process.state))
            return true;
    return false;
}

int process_kill_marked(const char *const *entries, bool spare_runners)
{
    struct proc_stat self;
    DIR *dir = opendir("/proc");
    int proc = dir ? dirfd(dir) : -1;
    int found = 0;
    bool known = dir && !proc_stat(proc, getpid(), &self);
    for (struct dirent *entry; known && (entry = readdir(dir));) {
        pid_t pid = (pid_t)atoi(entry->d_name);
        if (pid > 1 && pid != getpid() && is_marked(proc, pid, entries, spare_runners ? 0 : -1) &&
            !(spare_runners && has_runner(proc, pid, self.name)) && !kill(pid, SIGKILL))
            found++;
    }
    if (dir)
        closedir(dir);
    return found;
}

int process_signal_tasks(const char *const *entries, int sig)
{
    int found = 0;
    DIR *dir = opendir("/proc");
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        pid_t pid = (pid_t)atoi(entry->d_name);
        if (pid > 1 && is_marked(dirfd(dir), pid, entries, 1) &&
            (sig == SIGKILL || !proc_is_named(dirfd(dir), pid, "srun")) && !kill(pid, sig))
            found++;
    }
    if (dir)
        closedir(dir);
    return found;
}
