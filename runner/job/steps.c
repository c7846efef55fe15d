// SPDX-License-Identifier: GPL-2.0-or-later
// Reads /run/torc/UID, where the plugin leaves a file per task before srun learns that the task has
// ended.
#include "runner/job/steps.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/mem.h"
#include "lib/meter/step_record.h"
#include "lib/workflow/workflow.h"
#include "runner/process.h"

struct found {
    struct usage_record *usages; // [0] is the job's
    const char **files;
    size_t count, space, files_count, files_space;
    struct step_record first; // of the lowest step: srun's own, for a job that srun started
    bool any;
};

static struct usage_record convert(const struct step_record *record, const char *node,
                                   struct arena *arena)
{
    const int64_t *value = record->value;
    struct usage_record usage;
    usage_record_init(&usage);
    usage.node = node;
    usage.step = arena_printf(arena, "%u.%u", record->step_id, record->task);
    usage.source = SOURCE_SPANK;
    usage.cpu_user_usec = value[STEP_cpu_user_usec];
    usage.cpu_system_usec = value[STEP_cpu_system_usec];
    if (value[STEP_cpu_usec] >= 0 && usage.cpu_user_usec >= 0 && usage.cpu_system_usec >= 0) {
        // the sum is exact, its parts may be counted in ticks: shared out in their proportion
        int64_t parts = usage.cpu_user_usec + usage.cpu_system_usec;
        usage.cpu_user_usec = parts ? (int64_t)((double)value[STEP_cpu_usec] *
                                                (double)usage.cpu_user_usec / (double)parts)
                                    : value[STEP_cpu_usec];
        usage.cpu_system_usec = value[STEP_cpu_usec] - usage.cpu_user_usec;
    }
    usage.throttled_usec = value[STEP_cpu_throttled_usec];
    usage.memory_peak_bytes = value[STEP_memory_peak_bytes];
    usage.memory_anon_high_bytes = value[STEP_memory_peak_bytes];
    usage.swap_peak_bytes = value[STEP_swap_peak_bytes];
    usage.io_read_bytes = value[STEP_io_read_bytes];
    usage.io_write_bytes = value[STEP_io_write_bytes];
    usage.oom_kills = value[STEP_oom_kills_count];
    usage.processes_peak = value[STEP_pids_peak_count];
    return usage;
}

static bool read_record(int dir, const char *name, struct step_record *record)
{
    char text[STEP_RECORD_MAX];
    cleanup_close int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    ssize_t n = fd >= 0 ? read(fd, text, sizeof text) : -1;
    return n > 0 && !step_record_parse(text, (size_t)n, record, NULL);
}

static int open_folder(void)
{
    char path[64];
    snprintf(path, sizeof path, STEP_RECORD_DIR "/%u", (unsigned)getuid());
    return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
}

static void take(struct jobs *jobs, struct job *job, const char *name,
                 const struct step_record *record, struct found *found)
{
    found->usages = array_grow(found->usages, found->count, &found->space, sizeof *found->usages);
    found->usages[found->count++] = convert(record, jobs->node.name, job->arena);
    found->files =
        array_grow(found->files, found->files_count, &found->files_space, sizeof *found->files);
    found->files[found->files_count++] = arena_strdup(job->arena, name);
    if (!found->any || record->step_id < found->first.step_id)
        found->first = *record;
    found->any = true;
}

static void scan(struct jobs *jobs, struct job *job, int folder, struct found *found)
{
    char prefix[32];
    snprintf(prefix, sizeof prefix, "%lld.", (long long)jobs->node.slurm_job_id);
    DIR *dir = fdopendir(folder);
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        struct step_record record;
        if (strncmp(entry->d_name, prefix, strlen(prefix)) ||
            !read_record(dirfd(dir), entry->d_name, &record))
            continue;
        if (record.job == job->claimed.job_id && record.run == job->claimed.run_id &&
            record.attempt == job->claimed.attempt_id && !strcmp(record.node, jobs->node.name))
            take(jobs, job, entry->d_name, &record, found);
    }
    if (dir)
        closedir(dir);
    else
        close(folder);
}

// srun's own usage is of no interest: that of the step it made is the job's.
static void replace_own(struct job *job, struct found *found)
{
    usage_record_init(&found->usages[0]);
    found->usages[0].node = job->usage.node;
    found->usages[0].source = job->usage.source;
    for (size_t i = 1; found->any && i < found->count; i++) {
        const char *step = found->usages[i].step;
        if (strtoul(step, NULL, 10) != found->first.step_id)
            continue;
        found->usages[0] = found->usages[i];
        found->usages[0].step = NULL;
        found->usages[i] = found->usages[--found->count];
        job->status = found->first.status;
        break;
    }
    job->usage = found->usages[0];
}

static void *keep(struct job *job, void *array, size_t bytes)
{
    void *copy = arena_alloc(job->arena, bytes ? bytes : 1);
    if (bytes) // memcpy takes no NULL, not even of nothing
        memcpy(copy, array, bytes);
    free(array);
    return copy;
}

void steps_collect(struct jobs *jobs, struct job *job)
{
    struct found found = {0};
    int folder = jobs->node.in_allocation ? open_folder() : -1;
    bool own = job->claimed.flags & JOB_SRUN;
    job->end.usages = &job->usage;
    job->end.usages_count = 1;
    if (folder < 0 && !own)
        return;
    found.usages = array_grow(found.usages, found.count, &found.space, sizeof *found.usages);
    found.usages[found.count++] = job->usage;
    if (folder >= 0)
        scan(jobs, job, folder, &found);
    if (own)
        replace_own(job, &found);
    if (own && !found.any) // nobody has measured it
        found.count = 0;
    job->end.usages_count = (uint32_t)found.count;
    job->end.usages = keep(job, found.usages, found.count * sizeof *found.usages);
    job->step_files_count = (uint32_t)found.files_count;
    job->step_files = keep(job, found.files, found.files_count * sizeof *found.files);
}

void steps_forget(struct job *job)
{
    cleanup_close int folder = job->step_files_count ? open_folder() : -1;
    for (uint32_t i = 0; folder >= 0 && i < job->step_files_count; i++)
        unlinkat(folder, job->step_files[i], 0);
}

// "srun: error: NODE: task 0: Exited with exit code 3", "… Killed", "… Aborted (core dumped)", "…
// Out Of Memory"; then srun ends with the code, with 128 and the signal, with 1.
enum step_end steps_hear(struct job *job, const char *tail)
{
    static const char begin[] = "srun: error: ", exited[] = "Exited with exit code ";
    enum step_end found = STEP_UNHEARD;
    int code = WIFEXITED(job->status) ? WEXITSTATUS(job->status) : 0;
    for (const char *line = tail; line && (line = strstr(line, begin)); line += strlen(begin)) {
        const char *end = strchrnul(line, '\n'), *task = strstr(line, ": task "),
                   *what = task && task < end ? strchr(task + 7, ':') : NULL;
        if (!what || what + 2 > end)
            continue;
        what += 2;
        if (!strncmp(what, "Out Of Memory", 13))
            return STEP_OOM;
        found = strncmp(what, exited, strlen(exited)) ? STEP_SIGNALED : STEP_EXITED;
        bool core = memmem(what, (size_t)(end - what), "core dumped", 11);
        if (found == STEP_SIGNALED && code > 128 && code < 128 + NSIG)
            job->status = (code - 128) | (core ? WCOREFLAG : 0);
    }
    return found;
}

static size_t signal_tasks(const struct jobs *jobs, const struct job *job, enum process_which which,
                           int sig)
{
    cleanup_free char *slurm = xasprintf("SLURM_JOB_ID=%lld", (long long)jobs->node.slurm_job_id);
    cleanup_free char *id = xasprintf("TORC_STEP_JOB=%lld", (long long)job->claimed.job_id);
    cleanup_free char *attempt =
        xasprintf("TORC_STEP_ATTEMPT=%d.%d", job->claimed.run_id, job->claimed.attempt_id);
    return process_signal_marked((const char *const[]){slurm, id, attempt, NULL}, which, sig);
}

bool steps_signal(const struct jobs *jobs, const struct job *job, int sig)
{
    return signal_tasks(jobs, job, PROCESS_STEPS, sig) > 0;
}

void steps_kill(const struct jobs *jobs, const struct job *job)
{
    signal_tasks(jobs, job, PROCESS_ALL, SIGKILL);
}
