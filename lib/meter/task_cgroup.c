// SPDX-License-Identifier: GPL-2.0-or-later
#include "lib/meter/task_cgroup.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/mem.h"
#include "lib/meter/cgroup.h"
#include "lib/meter/cgroup_path.h"
#include "lib/meter/proc.h"

// -1: there is none, or it is not the step's alone.
static int open_place(int proc, const char *controller, const char *step_id)
{
    char part[64];
    cleanup_free char *path = cgroup_path(proc, controller);
    snprintf(part, sizeof part, "/step_%s/", step_id);
    return path && strstr(path, part) ? cgroup_open(path) : -1;
}

static int open_file(int dir, const char *name)
{
    return dir < 0 ? -1 : openat(dir, name, O_RDONLY | O_CLOEXEC);
}

static bool read_v1(int proc, const char *step_id, struct usage_record *usage)
{
    cleanup_close int memory = open_place(proc, "memory", step_id);
    cleanup_close int time = open_place(proc, "cpuacct", step_id);
    cleanup_close int peak = open_file(memory, "memory.max_usage_in_bytes");
    cleanup_close int oom = open_file(memory, "memory.oom_control");
    cleanup_close int cpu = open_file(time, "cpuacct.usage");
    if (peak < 0 || oom < 0)
        return false;
    cgroup_v1.read(&(struct cgroup_dir){.peak = peak, .oom = oom, .cpu = cpu}, usage);
    return true;
}

static bool read_v2(int proc, const char *step_id, struct usage_record *usage)
{
    cleanup_close int dir = open_place(proc, NULL, step_id);
    int64_t peak = usage->memory_peak_bytes;
    if (dir < 0 || faccessat(dir, "memory.events", R_OK, 0))
        return false;
    cgroup_v2.read(&(struct cgroup_dir){.fd = dir}, usage);
    if (usage->memory_peak_bytes < 0)
        usage->memory_peak_bytes = peak; // a kernel without memory.peak
    return true;
}

void task_cgroup_read(const char *step_id, struct usage_record *usage)
{
    cleanup_close int proc = proc_open();
    if (read_v1(proc, step_id, usage))
        usage->source = SOURCE_CGROUP1;
    else if (read_v2(proc, step_id, usage))
        usage->source = SOURCE_CGROUP2;
    else
        return;
    usage->memory_anon_high_bytes = usage->memory_peak_bytes;
}

static int64_t limit_v1(int proc, const char *step_id)
{
    char text[4096];
    cleanup_close int dir = open_place(proc, "memory", step_id);
    return dir >= 0 && cgroup_read(dir, "memory.stat", text, sizeof text) > 0
               ? cgroup_key(text, "hierarchical_memory_limit")
               : UNKNOWN;
}

// Slurm sets it on what is above the task's.
static int64_t limit_v2(int proc, const char *step_id)
{
    static const char *const files[] = {"memory.max", "../memory.max", "../../memory.max"};
    cleanup_close int dir = open_place(proc, NULL, step_id);
    int64_t least = UNKNOWN;
    for (size_t i = 0; dir >= 0 && i < sizeof files / sizeof *files; i++) {
        int64_t bytes = cgroup_number(dir, files[i]);
        if (bytes >= 0 && (least < 0 || bytes < least))
            least = bytes;
    }
    return least;
}

int64_t task_cgroup_limit(const char *step_id)
{
    cleanup_close int proc = proc_open();
    int64_t bytes = limit_v1(proc, step_id);
    return bytes >= 0 ? bytes : limit_v2(proc, step_id);
}
