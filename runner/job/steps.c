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
#include <time.h>
#include <unistd.h>

#include "lib/base/mem.h"
#include "lib/meter/step_record.h"
#include "lib/workflow/workflow.h"
#include "runner/job/step_report.h"
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
    usage.start_usec = value[STEP_start_usec] > 0 ? value[STEP_start_usec] : 0;
    usage.end_usec = value[STEP_end_usec] > 0 ? value[STEP_end_usec] : 0;
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

static void take(const struct jobs *jobs, struct arena *arena, const char *name,
                 const struct step_record *record, struct found *found)
{
    found->usages = array_grow(found->usages, found->count, &found->space, sizeof *found->usages);
    found->usages[found->count++] = convert(record, jobs->node.name, arena);
    found->files =
        array_grow(found->files, found->files_count, &found->files_space, sizeof *found->files);
    found->files[found->files_count++] = arena_strdup(arena, name);
    if (!found->any || record->step_id < found->first.step_id)
        found->first = *record;
    found->any = true;
}

static void scan(const struct jobs *jobs, const struct share_end *of, struct arena *arena,
                 int folder, struct found *found)
{
    char prefix[32];
    snprintf(prefix, sizeof prefix, "%lld.", (long long)jobs->node.slurm_job_id);
    DIR *dir = fdopendir(folder);
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        struct step_record record;
        if (strncmp(entry->d_name, prefix, strlen(prefix)) ||
            !read_record(dirfd(dir), entry->d_name, &record))
            continue;
        if (record.job == of->job_id && record.run == of->run_id &&
            record.attempt == of->attempt_id && !strcmp(record.node, jobs->node.name))
            take(jobs, arena, entry->d_name, &record, found);
    }
    if (dir)
        closedir(dir);
    else
        close(folder);
}

// srun's own usage is of no interest. Without a step it is not known what the job used.
static void replace_own(struct job *job, struct found *found)
{
    const struct step_report *report = job->step;
    struct usage_record *own = &found->usages[0];
    const char *node = own->node, *gpus = own->gpus;
    usage_record_init(own);
    job->leftovers = 0;
    job->called_srun = report && report->called_srun;
    if (report && report->ended) {
        *own = report->usage;
        job->status = report->status;
        job->leftovers = report->leftovers;
        if (report->over_memory && job->stop < STOP_OOM)
            job->stop = STOP_OOM;
    }
    own->node = node;
    for (size_t i = 1; found->any && i < found->count; i++) {
        if (strtoul(found->usages[i].step, NULL, 10) != found->first.step_id)
            continue;
        if (!report || !report->ended)
            job->status = found->first.status;
        found->usages[i].memory_limit_bytes = own->memory_limit_bytes;
        *own = found->usages[i];
        own->step = NULL;
        found->usages[i] = found->usages[--found->count];
        break;
    }
    own->gpus = gpus;
    job->usage = *own;
    if (!own->source && --found->count) // nobody has measured it
        *own = found->usages[found->count];
    own->gpus = gpus;
}

static void *keep(struct arena *arena, void *array, size_t bytes)
{
    void *copy = arena_alloc(arena, bytes ? bytes : 1);
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
    struct share_end of = {.job_id = job->claimed.job_id,
                           .run_id = job->claimed.run_id,
                           .attempt_id = job->claimed.attempt_id};
    if (folder >= 0)
        scan(jobs, &of, job->arena, folder, &found);
    if (own)
        replace_own(job, &found);
    job->end.usages_count = (uint32_t)found.count;
    job->end.usages = keep(job->arena, found.usages, found.count * sizeof *found.usages);
    job->step_files_count = (uint32_t)found.files_count;
    job->step_files = keep(job->arena, found.files, found.files_count * sizeof *found.files);
    step_report_destroy(take_ptr(job->step));
}

void steps_forget(struct job *job)
{
    cleanup_close int folder = job->step_files_count ? open_folder() : -1;
    for (uint32_t i = 0; folder >= 0 && i < job->step_files_count; i++)
        unlinkat(folder, job->step_files[i], 0);
}

// What is in the environment of all that belongs to the job's attempt on this node, steps of its
// own, too. The node: of several on one host, as in contrib/sandbox.
enum { MARKS = 4 };
struct marks {
    char texts[MARKS][96];
    const char *entries[MARKS + 1];
};

static void mark(const struct jobs *jobs, int64_t job_id, int32_t run_id, int32_t attempt_id,
                 struct marks *marks)
{
    snprintf(marks->texts[0], sizeof marks->texts[0], "SLURM_JOB_ID=%lld",
             (long long)jobs->node.slurm_job_id);
    snprintf(marks->texts[1], sizeof marks->texts[1], "TORC_STEP_JOB=%lld", (long long)job_id);
    snprintf(marks->texts[2], sizeof marks->texts[2], "TORC_STEP_ATTEMPT=%d.%d", run_id,
             attempt_id);
    snprintf(marks->texts[3], sizeof marks->texts[3], "SLURMD_NODENAME=%s", jobs->node.name);
    for (int i = 0; i < MARKS; i++)
        marks->entries[i] = marks->texts[i];
    marks->entries[MARKS] = NULL;
}

static void mark_own(const struct jobs *jobs, const struct job *job, struct marks *marks)
{
    mark(jobs, job->claimed.job_id, job->claimed.run_id, job->claimed.attempt_id, marks);
}

int steps_kill_all(const struct jobs *jobs, const struct job *job)
{
    struct marks marks;
    mark_own(jobs, job, &marks);
    return process_kill_marked(marks.entries, false);
}

int steps_prepare(const struct jobs *jobs, struct job *job, struct error *err)
{
    if (!job->step && !(job->step = step_report_create(err)))
        return -1;
    struct step_report *report = job->step;
    report->job_id = job->claimed.job_id;
    report->run_id = job->claimed.run_id;
    report->attempt_id = job->claimed.attempt_id;
    report->bound = job->share.bound && job->claimed.enforced;
    report->set = job->share.set;
    if (job->claimed.enforced && jobs->settings.limits == LIMITS_ENFORCE)
        report->memory_limit_bytes = job->claimed.memory_bytes;
    return 0;
}

static void queue(const struct step_report *report, int sig)
{
    sigqueue(report->pid, STEP_REPORT_SIGNAL, (union sigval){.sival_int = sig});
}

// srun itself is spared: it would end its step at once.
static void signal_own_steps(const struct jobs *jobs, struct job *job, int sig)
{
    struct marks marks;
    mark_own(jobs, job, &marks);
    process_signal_tasks(marks.entries, sig);
    meter_job_signal_but(job->meter, sig, "srun");
}

bool steps_own(const struct jobs *jobs, struct job *job)
{
    if (job->step)
        return job->step->called_srun;
    if (jobs->node.in_allocation && !job->called_srun)
        job->called_srun = meter_job_has_program(job->meter, "srun");
    return job->called_srun;
}

void steps_signal(struct jobs *jobs, struct job *job, int sig)
{
    if (job->claimed.nodes > 1 && sig != SIGCONT) {
        job->signal_elsewhere = sig;
        jobs->signals_unsent = 1;
    }
    if (!job->step && steps_own(jobs, job)) {
        signal_own_steps(jobs, job, sig);
    } else if (!job->step) {
        meter_job_signal(job->meter, sig);
    } else if (!job->step->pid) {
        meter_job_signal(job->meter, SIGTERM);
    } else if (!job->step->ended) {
        queue(job->step, sig);
    }
}

bool steps_kill(const struct jobs *jobs, struct job *job)
{
    enum { MOST = 20 };
    struct step_report *report = job->step;
    if (report->pid && report->kills++ < MOST) {
        if (!report->ended)
            queue(report, SIGKILL);
        return true;
    }
    steps_kill_all(jobs, job);
    return false;
}

bool steps_linger(const struct jobs *jobs, struct job *job)
{
    enum { MOST = 1000 }; // looks, 5 ms apart
    const struct step_report *report = job->step;
    bool is_open = report && report->pid && !report->ended;
    bool was_killed = job->stop || (report && (report->over_memory || report->leftovers));
    return (is_open || (was_killed && steps_own(jobs, job))) && job->tries++ < MOST &&
           steps_kill_all(jobs, job);
}

void steps_sweep(const struct jobs *jobs, const char *db, const char *workflow)
{
    enum { MOST = 500 };
    const struct timespec pause = {.tv_nsec = 10 * 1000 * 1000};
    cleanup_free char *slurm = xasprintf("SLURM_JOB_ID=%lld", (long long)jobs->node.slurm_job_id),
                      *node = xasprintf("SLURMD_NODENAME=%s", jobs->node.name);
    const char *const entries[] = {slurm, node, db, workflow, NULL};
    for (int i = 0; i < MOST && process_signal_tasks(entries, SIGKILL); i++)
        nanosleep(&pause, NULL);
}

void steps_signal_share(const struct jobs *jobs, const struct share_end *share)
{
    struct marks marks;
    mark(jobs, share->job_id, share->run_id, share->attempt_id, &marks);
    process_signal_tasks(marks.entries, share->signal);
    process_signal_tasks(marks.entries, SIGCONT);
}

void steps_of_share(const struct jobs *jobs, struct arena *arena, struct share_end *share,
                    struct step_files *files)
{
    struct found found = {0};
    struct marks marks;
    mark(jobs, share->job_id, share->run_id, share->attempt_id, &marks);
    process_kill_marked(marks.entries, false);
    int folder = open_folder();
    if (folder >= 0)
        scan(jobs, share, arena, folder, &found);
    share->usages_count = (uint32_t)found.count;
    share->usages = keep(arena, found.usages, found.count * sizeof *found.usages);
    files->count = (uint32_t)found.files_count;
    files->names = keep(arena, found.files, found.files_count * sizeof *found.files);
}

void step_files_remove(const struct step_files *files)
{
    cleanup_close int folder = files->count ? open_folder() : -1;
    for (uint32_t i = 0; folder >= 0 && i < files->count; i++)
        unlinkat(folder, files->names[i], 0);
}
