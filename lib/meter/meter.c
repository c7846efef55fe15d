// SPDX-License-Identifier: GPL-2.0-or-later
// Chooses how jobs are measured, and does what is the same for every way.
#include "lib/meter/meter.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/time.h>
#include <unistd.h>

#include "lib/base/mem.h"
#include "lib/meter/job.h"
#include "lib/meter/proc.h"

enum { PROBE_BYTES = 64 * 1024 * 1024 };

static const struct cgroup_ops *const versions[] = {&cgroup_v2, &cgroup_v1};

// Takes the first kind of cgroup that may be used, or says for each why not.
static void choose_cgroup(struct meter *meter, const struct meter_options *options)
{
    enum { VERSIONS = sizeof versions / sizeof *versions };
    char *whys[VERSIONS] = {0};
    for (int i = 0; i < VERSIONS && !meter->cgroup; i++)
        meter->cgroup = versions[i]->open(meter->proc, options, &whys[i]);
    meter->why = meter->cgroup ? xasprintf("jobs are held in %s", meter->cgroup->path)
                               : xasprintf("cgroup v2: %s; v1: %s", whys[0], whys[1]);
    for (int i = 0; i < VERSIONS; i++)
        free(whys[i]);
}

struct meter *meter_create(const struct meter_options *options)
{
    struct meter *meter = xcalloc(1, sizeof *meter);
    meter->node = xstrdup(options->node);
    meter->incarnation = xstrdup(options->incarnation);
    meter->enforce = options->enforce;
    meter->proc = proc_open();
    meter->children = open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
    meter->self = getpid();
    meter->session = getsid(0);
    if (options->no_cgroup)
        meter->why = xstrdup("cgroups are switched off");
    else
        choose_cgroup(meter, options);
    return meter;
}

void meter_destroy(struct meter *meter)
{
    if (!meter)
        return;
    cgroup_close(meter->cgroup);
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

void meter_sweep(void)
{
    meter_destroy(meter_create(&(struct meter_options){.node = "", .incarnation = "sweep"}));
}

bool meter_probe(char **why)
{
    struct meter_entry entry;
    struct error err;
    struct meter *meter = meter_create(&(struct meter_options){
        .node = "", .incarnation = "probe", .enforce = true, .probe = true});
    bool held = meter->cgroup;
    struct meter_job *job =
        held ? meter_job_create(meter, 0, 0, 0, PROBE_BYTES, &entry, &err) : NULL;
    *why = xstrdup(held && !job ? err.text : meter->why);
    if (job)
        meter_job_destroy(job);
    meter_destroy(meter);
    return job;
}

enum usage_source meter_source(const struct meter *meter)
{
    return meter->cgroup ? meter->cgroup->ops->source : SOURCE_PROC;
}

const char *meter_why(const struct meter *meter)
{
    return meter->why;
}

struct meter_job *meter_job_create(struct meter *meter, int64_t job_id, int32_t run_id,
                                   int32_t attempt_id, int64_t memory_limit_bytes,
                                   struct meter_entry *entry, struct error *err)
{
    struct cgroup_dir *dir = NULL;
    *entry = (struct meter_entry){.cgroup_fd = -1};
    if (meter->cgroup) {
        char name[64];
        snprintf(name, sizeof name, "%lld.%d.%d", (long long)job_id, run_id, attempt_id);
        dir = meter->cgroup->ops->make(meter->cgroup, name, meter->enforce ? memory_limit_bytes : 0,
                                       entry, err);
        if (!dir)
            return NULL;
    }
    struct meter_job *job = xcalloc(1, sizeof *job);
    *job = (struct meter_job){
        .meter = meter,
        .job_id = job_id,
        .run_id = run_id,
        .attempt_id = attempt_id,
        .limit_bytes = memory_limit_bytes,
        .anon_max_bytes = UNKNOWN,
        .rss_max_bytes = UNKNOWN,
        .processes_max = UNKNOWN,
        .start_ticks = proc_now_ticks(), // its first process may have left others before we hear
        .next = meter->jobs,
        .link = &meter->jobs,
        .dir = dir,
    };
    if (job->next)
        job->next->link = &job->next;
    meter->jobs = job;
    return job;
}

const char *meter_job_cgroup(const struct meter_job *job)
{
    return job->dir ? job->dir->name : NULL;
}

void meter_job_started(struct meter_job *job, pid_t pid)
{
    job->first = job->session = pid;
    pid_map_set(&job->meter->owners, pid, job);
}

static void keep_sample(struct meter_job *job, const struct cgroup_memory *memory)
{
    job->anon_max_bytes = memory->anon > job->anon_max_bytes ? memory->anon : job->anon_max_bytes;
    job->processes_max =
        memory->processes > job->processes_max ? memory->processes : job->processes_max;
}

bool meter_job_sample(struct meter_job *job, int64_t since_start_usec, int64_t *next_usec)
{
    if (!job->dir)
        return meter_proc_sample(job, since_start_usec, next_usec);
    struct cgroup_memory memory;
    job->meter->cgroup->ops->sample(job->dir, &memory);
    keep_sample(job, &memory);
    *next_usec = meter_next_sample(since_start_usec);
    return false; // the kernel holds the limit
}

void meter_job_now(struct meter_job *job, int64_t since_start_usec, struct usage_point *point)
{
    int64_t ignored;
    if (!job->dir) {
        meter_proc_sample(job, since_start_usec, &ignored);
        point->cpu_usec = meter_proc_cpu_usec(job);
        point->memory_bytes = job->last_bytes;
        return;
    }
    const struct cgroup_ops *ops = job->meter->cgroup->ops;
    struct cgroup_memory memory;
    struct usage_record usage;
    usage_record_init(&usage);
    ops->sample(job->dir, &memory);
    keep_sample(job, &memory);
    ops->read(job->dir, &usage);
    point->cpu_usec =
        usage.cpu_user_usec < 0
            ? UNKNOWN
            : usage.cpu_user_usec + (usage.cpu_system_usec > 0 ? usage.cpu_system_usec : 0);
    point->memory_bytes = memory.anon < 0 ? UNKNOWN : memory.anon;
}

void meter_node_now(const struct meter *meter, struct usage_point *point)
{
    point->cpu_usec = proc_node_cpu_usec(meter->proc);
    point->memory_bytes = proc_node_memory_bytes(meter->proc);
}

void meter_job_signal_but(struct meter_job *job, int sig, const char *name)
{
    struct pid_list found = {0};
    if (job->dir)
        cgroup_find(job->dir, &found);
    else
        meter_proc_find(job, &found);
    for (size_t i = 0; i < found.count; i++)
        if (!name || !proc_is_named(job->meter->proc, found.pids[i], name))
            kill(found.pids[i], sig);
    pid_list_fini(&found);
}

void meter_job_signal(struct meter_job *job, int sig)
{
    if (!job->dir || sig != SIGKILL) {
        meter_job_signal_but(job, sig, NULL);
        return;
    }
    job->meter->cgroup->ops->kill(job->dir);
    if (job->first)
        kill(job->first, SIGKILL); // it may have moved to another cgroup
}

// Kills what is left of the job, also what has moved to another cgroup. Is there something?
static bool clear(struct meter_job *job)
{
    if (job->dir && !meter_proc_has_orphans(job->meter))
        return false;
    if (!job->dir || !job->meter->cgroup->ops->is_populated(job->dir))
        return meter_proc_end(job);
    if (!job->ending) {
        struct pid_list left = {0};
        cgroup_find(job->dir, &left);
        meter_count_killed(job, &left);
        pid_list_fini(&left);
    }
    job->meter->cgroup->ops->kill(job->dir);
    return true;
}

// Memory of a cgroup: the peak is exact but with page cache. What the job needed of it was at least
// the largest sample; or, when there is none, what is not file and kernel memory at the end, those
// being what stays.
static void read_cgroup(struct meter_job *job, struct usage_record *usage)
{
    enum { WORTH_A_LOOK = 4 << 20 };
    const struct cgroup_ops *ops = job->meter->cgroup->ops;
    int64_t bound = usage->memory_peak_bytes;
    ops->read(job->dir, usage);
    if (usage->memory_peak_bytes < 0)
        usage->memory_peak_bytes = bound; // a kernel without memory.peak
    usage->memory_anon_high_bytes = usage->memory_peak_bytes;
    if (job->anon_max_bytes < 0 && usage->memory_peak_bytes > WORTH_A_LOOK) {
        struct cgroup_memory left;
        ops->sample(job->dir, &left);
        int64_t low = usage->memory_peak_bytes - left.file - left.kernel;
        usage->memory_anon_low_bytes = left.file < 0 || left.kernel < 0 ? UNKNOWN
                                       : low > 0                        ? low
                                                                        : 0;
    }
}

size_t meter_job_killed(const struct meter_job *job)
{
    return job->killed;
}

bool meter_job_has_program(struct meter_job *job, const char *name)
{
    struct pid_list found = {0};
    bool has = false;
    if (job->dir)
        cgroup_find(job->dir, &found);
    else
        meter_proc_find(job, &found);
    for (size_t i = 0; i < found.count && !has; i++)
        has = proc_is_named(job->meter->proc, found.pids[i], name);
    pid_list_fini(&found);
    return has;
}

bool meter_job_is_oom(const struct meter_job *job)
{
    struct usage_record usage;
    usage_record_init(&usage);
    if (job->dir)
        job->meter->cgroup->ops->read(job->dir, &usage);
    return usage.oom_kills > 0;
}

bool meter_job_is_swept(const struct meter_job *job)
{
    return job->dir && faccessat(job->meter->cgroup->dirs[0], job->dir->name, F_OK, 0) &&
           errno == ENOENT;
}

int meter_job_end(struct meter_job *job, const struct rusage *rusage, struct usage_record *usage)
{
    if (job->first) { // reaped: the number may be another's at the next fork
        pid_map_remove(&job->meter->owners, job->first);
        job->first = 0;
    }
    if (clear(job))
        return 1;
    usage_record_init(usage);
    usage->node = job->meter->node;
    usage->source = meter_source(job->meter);
    if (job->limit_bytes > 0)
        usage->memory_limit_bytes = job->limit_bytes;
    meter_proc_read(job, rusage, usage);
    if (job->dir)
        read_cgroup(job, usage);
    return 0;
}

void meter_reaped(struct meter *meter, pid_t pid, const struct rusage *rusage)
{
    struct meter_job *job = pid_map_get(&meter->owners, pid);
    pid_map_remove(&meter->owners, pid);
    if (!job && meter->jobs && !meter->jobs->next)
        job = meter->jobs; // whose else?
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
    if (job->dir)
        job->meter->cgroup->ops->release(job->dir);
    pid_list_fini(&job->tree);
    free(job->seen);
    free(job);
}
