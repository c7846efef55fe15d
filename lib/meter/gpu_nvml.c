// SPDX-License-Identifier: GPL-2.0-or-later
// NVIDIA's management library, as the driver installs it: every function but the first few may be
// missing. Declared here as in nvml.h, which nobody needs to build this.
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/meter/gpu_source.h"

enum { NVML_SUCCESS = 0, NVML_NOT_FOUND = 6, NVML_INSUFFICIENT_SIZE = 7 };
#define NVML_NOT_AVAILABLE (~0ULL)

typedef struct nvmlDevice_st *nvmlDevice_t;
typedef struct {
    unsigned pid;
    unsigned long long usedGpuMemory;
} nvmlProcessInfo_v1_t;
typedef struct {
    unsigned pid;
    unsigned long long usedGpuMemory;
    unsigned gpuInstanceId, computeInstanceId;
} nvmlProcessInfo_v2_t; // of the functions _v2 and _v3
typedef struct {
    unsigned gpu, memory;
} nvmlUtilization_t;
typedef struct {
    unsigned pid;
    unsigned long long timeStamp;
    unsigned smUtil, memUtil, encUtil, decUtil;
} nvmlProcessUtilizationSample_t;

struct nvml {
    void *library;
    int (*shutdown)(void);
    int (*name)(nvmlDevice_t, char *, unsigned);
    int (*mig_mode)(nvmlDevice_t, unsigned *, unsigned *);
    int (*mig_count)(nvmlDevice_t, unsigned *);
    int (*mig_device)(nvmlDevice_t, unsigned, nvmlDevice_t *);
    int (*processes)(nvmlDevice_t, unsigned *, nvmlProcessInfo_v2_t *);
    int (*old_processes)(nvmlDevice_t, unsigned *, nvmlProcessInfo_v1_t *);
    int (*rates)(nvmlDevice_t, nvmlUtilization_t *);
    int (*energy)(nvmlDevice_t, unsigned long long *);
    int (*samples)(nvmlDevice_t, nvmlProcessUtilizationSample_t *, unsigned *, unsigned long long);
    int (*uuid)(nvmlDevice_t, char *, unsigned);
    nvmlDevice_t handles[GPU_DEVICES];
    struct gpu_device *devices; // while they are looked for
    int count;
    nvmlProcessInfo_v2_t process_list[GPU_PROCESSES];
    nvmlProcessInfo_v1_t old_list[GPU_PROCESSES];
    nvmlProcessUtilizationSample_t sample_list[GPU_PROCESSES];
};

// dlsym gives a pointer to data, which C does not turn into one to a function.
static void find(const struct nvml *nvml, const char *name, void *function)
{
    void *symbol = dlsym(nvml->library, name);
    memcpy(function, &symbol, sizeof symbol);
}

static void find_optional(struct nvml *nvml)
{
    find(nvml, "nvmlShutdown", &nvml->shutdown);
    find(nvml, "nvmlDeviceGetName", &nvml->name);
    find(nvml, "nvmlDeviceGetMigMode", &nvml->mig_mode);
    find(nvml, "nvmlDeviceGetMaxMigDeviceCount", &nvml->mig_count);
    find(nvml, "nvmlDeviceGetMigDeviceHandleByIndex", &nvml->mig_device);
    find(nvml, "nvmlDeviceGetComputeRunningProcesses_v3", &nvml->processes);
    if (!nvml->processes)
        find(nvml, "nvmlDeviceGetComputeRunningProcesses_v2", &nvml->processes);
    find(nvml, "nvmlDeviceGetComputeRunningProcesses", &nvml->old_processes);
    find(nvml, "nvmlDeviceGetUtilizationRates", &nvml->rates);
    find(nvml, "nvmlDeviceGetTotalEnergyConsumption", &nvml->energy);
    find(nvml, "nvmlDeviceGetProcessUtilization", &nvml->samples);
}

// One without a UUID cannot be told from others.
static void add_device(struct nvml *nvml, nvmlDevice_t handle, unsigned index, bool part)
{
    if (nvml->count == GPU_DEVICES)
        return;
    struct gpu_device *device = &nvml->devices[nvml->count];
    *device = (struct gpu_device){.index = (int32_t)index, .part = part};
    if (nvml->uuid(handle, device->uuid, GPU_TEXT) || !*device->uuid)
        return;
    if (!nvml->name || nvml->name(handle, device->name, GPU_TEXT))
        snprintf(device->name, GPU_TEXT, "%s", part ? "MIG instance" : "GPU");
    device->uuid[GPU_TEXT - 1] = device->name[GPU_TEXT - 1] = '\0';
    nvml->handles[nvml->count++] = handle;
}

// Where MIG is on, a job can use instances only.
static void add(struct nvml *nvml, nvmlDevice_t handle, unsigned index)
{
    unsigned on = 0, pending, most = 0;
    nvmlDevice_t part;
    if (!nvml->mig_mode || nvml->mig_mode(handle, &on, &pending) || !on) {
        add_device(nvml, handle, index, false);
        return;
    }
    if (!nvml->mig_device || !nvml->mig_count || nvml->mig_count(handle, &most))
        return;
    for (unsigned i = 0; i < most; i++)
        if (!nvml->mig_device(handle, i, &part))
            add_device(nvml, part, index, true);
}

static void nvml_close(void *data)
{
    struct nvml *nvml = data;
    if (nvml->shutdown)
        nvml->shutdown();
    if (nvml->library)
        dlclose(nvml->library);
    free(nvml);
}

static void *nvml_open(struct gpu_device devices[GPU_DEVICES], int *count)
{
    int (*init)(void), (*device_count)(unsigned *), (*handle)(unsigned, nvmlDevice_t *);
    void *library = dlopen("libnvidia-ml.so.1", RTLD_NOW | RTLD_LOCAL);
    if (!library)
        return NULL;
    struct nvml *nvml = xcalloc(1, sizeof *nvml);
    unsigned number = 0;
    nvml->library = library;
    nvml->devices = devices;
    find(nvml, "nvmlInit_v2", &init);
    find(nvml, "nvmlDeviceGetCount_v2", &device_count);
    find(nvml, "nvmlDeviceGetHandleByIndex_v2", &handle);
    find(nvml, "nvmlDeviceGetUUID", &nvml->uuid);
    bool good = init && device_count && handle && nvml->uuid && !init();
    if (good) {
        find_optional(nvml);
        good = !device_count(&number);
    }
    for (unsigned i = 0; good && i < number; i++) {
        nvmlDevice_t device;
        if (!handle(i, &device)) // Slurm hides the others: no permission
            add(nvml, device, i);
    }
    *count = nvml->count;
    if (nvml->count)
        return nvml;
    nvml_close(nvml);
    return NULL;
}

static int64_t known_bytes(unsigned long long bytes)
{
    return bytes == NVML_NOT_AVAILABLE || bytes > INT64_MAX ? UNKNOWN : (int64_t)bytes;
}

static int nvml_processes(void *data, int device, struct gpu_process *list)
{
    struct nvml *nvml = data;
    unsigned count = GPU_PROCESSES;
    bool old = !nvml->processes;
    int result = !old ? nvml->processes(nvml->handles[device], &count, nvml->process_list)
                 : nvml->old_processes
                     ? nvml->old_processes(nvml->handles[device], &count, nvml->old_list)
                     : NVML_NOT_FOUND;
    if (result || count > GPU_PROCESSES)
        return UNKNOWN;
    for (unsigned i = 0; i < count; i++) {
        list[i].pid = (pid_t)(old ? nvml->old_list[i].pid : nvml->process_list[i].pid);
        list[i].bytes = known_bytes(old ? nvml->old_list[i].usedGpuMemory
                                        : nvml->process_list[i].usedGpuMemory);
    }
    return (int)count;
}

static int32_t nvml_percent(void *data, int device)
{
    struct nvml *nvml = data;
    nvmlUtilization_t rates;
    bool good = nvml->rates && !nvml->rates(nvml->handles[device], &rates) && rates.gpu <= 100;
    return good ? (int32_t)rates.gpu : UNKNOWN;
}

static int64_t nvml_energy_mj(void *data, int device)
{
    struct nvml *nvml = data;
    unsigned long long mj;
    return nvml->energy && !nvml->energy(nvml->handles[device], &mj) ? known_bytes(mj) : UNKNOWN;
}

static int nvml_samples(void *data, int device, uint64_t *since, struct gpu_sample *list)
{
    struct nvml *nvml = data;
    unsigned count = GPU_PROCESSES;
    if (!*since)
        *since = (uint64_t)clock_real_usec() - USEC_PER_SEC;
    int result = nvml->samples
                     ? nvml->samples(nvml->handles[device], nvml->sample_list, &count, *since)
                     : NVML_INSUFFICIENT_SIZE;
    if (result)
        return result == NVML_NOT_FOUND ? 0 : UNKNOWN; // not found: nobody did anything
    int found = 0;
    for (unsigned i = 0; i < count && i < GPU_PROCESSES; i++) {
        const nvmlProcessUtilizationSample_t *sample = &nvml->sample_list[i];
        if (sample->timeStamp > *since)
            *since = sample->timeStamp;
        if (sample->pid && sample->smUtil <= 100)
            list[found++] = (struct gpu_sample){(pid_t)sample->pid, (int32_t)sample->smUtil};
    }
    return found;
}

const struct gpu_source gpu_nvml = {
    .by_uuid = true,
    .open = nvml_open,
    .close = nvml_close,
    .processes = nvml_processes,
    .percent = nvml_percent,
    .energy_mj = nvml_energy_mj,
    .samples = nvml_samples,
};
