// SPDX-License-Identifier: GPL-2.0-or-later
// kfd/kfd/topology/nodes/N is a GPU where its gpu_id is not 0 (it cannot be read where a cgroup
// hides the device); kfd/kfd/proc/PID/vram_GPUID are the bytes of a process on it.
#include "lib/meter/gpu_amd.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/mem.h"
#include "lib/meter/cgroup.h" // how files of the kernel are read

enum { NODES = 256, TEXT = 8192 };

struct amd {
    int sys;
    struct {
        unsigned gpu_id;
        int minor; // of /dev/dri/renderD…
    } devices[GPU_DEVICES];
};

// Of lines "NAME NUMBER"; 0: there is none.
static uint64_t find_property(const char *text, const char *name)
{
    size_t length = strlen(name);
    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (!strncmp(line, name, length) && line[length] == ' ')
            return strtoull(line + length, NULL, 10);
    }
    return 0;
}

// Names it as ROCR_VISIBLE_DEVICES does.
static bool find_device(struct amd *amd, int node, int place, struct gpu_device *device)
{
    char path[64], text[TEXT];
    snprintf(path, sizeof path, "kfd/kfd/topology/nodes/%d/gpu_id", node);
    int64_t gpu_id = cgroup_number(amd->sys, path);
    if (gpu_id <= 0)
        return false;
    snprintf(path, sizeof path, "kfd/kfd/topology/nodes/%d/name", node);
    if (cgroup_read(amd->sys, path, text, sizeof text) <= 0 || *text == '\n')
        snprintf(text, sizeof text, "AMD GPU");
    *device = (struct gpu_device){.index = place};
    snprintf(device->name, GPU_TEXT, "%.*s", (int)strcspn(text, "\n"), text);
    snprintf(path, sizeof path, "kfd/kfd/topology/nodes/%d/properties", node);
    cgroup_read(amd->sys, path, text, sizeof text);
    uint64_t unique = find_property(text, "unique_id");
    amd->devices[place].gpu_id = (unsigned)gpu_id;
    amd->devices[place].minor = (int)find_property(text, "drm_render_minor");
    if (unique)
        snprintf(device->uuid, GPU_TEXT, "GPU-%016" PRIx64, unique);
    else // some that are no accelerators
        snprintf(device->uuid, GPU_TEXT, "kfd-%u", amd->devices[place].gpu_id);
    return true;
}

static void amd_close(void *data)
{
    struct amd *amd = data;
    close(amd->sys);
    free(amd);
}

void *gpu_amd_open(int sys, struct gpu_device devices[GPU_DEVICES], int *count)
{
    if (sys < 0)
        return NULL;
    struct amd *amd = xcalloc(1, sizeof *amd);
    amd->sys = sys;
    *count = 0;
    for (int node = 0; node < NODES && *count < GPU_DEVICES; node++)
        *count += find_device(amd, node, *count, &devices[*count]);
    if (*count)
        return amd;
    amd_close(amd);
    return NULL;
}

static void *amd_open(struct gpu_device devices[GPU_DEVICES], int *count)
{
    return gpu_amd_open(open("/sys/class", O_RDONLY | O_DIRECTORY | O_CLOEXEC), devices, count);
}

// A process has a file for each device; where it says 0 it has nothing there.
static int amd_processes(void *data, int device, struct gpu_process *list)
{
    const struct amd *amd = data;
    int fd = openat(amd->sys, "kfd/kfd/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC), count = 0;
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir) {
        if (fd >= 0)
            close(fd);
        return UNKNOWN;
    }
    for (struct dirent *entry; (entry = readdir(dir)) && count < GPU_PROCESSES;) {
        char path[320];
        snprintf(path, sizeof path, "%s/vram_%u", entry->d_name, amd->devices[device].gpu_id);
        int64_t bytes = isdigit((unsigned char)*entry->d_name) ? cgroup_number(fd, path) : 0;
        if (bytes > 0)
            list[count++] = (struct gpu_process){(pid_t)atoi(entry->d_name), bytes};
    }
    closedir(dir);
    return count;
}

static int32_t amd_percent(void *data, int device)
{
    const struct amd *amd = data;
    char path[64];
    snprintf(path, sizeof path, "drm/renderD%d/device/gpu_busy_percent",
             amd->devices[device].minor);
    int64_t percent = cgroup_number(amd->sys, path);
    return percent > 100 ? UNKNOWN : (int32_t)percent;
}

// The driver counts no energy, and nothing of what a process does.
static int64_t amd_energy_mj(void *data, int device)
{
    (void)data, (void)device;
    return UNKNOWN;
}

static int amd_samples(void *data, int device, uint64_t *since, struct gpu_sample *list)
{
    (void)data, (void)device, (void)since, (void)list;
    return UNKNOWN;
}

const struct gpu_source gpu_amd = {
    .open = amd_open,
    .close = amd_close,
    .processes = amd_processes,
    .percent = amd_percent,
    .energy_mj = amd_energy_mj,
    .samples = amd_samples,
};
