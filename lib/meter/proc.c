// SPDX-License-Identifier: GPL-2.0-or-later
// Reading /proc.
#include "lib/meter/proc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/mem.h"

int proc_open(void)
{
    return open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

// Reads at most size - 1 bytes of proc/PID/name, ends them with 0; their number or -1.
static ssize_t read_file(int proc, pid_t pid, const char *name, char *buffer, size_t size)
{
    char path[64];
    snprintf(path, sizeof path, "%d/%s", (int)pid, name);
    cleanup_close int fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, buffer, size - 1);
    if (n >= 0)
        buffer[n] = '\0';
    return n;
}

int proc_stat(int proc, pid_t pid, struct proc_stat *stat)
{
    char text[1024];
    if (read_file(proc, pid, "stat", text, sizeof text) <= 0)
        return -1;
    const char *name = strchr(text, '('), *p = strrchr(text, ')'); // the name may hold anything
    int ppid, session;
    long long start, user, system, children_user, children_system;
    if (!name || !p ||
        sscanf(p + 1,
               " %c %d %*d %d %*d %*d %*u %*u %*u %*u %*u %lld %lld %lld %lld %*d %*d %*d %*d %lld",
               &stat->state, &ppid, &session, &user, &system, &children_user, &children_system,
               &start) != 8)
        return -1;
    snprintf(stat->name, sizeof stat->name, "%.*s", (int)(p - name - 1), name + 1);
    stat->ppid = ppid;
    stat->session = session;
    stat->start_ticks = start;
    stat->own_ticks = user + system;
    stat->cpu_ticks = stat->own_ticks + children_user + children_system;
    return 0;
}

bool proc_is_named(int proc, pid_t pid, const char *name)
{
    char text[32];
    ssize_t n = read_file(proc, pid, "comm", text, sizeof text);
    if (n > 0 && text[n - 1] == '\n')
        text[n - 1] = '\0';
    return n > 0 && !strcmp(text, name);
}

static long ticks_a_second(void)
{
    static long ticks;
    if (!ticks)
        ticks = sysconf(_SC_CLK_TCK);
    return ticks;
}

int64_t proc_now_ticks(void)
{
    return clock_read_usec(CLOCK_BOOTTIME) / (USEC_PER_SEC / ticks_a_second());
}

int64_t proc_ticks_usec(int64_t ticks)
{
    return ticks * (USEC_PER_SEC / ticks_a_second());
}

int64_t proc_node_cpu_usec(int proc)
{
    char text[512];
    cleanup_close int fd = openat(proc, "stat", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    long long user, nice, system, irq, softirq;
    text[n > 0 ? n : 0] = '\0';
    // guests' time is in user and nice; steal is other machines'
    if (sscanf(text, "cpu %lld %lld %lld %*d %*d %lld %lld", &user, &nice, &system, &irq,
               &softirq) != 5)
        return -1;
    return proc_ticks_usec(user + nice + system + irq + softirq);
}

int64_t proc_node_memory_bytes(int proc)
{
    char text[2048];
    cleanup_close int fd = openat(proc, "meminfo", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    text[n > 0 ? n : 0] = '\0';
    const char *total = strstr(text, "MemTotal:"), *available = strstr(text, "MemAvailable:");
    if (!total || !available)
        return -1;
    return (atoll(total + strlen("MemTotal:")) - atoll(available + strlen("MemAvailable:"))) * 1024;
}

// "\nNAME   123 kB"
static int64_t status_bytes(const char *text, const char *name)
{
    const char *line = strstr(text, name);
    return line ? strtoll(line + strlen(name), NULL, 10) * 1024 : -1;
}

int proc_memory(int proc, pid_t pid, struct proc_memory *memory)
{
    char status[4096];
    if (read_file(proc, pid, "status", status, sizeof status) <= 0)
        return -1;
    int64_t anon = status_bytes(status, "\nRssAnon:"), shmem = status_bytes(status, "\nRssShmem:");
    memory->rss_bytes = status_bytes(status, "\nVmRSS:");
    memory->anon_bytes = anon + shmem;
    return memory->rss_bytes >= 0 && anon >= 0 && shmem >= 0 ? 0 : -1; // a zombie has none
}

int64_t proc_pss_bytes(int proc, pid_t pid)
{
    char text[2048];
    if (read_file(proc, pid, "smaps_rollup", text, sizeof text) <= 0)
        return -1;
    const char *line = strstr(text, "\nPss:");
    return line ? strtoll(line + 5, NULL, 10) * 1024 : -1;
}

int proc_children_read(int fd, struct pid_list *children)
{
    // what the kernel gives at once: whole numbers, each with a space behind it
    enum { PAGE = 4096 };
    char text[2 * PAGE];
    ssize_t n;
    if (lseek(fd, 0, SEEK_SET) < 0)
        return -1;
    do {
        if ((n = read(fd, text, sizeof text - 1)) < 0)
            return -1;
        text[n] = '\0';
        char *next;
        for (char *p = text; *p; p = *next ? next + 1 : next) {
            long pid = strtol(p, &next, 10);
            if (next == p)
                return -1;
            pid_list_add(children, (pid_t)pid);
        }
    } while (n > PAGE / 2); // fewer: there are no more
    return 0;
}

static int thread_children(int tasks, const char *tid, struct pid_list *children)
{
    char path[64];
    snprintf(path, sizeof path, "%.20s/children", tid);
    cleanup_close int fd = openat(tasks, path, O_RDONLY | O_CLOEXEC);
    return fd < 0 ? -1 : proc_children_read(fd, children);
}

// Adds the children of every thread of pid.
static void add_children(int proc, pid_t pid, struct pid_list *children)
{
    char path[64];
    snprintf(path, sizeof path, "%d/task", (int)pid);
    int tasks = openat(proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = tasks < 0 ? NULL : fdopendir(tasks);
    if (!dir) {
        if (tasks >= 0)
            close(tasks);
        return;
    }
    for (struct dirent *entry; (entry = readdir(dir));)
        if (entry->d_name[0] != '.')
            thread_children(tasks, entry->d_name, children);
    closedir(dir);
}

void proc_tree(int proc, pid_t pid, struct pid_list *tree)
{
    size_t next = tree->count;
    for (pid_list_add(tree, pid); next < tree->count; next++)
        add_children(proc, tree->pids[next], tree);
}

static bool find_text(const char *texts, size_t size, const char *text, size_t length)
{
    for (const char *p = texts, *end = texts + size; p < end; p += strlen(p) + 1)
        if ((size_t)(end - p) >= length && !memcmp(p, text, length))
            return true;
    return false;
}

bool proc_environ_has(const char *texts, size_t size, const char *text)
{
    return find_text(texts, size, text, strlen(text) + 1);
}

bool proc_environ_begins(const char *texts, size_t size, const char *text)
{
    return find_text(texts, size, text, strlen(text));
}

char *proc_environ(int proc, pid_t pid, size_t *size)
{
    // the kernel's own bound is a quarter of the stack limit, but nobody has so much
    enum { LARGEST = 4 << 20 };
    char path[64];
    snprintf(path, sizeof path, "%d/environ", (int)pid);
    cleanup_close int fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return NULL;
    size_t space = 64 << 10;
    cleanup_free char *texts = xmalloc(space + 1);
    *size = 0;
    for (ssize_t n; (n = read(fd, texts + *size, space - *size)) > 0;)
        if ((*size += (size_t)n) == space) {
            if (space >= LARGEST)
                break;
            texts = xrealloc(texts, (space *= 4) + 1, 1);
        }
    texts[*size] = '\0';
    return *size ? take_ptr(texts) : NULL;
}
