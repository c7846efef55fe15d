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

enum { ENVIRONMENT_MOST = 256 * 1024, GENERATIONS_MOST = 1000 };

bool process_read(int pid, struct process *process)
{
    char path[64], line[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    cleanup_fclose FILE *f = fopen(path, "re");
    char *end = f && fgets(line, sizeof line, f) ? strrchr(line, ')') : NULL,
         *begin = end ? strchr(line, '(') : NULL;
    if (!begin ||
        sscanf(end,
               ") %c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
               &process->state, &process->parent, &process->start_ticks) != 3)
        return false;
    snprintf(process->name, sizeof process->name, "%.*s", (int)(end - begin - 1), begin + 1);
    return true;
}

static bool has_entry(const char *buffer, size_t length, const char *entry)
{
    size_t wanted = strlen(entry) + 1;
    for (const char *at = buffer, *end = buffer + length; at + wanted <= end; at += strlen(at) + 1)
        if (!memcmp(at, entry, wanted))
            return true;
    return false;
}

// Is it a task of a Slurm step? Our own jobs have no such variable, srun's have; their parent is
// slurmstepd, which ends them.
static bool is_step_task(const char *buffer, size_t length)
{
    static const char name[] = "SLURM_STEP_ID=";
    for (const char *at = buffer, *end = buffer + length; at < end; at += strlen(at) + 1)
        if (!strncmp(at, name, sizeof name - 1))
            return true;
    return false;
}

// buffer has room for ENVIRONMENT_MOST and a NUL.
static bool is_marked(int pid, const char *const *entries, bool spare_steps, char *buffer)
{
    char path[64];
    struct stat st;
    snprintf(path, sizeof path, "/proc/%d/environ", pid);
    if (stat(path, &st) || st.st_uid != getuid())
        return false;
    cleanup_fclose FILE *f = fopen(path, "re");
    size_t length = f ? fread(buffer, 1, ENVIRONMENT_MOST, f) : 0;
    buffer[length] = '\0';
    for (; *entries; entries++)
        if (!has_entry(buffer, length + 1, *entries))
            return false;
    return !(spare_steps && is_step_task(buffer, length));
}

static bool has_runner(int pid, const char *runner_name)
{
    struct process process = {.parent = pid}; // itself first
    for (int i = 0;
         i < GENERATIONS_MOST && process.parent > 1 && process_read(process.parent, &process); i++)
        if (!strcmp(process.name, runner_name))
            return true;
    return false;
}

void process_kill_marked(const char *const *entries, bool spare_runners)
{
    cleanup_free char *buffer = xmalloc(ENVIRONMENT_MOST + 1);
    struct process self;
    DIR *proc = process_read(getpid(), &self) ? opendir("/proc") : NULL;
    for (struct dirent *entry; proc && (entry = readdir(proc));) {
        int pid = atoi(entry->d_name);
        if (pid > 1 && pid != getpid() && is_marked(pid, entries, spare_runners, buffer) &&
            !(spare_runners && has_runner(pid, self.name)))
            kill(pid, SIGKILL);
    }
    if (proc)
        closedir(proc);
}
