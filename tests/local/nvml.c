// SPDX-License-Identifier: GPL-2.0-or-later
// A libnvidia-ml.so.1 that says what the files in the folder $NVML_STUB say, at each call:
//   init       "ok", "fail", "hang", or "slow": until the file "go" is there
//   devices    a line for each: UUID NAME, or "hidden" (no permission), or "mig N" with N instances
//   N.processes  of device N, lines: PID MIB [SM%]; MIB "-": not told
//   N.percent, N.energy  a number (mJ); no such file: not supported
// and that notes in N.looks how often the processes of device N were asked for.
// A file "hangs" there: every call does, for ever, and so does leaving the process in an orderly
// way. With -DOLD it is a library of years ago that has the least.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SUCCESS, NOT_SUPPORTED = 3, NO_PERMISSION, NOT_FOUND = 6, INSUFFICIENT_SIZE, UNKNOWN = 999 };
enum { DEVICES = 8, PARTS = 8 };

struct process_v1 {
    unsigned pid;
    unsigned long long bytes;
};
struct process_v2 {
    unsigned pid;
    unsigned long long bytes;
    unsigned gpu_instance, compute_instance;
};
struct rates {
    unsigned gpu, memory;
};
struct sample {
    unsigned pid;
    unsigned long long usec;
    unsigned sm, memory, encoder, decoder;
};

static struct device {
    char uuid[96], name[64];
    int hidden, parts, number, of; // of: the device that it is an instance of, or -1
} devices[DEVICES * (1 + PARTS)];
static int count, all;
static pthread_mutex_t driver = PTHREAD_MUTEX_INITIALIZER;

int nvmlInit_v2(void);
int nvmlShutdown(void);
int nvmlDeviceGetCount_v2(unsigned *number);
int nvmlDeviceGetHandleByIndex_v2(unsigned index, struct device **device);
int nvmlDeviceGetUUID(const struct device *device, char *text, unsigned room);
int nvmlDeviceGetComputeRunningProcesses(const struct device *device, unsigned *number,
                                         struct process_v1 *list);

static FILE *open_file(const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", getenv("NVML_STUB"), name);
    return fopen(path, "re");
}

static int exists(const char *name)
{
    FILE *file = open_file(name);
    if (file)
        fclose(file);
    return !!file;
}

static void call(void)
{
    if (!exists("hangs"))
        return;
    pthread_mutex_lock(&driver);
    for (;;)
        pause();
}

// What the dynamic linker calls at an orderly exit.
__attribute__((destructor)) static void leave(void)
{
    pthread_mutex_lock(&driver);
    pthread_mutex_unlock(&driver);
}

static void read_devices(void)
{
    char line[256];
    FILE *file = open_file("devices");
    count = all = 0;
    while (file && fgets(line, sizeof line, file) && count < DEVICES) {
        struct device *device = &devices[count];
        *device = (struct device){.number = count, .of = -1};
        device->hidden = !strncmp(line, "hidden", 6);
        if (sscanf(line, "mig %d", &device->parts) != 1)
            sscanf(line, "%95s %63[^\n]", device->uuid, device->name);
        count++;
    }
    if (file)
        fclose(file);
    all = count;
    for (int i = 0; i < count; i++)
        for (int j = 0; j < devices[i].parts; j++, all++) {
            devices[all] = (struct device){.number = all, .of = i};
            snprintf(devices[all].uuid, sizeof devices[all].uuid, "MIG-%d-%d", i, j);
        }
}

int nvmlInit_v2(void)
{
    char how[32] = "";
    FILE *file = open_file("init");
    if (file && !fgets(how, sizeof how, file))
        return UNKNOWN;
    if (file)
        fclose(file);
    while (!strncmp(how, "slow", 4) && !exists("go"))
        usleep(10000);
    while (!strncmp(how, "hang", 4))
        pause();
    read_devices();
    return strncmp(how, "fail", 4) ? SUCCESS : UNKNOWN;
}

int nvmlShutdown(void)
{
    call();
    return SUCCESS;
}

int nvmlDeviceGetCount_v2(unsigned *number)
{
    *number = (unsigned)count;
    return SUCCESS;
}

int nvmlDeviceGetHandleByIndex_v2(unsigned index, struct device **device)
{
    *device = &devices[index];
    return devices[index].hidden ? NO_PERMISSION : SUCCESS;
}

int nvmlDeviceGetUUID(const struct device *device, char *text, unsigned room)
{
    snprintf(text, room, "%s", device->uuid);
    return SUCCESS;
}

static void note_look(int number)
{
    static int looks[sizeof devices / sizeof *devices];
    char path[512], temporary[520];
    snprintf(path, sizeof path, "%s/%d.looks", getenv("NVML_STUB"), number);
    snprintf(temporary, sizeof temporary, "%s.new", path);
    FILE *file = fopen(temporary, "we");
    if (!file)
        return;
    fprintf(file, "%d\n", ++looks[number]);
    fclose(file);
    rename(temporary, path);
}

// Lines of N.processes: [2] is -1 where there is none.
static int read_processes(const struct device *device, long rows[][3], int most)
{
    char name[32], line[128], mib[32];
    int found = 0;
    call();
    snprintf(name, sizeof name, "%d.processes", device->number);
    FILE *file = open_file(name);
    while (file && fgets(line, sizeof line, file) && found < most) {
        rows[found][2] = -1;
        if (sscanf(line, "%ld %31s %ld", &rows[found][0], mib, &rows[found][2]) < 2)
            continue;
        rows[found][1] = *mib == '-' ? -1 : atol(mib);
        found++;
    }
    if (file)
        fclose(file);
    note_look(device->number);
    return found;
}

static unsigned long long bytes_of(long mib)
{
    return mib < 0 ? ~0ULL : (unsigned long long)mib << 20;
}

int nvmlDeviceGetComputeRunningProcesses(const struct device *device, unsigned *number,
                                         struct process_v1 *list)
{
    long rows[64][3];
    int found = read_processes(device, rows, 64);
    if ((unsigned)found > *number)
        return INSUFFICIENT_SIZE;
    *number = (unsigned)found;
    for (int i = 0; i < found; i++)
        list[i] = (struct process_v1){(unsigned)rows[i][0], bytes_of(rows[i][1])};
    return SUCCESS;
}

#ifndef OLD
int nvmlDeviceGetName(const struct device *device, char *text, unsigned room);
int nvmlDeviceGetMigMode(const struct device *device, unsigned *now, unsigned *pending);
int nvmlDeviceGetMaxMigDeviceCount(const struct device *device, unsigned *number);
int nvmlDeviceGetMigDeviceHandleByIndex(const struct device *device, unsigned index,
                                        struct device **part);
int nvmlDeviceGetComputeRunningProcesses_v3(const struct device *device, unsigned *number,
                                            struct process_v2 *list);
int nvmlDeviceGetUtilizationRates(const struct device *device, struct rates *rates);
int nvmlDeviceGetTotalEnergyConsumption(const struct device *device, unsigned long long *mj);
int nvmlDeviceGetProcessUtilization(const struct device *device, struct sample *list,
                                    unsigned *number, unsigned long long since);

int nvmlDeviceGetName(const struct device *device, char *text, unsigned room)
{
    snprintf(text, room, "%s", device->name);
    return *device->name ? SUCCESS : NOT_SUPPORTED;
}

int nvmlDeviceGetMigMode(const struct device *device, unsigned *now, unsigned *pending)
{
    *now = *pending = device->parts > 0;
    return SUCCESS;
}

int nvmlDeviceGetMaxMigDeviceCount(const struct device *device, unsigned *number)
{
    *number = PARTS;
    return device->parts ? SUCCESS : NOT_SUPPORTED;
}

int nvmlDeviceGetMigDeviceHandleByIndex(const struct device *device, unsigned index,
                                        struct device **part)
{
    for (int i = count; i < all; i++)
        if (devices[i].of == device->number && !index--) {
            *part = &devices[i];
            return SUCCESS;
        }
    return NOT_FOUND;
}

int nvmlDeviceGetComputeRunningProcesses_v3(const struct device *device, unsigned *number,
                                            struct process_v2 *list)
{
    long rows[64][3];
    int found = read_processes(device, rows, 64);
    if ((unsigned)found > *number)
        return INSUFFICIENT_SIZE;
    *number = (unsigned)found;
    for (int i = 0; i < found; i++)
        list[i] = (struct process_v2){(unsigned)rows[i][0], bytes_of(rows[i][1]), 0, 0};
    return SUCCESS;
}

static int read_number(const struct device *device, const char *what, unsigned long long *number)
{
    char name[32];
    call();
    snprintf(name, sizeof name, "%d.%s", device->number, what);
    FILE *file = open_file(name);
    int found = file && fscanf(file, "%llu", number) == 1;
    if (file)
        fclose(file);
    return found ? SUCCESS : NOT_SUPPORTED;
}

int nvmlDeviceGetUtilizationRates(const struct device *device, struct rates *rates)
{
    unsigned long long percent = 0;
    int result = read_number(device, "percent", &percent);
    *rates = (struct rates){(unsigned)percent, 0};
    return result;
}

int nvmlDeviceGetTotalEnergyConsumption(const struct device *device, unsigned long long *mj)
{
    return read_number(device, "energy", mj);
}

int nvmlDeviceGetProcessUtilization(const struct device *device, struct sample *list,
                                    unsigned *number, unsigned long long since)
{
    long rows[64][3];
    int found = read_processes(device, rows, 64);
    unsigned written = 0;
    for (int i = 0; i < found; i++)
        if (rows[i][2] >= 0)
            list[written++] = (struct sample){
                .pid = (unsigned)rows[i][0], .usec = since + 1, .sm = (unsigned)rows[i][2]};
    *number = written;
    return written ? SUCCESS : NOT_FOUND;
}
#endif
