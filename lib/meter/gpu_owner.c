// SPDX-License-Identifier: GPL-2.0-or-later
// From a process on a GPU to its job.
#include "lib/meter/gpu_owner.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/mem.h"
#include "lib/meter/proc.h"

enum { GENERATIONS = 64 };

static int64_t find_by_cgroup(int proc, pid_t pid, const struct gpu_owner *owners, size_t count)
{
    char path[32], text[8192];
    snprintf(path, sizeof path, "%d/cgroup", (int)pid);
    cleanup_close int fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (n <= 0)
        return 0;
    text[n] = '\0';
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(owners[i].cgroup);
        for (const char *p = text; length && (p = strstr(p, owners[i].cgroup)); p += length)
            if (p > text && p[-1] == '/' && (p[length] == '/' || p[length] == '\n'))
                return owners[i].number;
    }
    return 0;
}

static int64_t find_by_descent(int proc, pid_t pid, const struct gpu_owner *owners, size_t count)
{
    struct proc_stat stat;
    for (int i = 0; i < GENERATIONS && pid > 1 && !proc_stat(proc, pid, &stat); i++) {
        for (size_t j = 0; j < count; j++)
            if (owners[j].first > 0 && (owners[j].first == pid || owners[j].first == stat.session))
                return owners[j].number;
        pid = stat.ppid;
    }
    return 0;
}

static int64_t find_by_environment(int proc, pid_t pid, const struct gpu_owner *owners,
                                   size_t count)
{
    size_t size = 0;
    cleanup_free char *texts = proc_environ(proc, pid, &size);
    for (size_t i = 0; texts && i < count; i++) {
        char id[48], run[48], attempt[48];
        snprintf(id, sizeof id, "TORC_JOB_ID=%lld", (long long)owners[i].job_id);
        snprintf(run, sizeof run, "TORC_RUN_ID=%d", owners[i].run_id);
        snprintf(attempt, sizeof attempt, "TORC_ATTEMPT_ID=%d", owners[i].attempt_id);
        if (proc_environ_has(texts, size, id) && proc_environ_has(texts, size, run) &&
            proc_environ_has(texts, size, attempt))
            return owners[i].number;
    }
    return 0;
}

int64_t gpu_owner_find(int proc, pid_t pid, const struct gpu_owner *owners, size_t count)
{
    int64_t number = count ? find_by_cgroup(proc, pid, owners, count) : 0;
    if (!number && count)
        number = find_by_descent(proc, pid, owners, count);
    return number || !count ? number : find_by_environment(proc, pid, owners, count);
}
