// SPDX-License-Identifier: GPL-2.0-or-later
// The inside of meter and meter_job, for the sources of this room only.
#ifndef LIB_METER_JOB_H
#define LIB_METER_JOB_H

#include "lib/meter/cgroup.h"
#include "lib/meter/meter.h"
#include "lib/meter/pid_map.h"

struct meter {
    char *node, *incarnation, *why;
    bool enforce;
    int proc;     // /proc
    int children; // the children of the thread that made the meter: /proc/thread-self/children; -1:
                  // no such file
    pid_t self, session;
    struct pid_map owners;      // first processes and known orphans of live jobs
    bool undecided;             // an orphan may be anybody's: it could not be told
    struct pid_list orphans;    // room for one reading of `children`, kept between calls
    struct meter_job *jobs;     // the live ones
    struct cgroup_base *cgroup; // NULL: /proc only
};

struct meter_job {
    struct meter *meter;
    struct meter_job *next, **link;
    int64_t job_id, limit_bytes;
    int32_t run_id, attempt_id;
    pid_t first;          // 0: not started, or reaped
    pid_t session;        // the first process's id, also when it is gone
    int64_t start_ticks;  // not after its first process began
    bool ending;          // what outlived it has been counted and killed once
    size_t killed;        // how many these were
    int looks;            // in vain, at its end, at orphans that may be its own
    struct pid_list tree; // as the last sample found it, at tree_ticks
    int64_t tree_ticks;
    struct cpu_seen *seen; // the CPU time of each of that tree, and of those that are gone
    size_t seen_count;
    int64_t gone_ticks;
    // of the samples; UNKNOWN before the first
    int64_t anon_max_bytes, rss_max_bytes, processes_max;
    int64_t sum_max_bytes;         // of the processes' pages, shared ones counted again
    int64_t last_bytes, last_usec; // the last sample: memory, time since the start
    struct rusage orphans;         // sums; ru_maxrss the largest
    struct cgroup_dir *dir;        // NULL: /proc only
};

// by_proc.c: a job without a cgroup is what descends from its first process and from orphans that
// are its own.
void meter_proc_find(struct meter_job *job, struct pid_list *found); // adds its processes
bool meter_proc_sample(struct meter_job *job, int64_t since_start_usec, int64_t *next_usec);
// may there be something left of any job that ended? Costs one read
bool meter_proc_has_orphans(struct meter *meter);
int64_t meter_proc_cpu_usec(
    const struct meter_job *job);          // so far, of the processes that the last sample found
int meter_proc_end(struct meter_job *job); // kills what is left; 1: something is, 0: nothing
void meter_count_killed(struct meter_job *job, const struct pid_list *left); // the first time
int64_t meter_next_sample(int64_t since_start_usec); // usec from now: doubling from 20 ms to 5 s
void meter_proc_read(const struct meter_job *job, const struct rusage *rusage,
                     struct usage_record *usage);

#endif
