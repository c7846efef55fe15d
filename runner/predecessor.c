// SPDX-License-Identifier: GPL-2.0-or-later
// A process is told from a later one of the same number by when it started.
#include "runner/predecessor.h"

#include <dirent.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/mem.h"
#include "lib/store_read.h"
#include "runner/clock.h"

enum {
    SLACK_USEC = 2 * USEC_PER_SEC, /* start times are in ticks, and the store has its own clock */
    DYING_USEC = 5 * USEC_PER_SEC,
};

struct process {
    char name[32], state;
    int parent;
    int64_t start_usec; /* by the real clock */
};

/* False: there is none of that number. */
static bool process_read(int pid, struct process *process)
{
    char path[64], line[1024];
    unsigned long long ticks;
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    cleanup_fclose FILE *f = fopen(path, "re");
    char *end = f && fgets(line, sizeof line, f) ? strrchr(line, ')') : NULL, *begin = end ? strchr(line, '(') : NULL;
    if (!begin || sscanf(end, ") %c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
                         &process->state, &process->parent, &ticks) != 3)
        return false;
    snprintf(process->name, sizeof process->name, "%.*s", (int)(end - begin - 1), begin + 1);
    int64_t boot_usec = clock_real_usec() - clock_read_usec(CLOCK_BOOTTIME);
    process->start_usec = boot_usec + (int64_t)ticks * USEC_PER_SEC / sysconf(_SC_CLK_TCK);
    return true;
}

/* A runner without its keeper is about to end: it is given time to. */
static bool is_gone(const struct runner_info *runner, const char *host)
{
    const struct timespec pause = {.tv_nsec = 10 * 1000 * 1000};
    struct process self, process, keeper;
    if (runner->end_usec || runner->lost || strcmp(runner->host, host) || !process_read(getpid(), &self))
        return false;
    for (int64_t begin_usec = clock_mono_usec(); clock_mono_usec() - begin_usec < DYING_USEC; nanosleep(&pause, NULL)) {
        if (!process_read(runner->pid, &process) || process.state == 'Z' || process.state == 'X' ||
            process.start_usec > runner->started_usec + SLACK_USEC)
            return true;
        if (process_read(process.parent, &keeper) && !strcmp(keeper.name, self.name))
            return false;
    }
    return false;
}

struct predecessors predecessors_find(struct store *store, int64_t workflow_id, const char *host)
{
    struct predecessors found = {0};
    struct read_request request = {.what = READ_RUNNERS, .workflow_id = workflow_id};
    struct read_reply reply;
    size_t space = 0;
    for (bool more = true; more && !store_read(store, &request, &reply, NULL); read_reply_fini(&reply)) {
        for (uint32_t i = 0; i < reply.count; i++) {
            if (!is_gone(&reply.runners[i], host))
                continue;
            found.ids = array_grow(found.ids, found.count, &space, sizeof *found.ids);
            found.ids[found.count++] = reply.runners[i].id;
        }
        request.after_id = reply.last_id;
        more = reply.more;
    }
    return found;
}

enum { ENVIRONMENT_MOST = 256 * 1024, GENERATIONS_MOST = 1000 };

/* Has the environment that a process was started with this entry? buffer has room for ENVIRONMENT_MOST. */
static bool has_entry(const char *buffer, size_t length, const char *entry)
{
    size_t wanted = strlen(entry) + 1;
    for (const char *at = buffer, *end = buffer + length; at + wanted <= end; at += strlen(at) + 1)
        if (!memcmp(at, entry, wanted))
            return true;
    return false;
}

static bool has_living_runner(int pid, const char *runner_name)
{
    struct process process = {.parent = pid}; /* itself first */
    for (int i = 0; i < GENERATIONS_MOST && process.parent > 1 && process_read(process.parent, &process); i++)
        if (!strcmp(process.name, runner_name))
            return true;
    return false;
}

void predecessors_sweep(const char *db, int64_t workflow_id)
{
    cleanup_free char *buffer = xmalloc(ENVIRONMENT_MOST + 1);
    cleanup_free char *db_entry = xasprintf("TORC_DB=%s", db);
    cleanup_free char *id_entry = xasprintf("TORC_WORKFLOW_ID=%lld", (long long)workflow_id);
    struct process self;
    DIR *proc = process_read(getpid(), &self) ? opendir("/proc") : NULL;
    for (struct dirent *entry; proc && (entry = readdir(proc));) {
        char path[64];
        struct stat st;
        int pid = atoi(entry->d_name);
        snprintf(path, sizeof path, "/proc/%d/environ", pid);
        if (pid <= 1 || stat(path, &st) || st.st_uid != getuid())
            continue;
        cleanup_fclose FILE *f = fopen(path, "re");
        size_t length = f ? fread(buffer, 1, ENVIRONMENT_MOST, f) : 0;
        buffer[length] = '\0';
        if (has_entry(buffer, length, db_entry) && has_entry(buffer, length, id_entry) && !has_living_runner(pid, self.name))
            kill(pid, SIGKILL);
    }
    if (proc)
        closedir(proc);
}
