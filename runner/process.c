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

static bool is_marked(int proc, pid_t pid, const char *const *entries, enum process_which which)
{
    char path[32];
    struct stat st;
    size_t size;
    snprintf(path, sizeof path, "%d", (int)pid);
    if (fstatat(proc, path, &st, 0) || st.st_uid != getuid())
        return false;
    cleanup_free char *texts = proc_environ(proc, pid, &size);
    for (; texts && *entries; entries++)
        if (!proc_environ_has(texts, size, *entries))
            return false;
    // a task of a Slurm step: our own jobs have no such variable, srun's have; their parent is
    // slurmstepd, which ends them
    bool step = texts && which != PROCESS_ALL && proc_environ_begins(texts, size, "SLURM_STEP_ID=");
    return texts && (which == PROCESS_ALL || step == (which == PROCESS_STEPS));
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

size_t process_signal_marked(const char *const *entries, enum process_which which, int sig)
{
    struct proc_stat self, stat;
    size_t count = 0;
    DIR *dir = opendir("/proc");
    int proc = dir ? dirfd(dir) : -1;
    bool known = dir && !proc_stat(proc, getpid(), &self);
    for (struct dirent *entry; known && (entry = readdir(dir));) {
        pid_t pid = (pid_t)atoi(entry->d_name);
        if (pid > 1 && pid != getpid() && is_marked(proc, pid, entries, which) &&
            !(which == PROCESS_NO_RUNNERS && has_runner(proc, pid, self.name)) &&
            !(which == PROCESS_STEPS && !proc_stat(proc, pid, &stat) && !strcmp(stat.name, "srun")))
            count += !kill(pid, sig);
    }
    if (dir)
        closedir(dir);
    return count;
}
