// SPDX-License-Identifier: GPL-2.0-or-later
// Reads the counters of one cgroup: a table of files and keys for each version.
#include "plugin/record_measure.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "plugin/cgroup_clear.h"

struct counter {
    int value; // enum step_value
    const char *file;
    const char *key; // the number after this word and a space or '='; NULL: the file is one number
    int64_t divisor; // of the kernel's unit
};

static const struct counter v1_memory[] = {
    {STEP_memory_peak_bytes, "memory.max_usage_in_bytes", NULL, 1},
    {STEP_memory_anon_bytes, "memory.stat", "total_rss", 1},
    {STEP_memory_file_bytes, "memory.stat", "total_cache", 1},
    {STEP_memory_shmem_bytes, "memory.stat", "total_shmem", 1},
    {STEP_memory_kernel_bytes, "memory.kmem.usage_in_bytes", NULL, 1},
    {STEP_oom_kills_count, "memory.oom_control", "oom_kill", 1},
};

static const struct counter v1_cpuacct[] = {
    {STEP_cpu_usec, "cpuacct.usage", NULL, 1000},
    {STEP_cpu_user_usec, "cpuacct.usage_user", NULL, 1000},
    {STEP_cpu_system_usec, "cpuacct.usage_sys", NULL, 1000},
};

static const struct counter v2_counters[] = {
    {STEP_cpu_usec, "cpu.stat", "usage_usec", 1},
    {STEP_cpu_user_usec, "cpu.stat", "user_usec", 1},
    {STEP_cpu_system_usec, "cpu.stat", "system_usec", 1},
    {STEP_cpu_throttled_count, "cpu.stat", "nr_throttled", 1},
    {STEP_cpu_throttled_usec, "cpu.stat", "throttled_usec", 1},
    {STEP_memory_peak_bytes, "memory.peak", NULL, 1},
    {STEP_memory_anon_bytes, "memory.stat", "anon", 1},
    {STEP_memory_file_bytes, "memory.stat", "file", 1},
    {STEP_memory_shmem_bytes, "memory.stat", "shmem", 1},
    {STEP_memory_kernel_bytes, "memory.stat", "kernel", 1},
    {STEP_memory_reclaims_count, "memory.stat", "pgsteal", 1},
    {STEP_swap_peak_bytes, "memory.swap.peak", NULL, 1},
    {STEP_oom_kills_count, "memory.events", "oom_kill", 1},
    {STEP_pressure_cpu_usec, "cpu.pressure", "some total", 1},
    {STEP_pressure_memory_usec, "memory.pressure", "some total", 1},
    {STEP_pressure_io_usec, "io.pressure", "some total", 1},
    {STEP_pids_peak_count, "pids.peak", NULL, 1},
    {STEP_populated_count, "cgroup.events", "populated", 1},
};

// The whole of a small file as a text; "" if it is not there
static void read_file(int dir, const char *file, char *buf, size_t size)
{
    int fd = openat(dir, file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    size_t n = 0;
    for (ssize_t got; fd >= 0 && n + 1 < size && (got = read(fd, buf + n, size - 1 - n)) > 0;)
        n += (size_t)got;
    if (fd >= 0)
        close(fd);
    buf[n] = '\0';
}

static int64_t number_at(const char *text)
{
    if (*text < '0' || *text > '9')
        return -1;
    char *end;
    long long n = strtoll(text, &end, 10);
    return *end == '\n' || *end == ' ' || !*end ? n : -1;
}

// The number after "key " at the beginning of a line; a key "first last" stands for "first …
// last=NUMBER"
static int64_t find(const char *text, const char *key)
{
    size_t n = strcspn(key, " ");
    for (const char *line = text; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
        if (strncmp(line, key, n) != 0 || line[n] != ' ')
            continue;
        if (!key[n])
            return number_at(line + n + 1);
        const char *word = strstr(line, key + n); // " last"
        size_t length = strlen(key + n);
        return word && word[length] == '=' ? number_at(word + length + 1) : -1;
    }
    return -1;
}

static void read_counters(int dir, const struct counter *table, size_t count,
                          int64_t value[STEP_VALUES])
{
    char buf[4096];
    const char *loaded = "";
    for (const struct counter *c = table; c < table + count; c++) {
        if (strcmp(c->file, loaded) != 0)
            read_file(dir, loaded = c->file, buf, sizeof buf);
        int64_t n = c->key ? find(buf, c->key) : number_at(buf);
        if (n >= 0)
            value[c->value] = n / c->divisor;
    }
}

// "8:0 rbytes=1 wbytes=2 …", a line a device
static void read_io(int dir, int64_t value[STEP_VALUES])
{
    static const struct {
        const char *key;
        int value;
    } sums[] = {{" rbytes=", STEP_io_read_bytes}, {" wbytes=", STEP_io_write_bytes}};
    char buf[4096];
    if (faccessat(dir, "io.stat", R_OK, 0))
        return;
    read_file(dir, "io.stat", buf, sizeof buf);
    for (size_t i = 0; i < sizeof sums / sizeof *sums; i++) {
        value[sums[i].value] = 0;
        for (const char *p = buf; (p = strstr(p, sums[i].key)); p++)
            value[sums[i].value] += strtoll(p + strlen(sums[i].key), NULL, 10);
    }
}

void record_measure_v1(const char *memory, const char *cpuacct, int64_t value[STEP_VALUES])
{
    int dir = memory[0] ? cgroup_open(AT_FDCWD, memory) : -1;
    if (dir >= 0) {
        read_counters(dir, v1_memory, sizeof v1_memory / sizeof *v1_memory, value);
        close(dir);
        value[STEP_populated_count] = cgroup_has_processes(memory);
    }
    dir = cpuacct[0] ? cgroup_open(AT_FDCWD, cpuacct) : -1;
    if (dir >= 0) {
        read_counters(dir, v1_cpuacct, sizeof v1_cpuacct / sizeof *v1_cpuacct, value);
        close(dir);
    }
}

void record_measure_v2(const char *path, int64_t value[STEP_VALUES])
{
    int dir = cgroup_open(AT_FDCWD, path);
    if (dir < 0)
        return;
    read_counters(dir, v2_counters, sizeof v2_counters / sizeof *v2_counters, value);
    read_io(dir, value);
    close(dir);
}
