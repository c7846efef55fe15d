// SPDX-License-Identifier: GPL-2.0-or-later
// Chooses how jobs are measured, and does what is the same for every way.
#include "lib/meter.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

#include "lib/mem.h"
#include "lib/meter_job.h"
#include "lib/proc.h"

struct meter *meter_create(const struct meter_options *options)
{
    struct meter *meter = xcalloc(1, sizeof *meter);
    meter->node = xstrdup(options->node);
    meter->incarnation = xstrdup(options->incarnation);
    meter->enforce = options->enforce;
    meter->proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    meter->children = open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
    meter->self = getpid();
    meter->session = getsid(0);
    meter->why = xstrdup(options->no_cgroup ? "cgroups are switched off" : "cgroups are not used yet");
    return meter;
}

void meter_destroy(struct meter *meter)
{
    if (!meter)
        return;
    close(meter->proc);
    if (meter->children >= 0)
        close(meter->children);
    pid_map_fini(&meter->owners);
    pid_list_fini(&meter->orphans);
    free(meter->node);
    free(meter->incarnation);
    free(meter->why);
    free(meter);
}

enum usage_source meter_source(const struct meter *meter)
{
    (void)meter;
    return SOURCE_PROC;
}

const char *meter_why(const struct meter *meter)
{
    return meter->why;
}

struct meter_job *meter_job_create(struct meter *meter, int64_t job_id, int32_t run_id, int32_t attempt_id,
                                   int64_t memory_limit_bytes, struct meter_entry *entry, struct error *err)
{
    (void)err;
    struct meter_job *job = xcalloc(1, sizeof *job);
    *job = (struct meter_job){
        .meter = meter, .job_id = job_id, .run_id = run_id, .attempt_id = attempt_id, .limit_bytes = memory_limit_bytes,
        .anon_max_bytes = UNKNOWN, .rss_max_bytes = UNKNOWN, .processes_max = UNKNOWN,
        .next = meter->jobs, .link = &meter->jobs,
    };
    if (job->next)
        job->next->link = &job->next;
    meter->jobs = job;
    *entry = (struct meter_entry){.cgroup_fd = -1};
    return job;
}

void meter_job_started(struct meter_job *job, pid_t pid)
{
    job->first = job->session = pid;
    job->start_ticks = proc_now_ticks();
    pid_map_set(&job->meter->owners, pid, job);
}

bool meter_job_sample(struct meter_job *job, int64_t since_start_usec, int64_t *next_usec)
{
    return meter_proc_sample(job, since_start_usec, next_usec);
}

void meter_job_signal(struct meter_job *job, int sig)
{
    struct pid_list found = {0};
    meter_proc_find(job, &found);
    for (size_t i = 0; i < found.count; i++)
        kill(found.pids[i], sig);
    pid_list_fini(&found);
}

int meter_job_end(struct meter_job *job, const struct rusage *rusage, struct usage_record *usage)
{
    if (job->first) { /* reaped: the number may be another's at the next fork */
        pid_map_remove(&job->meter->owners, job->first);
        job->first = 0;
    }
    if (meter_proc_end(job))
        return 1;
    usage_record_init(usage);
    usage->node = job->meter->node;
    usage->source = meter_source(job->meter);
    if (job->limit_bytes > 0)
        usage->memory_limit_bytes = job->limit_bytes;
    meter_proc_read(job, rusage, usage);
    return 0;
}

void meter_reaped(struct meter *meter, pid_t pid, const struct rusage *rusage)
{
    struct meter_job *job = pid_map_get(&meter->owners, pid);
    pid_map_remove(&meter->owners, pid);
    if (!job && meter->jobs && !meter->jobs->next)
        job = meter->jobs; /* whose else? */
    if (!job)
        return;
    struct rusage *sum = &job->orphans;
    timeradd(&sum->ru_utime, &rusage->ru_utime, &sum->ru_utime);
    timeradd(&sum->ru_stime, &rusage->ru_stime, &sum->ru_stime);
    sum->ru_inblock += rusage->ru_inblock;
    sum->ru_oublock += rusage->ru_oublock;
    if (rusage->ru_maxrss > sum->ru_maxrss)
        sum->ru_maxrss = rusage->ru_maxrss;
}

void meter_job_destroy(struct meter_job *job)
{
    if (!job)
        return;
    if (job->first || job->meter->owners.count)
        pid_map_remove_owner(&job->meter->owners, job);
    *job->link = job->next;
    if (job->next)
        job->next->link = job->link;
    pid_list_fini(&job->tree);
    free(job);
}
