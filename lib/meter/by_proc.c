// SPDX-License-Identifier: GPL-2.0-or-later
// Jobs without a cgroup: whose a process is, what its tree uses now, and what wait4 said of it in
// the end.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/mem.h"
#include "lib/meter/job.h"
#include "lib/meter/proc.h"

enum { LOOKS_MOST = 10 }; // at an orphan that is about to execute something, 5 ms apart
enum { FIRST_SAMPLE_USEC = 20000, LAST_SAMPLE_USEC = 5000000, NEAR_LIMIT_USEC = 250000 };

static bool is_environ_of(const struct meter_job *job, const char *texts, size_t size)
{
    char id[48], run[48], attempt[48];
    snprintf(id, sizeof id, "TORC_JOB_ID=%lld", (long long)job->job_id);
    snprintf(run, sizeof run, "TORC_RUN_ID=%d", job->run_id);
    snprintf(attempt, sizeof attempt, "TORC_ATTEMPT_ID=%d", job->attempt_id);
    return proc_environ_has(texts, size, id) && proc_environ_has(texts, size, run) &&
           proc_environ_has(texts, size, attempt);
}

// Whose is this child of the runner, which is no job's first process? In the order of certainty:
// the session it is in, a tree seen earlier (an own session, a changed environment), its
// environment (never seen, because it left at once), the only job it can come from. NULL: nobody's,
// or it cannot be told.
static struct meter_job *owner_of(struct meter *meter, pid_t pid)
{
    struct proc_stat stat;
    if (proc_stat(meter->proc, pid, &stat) || stat.ppid != meter->self ||
        stat.session == meter->session)
        return NULL; // gone, or a child that the runner has for itself
    for (struct meter_job *job = meter->jobs; job; job = job->next)
        if (job->session == stat.session)
            return job;
    for (struct meter_job *job = meter->jobs; job; job = job->next)
        if (stat.start_ticks <= job->tree_ticks && pid_list_has(&job->tree, pid))
            return job;
    size_t size = 0;
    cleanup_free char *texts = proc_environ(
        meter->proc, pid, &size); // none while it executes a program, or where it has none
    struct meter_job *only = NULL;
    int possible = 0;
    for (struct meter_job *job = meter->jobs; job; job = job->next) {
        if (!job->session || stat.start_ticks < job->start_ticks)
            continue;
        if (texts && is_environ_of(job, texts, size))
            return job;
        only = job;
        possible++;
    }
    meter->undecided |= possible > 1 && !texts;
    return possible == 1 ? only : NULL;
}

// Reads the runner's children and finds the owners of new ones. Without the file (a kernel without
// CONFIG_PROC_CHILDREN) only what descends from first processes is known.
static void update_orphans(struct meter *meter)
{
    meter->orphans.count = 0;
    meter->undecided = false;
    if (meter->children < 0 || proc_children_read(meter->children, &meter->orphans))
        return;
    for (size_t i = 0; i < meter->orphans.count; i++) {
        pid_t pid = meter->orphans.pids[i];
        struct meter_job *job = pid_map_get(&meter->owners, pid) ? NULL : owner_of(meter, pid);
        if (job)
            pid_map_set(&meter->owners, pid, job);
    }
}

bool meter_proc_has_orphans(struct meter *meter)
{
    meter->orphans.count = 0;
    if (meter->children < 0 || proc_children_read(meter->children, &meter->orphans))
        return true; // it cannot be told
    for (size_t i = 0; i < meter->orphans.count; i++) {
        const struct meter_job *owner = pid_map_get(&meter->owners, meter->orphans.pids[i]);
        if (!owner || owner->first != meter->orphans.pids[i])
            return true;
    }
    return false;
}

void meter_proc_find(struct meter_job *job, struct pid_list *found)
{
    struct meter *meter = job->meter;
    update_orphans(meter);
    if (job->first)
        proc_tree(meter->proc, job->first, found);
    for (size_t i = 0; i < meter->orphans.count; i++) {
        pid_t pid = meter->orphans.pids[i];
        if (pid != job->first && pid_map_get(&meter->owners, pid) == job)
            proc_tree(meter->proc, pid, found);
    }
}

// The job's memory now, every page counted once. The sum over processes counts shared pages again
// and again; where that matters (the limit, or a new maximum) the dear proportional shares are
// read.
static int64_t resident_bytes(struct meter_job *job, int64_t sum, int64_t largest)
{
    if (sum - largest < largest / 4)
        return sum;
    bool over = job->meter->enforce && job->limit_bytes > 0 && sum > job->limit_bytes;
    if (!over && sum <= job->sum_max_bytes + job->sum_max_bytes / 10)
        return sum < job->rss_max_bytes ? sum : job->rss_max_bytes;
    job->sum_max_bytes = sum > job->sum_max_bytes ? sum : job->sum_max_bytes;
    int64_t total = 0;
    for (size_t i = 0; i < job->tree.count; i++) {
        int64_t share = proc_pss_bytes(job->meter->proc, job->tree.pids[i]);
        total += share > 0 ? share : 0;
    }
    return total > largest ? total : largest;
}

int64_t meter_next_sample(int64_t since_start_usec)
{
    if (since_start_usec < FIRST_SAMPLE_USEC)
        return FIRST_SAMPLE_USEC;
    return since_start_usec < LAST_SAMPLE_USEC ? since_start_usec : LAST_SAMPLE_USEC;
}

// Sooner when, at the pace since the last sample, the limit may be reached before.
static int64_t next_sample(struct meter_job *job, int64_t bytes, int64_t now_usec)
{
    int64_t next = meter_next_sample(now_usec);
    if (job->limit_bytes > 0 && job->meter->enforce) {
        int64_t room = job->limit_bytes - bytes, grown = bytes - job->last_bytes,
                in = now_usec - job->last_usec;
        if (grown > 0 && in > 0 && (double)room / (double)grown * (double)in < 2.0 * (double)next)
            next = (int64_t)((double)room / (double)grown * (double)in / 2);
        else if (room < job->limit_bytes / 5 && next > NEAR_LIMIT_USEC)
            next = NEAR_LIMIT_USEC;
        next = next < FIRST_SAMPLE_USEC ? FIRST_SAMPLE_USEC : next;
    }
    return next;
}

// What each process of the tree has used, as seen last. Of a child whose parent ignores SIGCHLD
// nobody is told when it is gone: the last sample of it is what is known.
struct cpu_seen {
    pid_t pid;
    int64_t start_ticks, own_ticks;
};

static void see_cpu(struct meter_job *job)
{
    size_t before = job->seen_count, space = 0, count = 0;
    struct cpu_seen *now = NULL;
    for (size_t i = 0; i < job->tree.count; i++) {
        struct proc_stat stat;
        if (proc_stat(job->meter->proc, job->tree.pids[i], &stat))
            continue;
        now = array_grow(now, count, &space, sizeof *now);
        now[count++] = (struct cpu_seen){job->tree.pids[i], stat.start_ticks, stat.own_ticks};
    }
    for (size_t i = 0; i < before; i++) {
        bool here = false;
        for (size_t j = 0; j < count && !here; j++)
            here = now[j].pid == job->seen[i].pid && now[j].start_ticks == job->seen[i].start_ticks;
        if (!here)
            job->gone_ticks += job->seen[i].own_ticks;
    }
    free(job->seen);
    job->seen = now;
    job->seen_count = count;
}

static int64_t seen_cpu_usec(const struct meter_job *job)
{
    int64_t ticks = job->gone_ticks;
    for (size_t i = 0; i < job->seen_count; i++)
        ticks += job->seen[i].own_ticks;
    return proc_ticks_usec(ticks);
}

bool meter_proc_sample(struct meter_job *job, int64_t since_start_usec, int64_t *next_usec)
{
    struct meter *meter = job->meter;
    job->tree.count = 0;
    job->tree_ticks = proc_now_ticks();
    meter_proc_find(job, &job->tree);
    int64_t rss = 0, anon = 0, largest = 0, processes = 0;
    for (size_t i = 0; i < job->tree.count; i++) {
        struct proc_memory memory;
        if (proc_memory(meter->proc, job->tree.pids[i], &memory))
            continue;
        processes++;
        rss += memory.rss_bytes;
        anon += memory.anon_bytes;
        largest = memory.rss_bytes > largest ? memory.rss_bytes : largest;
    }
    see_cpu(job);
    int64_t bytes = resident_bytes(job, rss, largest);
    anon = anon < bytes ? anon : bytes;
    if (rss > 0) {
        job->anon_max_bytes = anon > job->anon_max_bytes ? anon : job->anon_max_bytes;
        job->rss_max_bytes = bytes > job->rss_max_bytes ? bytes : job->rss_max_bytes;
        job->processes_max = processes > job->processes_max ? processes : job->processes_max;
    }
    *next_usec = next_sample(job, bytes, since_start_usec);
    job->last_bytes = bytes;
    job->last_usec = since_start_usec;
    return meter->enforce && job->limit_bytes > 0 && bytes > job->limit_bytes;
}

static int64_t usec_of(struct timeval a, struct timeval b)
{
    return (a.tv_sec + b.tv_sec) * INT64_C(1000000) + a.tv_usec + b.tv_usec;
}

int64_t meter_proc_cpu_usec(const struct meter_job *job)
{
    int64_t usec = usec_of(job->orphans.ru_utime, job->orphans.ru_stime);
    for (size_t i = 0; i < job->tree.count; i++) {
        struct proc_stat stat;
        if (!proc_stat(job->meter->proc, job->tree.pids[i], &stat))
            usec += proc_ticks_usec(stat.cpu_ticks);
    }
    return usec;
}

// One that has ended, or is a zombie, was not killed by us.
void meter_count_killed(struct meter_job *job, const struct pid_list *left)
{
    struct proc_stat stat;
    if (job->ending)
        return;
    job->ending = true;
    for (size_t i = 0; i < left->count; i++)
        if (!proc_stat(job->meter->proc, left->pids[i], &stat) && !strchr("ZX", stat.state))
            job->killed++;
}

int meter_proc_end(struct meter_job *job)
{
    struct pid_list left = {0};
    meter_proc_find(job, &left);
    meter_count_killed(job, &left);
    for (size_t i = 0; i < left.count; i++)
        kill(left.pids[i], SIGKILL);
    int result = left.count > 0 || (job->meter->undecided && job->looks++ < LOOKS_MOST);
    pid_list_fini(&left);
    return result;
}

// exec folds the largest size of the memory it leaves into ru_maxrss (exec_mmap in the kernel's
// fs/exec.c); a child made by vfork leaves the runner's. So a value not clearly above the runner's
// own (the kernel counts pages per CPU and adds up roughly) says only that the job stayed below
// it.
static bool is_of_job(int64_t max_kib)
{
    enum { ROUGHLY_KIB = 512 };
    struct rusage own;
    getrusage(RUSAGE_SELF, &own);
    return max_kib > own.ru_maxrss + own.ru_maxrss / 8 + ROUGHLY_KIB;
}

void meter_proc_read(const struct meter_job *job, const struct rusage *rusage,
                     struct usage_record *usage)
{
    const struct rusage *orphans = &job->orphans;
    long max_kib = rusage->ru_maxrss > orphans->ru_maxrss ? rusage->ru_maxrss : orphans->ru_maxrss;
    int64_t bound =
        max_kib * INT64_C(1024) > job->rss_max_bytes ? max_kib * INT64_C(1024) : job->rss_max_bytes;
    int64_t peak = is_of_job(max_kib) ? max_kib * INT64_C(1024) : UNKNOWN;
    usage->memory_peak_bytes = peak > job->rss_max_bytes ? peak : job->rss_max_bytes;
    usage->memory_anon_bytes = usage->memory_anon_low_bytes = job->anon_max_bytes;
    usage->memory_anon_high_bytes = bound;
    usage->cpu_user_usec = usec_of(rusage->ru_utime, orphans->ru_utime);
    usage->cpu_system_usec = usec_of(rusage->ru_stime, orphans->ru_stime);
    int64_t told_usec = usage->cpu_user_usec + usage->cpu_system_usec;
    if (seen_cpu_usec(job) > told_usec) // more was seen than anybody was told of
        usage->cpu_user_usec += seen_cpu_usec(job) - told_usec;
    usage->io_read_bytes = (rusage->ru_inblock + orphans->ru_inblock) * INT64_C(512);
    usage->io_write_bytes = (rusage->ru_oublock + orphans->ru_oublock) * INT64_C(512);
    usage->processes_peak = job->processes_max;
}
