// SPDX-License-Identifier: GPL-2.0-or-later
// How the runner holds a job and measures it: in a cgroup of its own where the user may make one
// (v2 delegated, v1 under Slurm 22.05 or the plugin), else by wait4's rusage and by sampling /proc.
// The runner's code is the same for all.
#ifndef LIB_METER_METER_H
#define LIB_METER_METER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "lib/base/error.h"
#include "lib/base/record.h"

struct meter;     // of one runner
struct meter_job; // of one attempt

struct meter_options {
    const char *node;        // goes into the records
    const char *incarnation; // names the directories, so that what an earlier runner left is told
                             // apart and swept
    bool enforce;            // set memory limits; false: measure only
    bool probe;              // sweep nothing, and take back what was changed
    bool no_cgroup;          // use /proc although there are cgroups (--accounting=proc; tests)
};

// Looks at what this process may use (reads /proc/self/cgroup, never builds a path), sweeps what an
// earlier runner of this subtree left, and opens it. Never fails for want of cgroups: the source is
// then SOURCE_PROC, and `why` (of the meter, for the log) says why. The process must be a subreaper
// (PR_SET_CHILD_SUBREAPER), and its main thread, the caller, makes all children; those that are no
// jobs (sbatch, …) stay in the runner's session, jobs get their own.
struct meter *meter_create(const struct meter_options *options);
void meter_destroy(struct meter *meter); // removes every directory of ours; jobs must have ended
// What a runner that was killed left in the place that this process may use: kills it and removes
// it.
void meter_sweep(void);
// Would a runner hold its jobs in cgroups here? Tries it, with a job of its own, and leaves all as
// it was. *why: meter_why, or what the kernel refused; the caller's.
bool meter_probe(char **why);
enum usage_source meter_source(const struct meter *meter);
const char *meter_why(const struct meter *meter); // a text for the log: why it is this source

// How the child gets into its place. cgroup_fd: for CLONE_INTO_CGROUP (v2), else -1; enter_fds: the
// child writes "0" to each before exec (v1).
struct meter_entry {
    int cgroup_fd;
    int enter_fds[2];
    int enter_count;
};

// Makes the place for an attempt: memory_limit_bytes 0: none. On failure (-1) the job cannot be
// held here.
struct meter_job *meter_job_create(struct meter *meter, int64_t job_id, int32_t run_id,
                                   int32_t attempt_id, int64_t memory_limit_bytes,
                                   struct meter_entry *entry, struct error *err);
// the job's first process, leader of its own session
void meter_job_started(struct meter_job *job, pid_t pid);
// The name of the directory that holds it; NULL: there is none.
const char *meter_job_cgroup(const struct meter_job *job);

// Takes a sample (memory, processes), the first 20 ms after the start. Gives true when the job is
// over its limit and nothing but the runner can stop it (no cgroup, enforce): the runner kills it
// and reports oom. *next_usec: when the next one is due, from now (20 ms at first, doubling to 5 s;
// with cgroups only as often as anon memory is worth seeing).
bool meter_job_sample(struct meter_job *job, int64_t since_start_usec, int64_t *next_usec);

// What the job has used and holds now, and what the node: cpu_usec, memory_bytes, each UNKNOWN
// where nobody says. Also a sample.
void meter_job_now(struct meter_job *job, int64_t since_start_usec, struct usage_point *point);
void meter_node_now(const struct meter *meter, struct usage_point *point);
// Sends sig to every process of the job, those that left its session or were orphaned too.
void meter_job_signal(struct meter_job *job, int sig);
// The same without those of a program of that name; sig is not SIGKILL.
void meter_job_signal_but(struct meter_job *job, int sig, const char *name);

// After the first process was reaped, before the next wait4 (a process that ended with it is still
// to be seen): kills what outlives it and, when nothing does any more, fills usage (source, CPU,
// memory, OOM, limit) and gives 0. 1: processes are still dying: call again at the next SIGCHLD or
// within 10 ms; orphans that the runner reaps in the meantime are told by meter_job_reaped.
int meter_job_end(struct meter_job *job, const struct rusage *rusage, struct usage_record *usage);

// How many processes outlived the first one and were killed by meter_job_end.
size_t meter_job_killed(const struct meter_job *job);
// Does a process of that name belong to the job now?
bool meter_job_has_program(struct meter_job *job, const char *name);
// Has the kernel killed a process of it for want of memory?
bool meter_job_is_oom(const struct meter_job *job);
// Was its cgroup removed by somebody else, who takes the place for left by the dead?
bool meter_job_is_swept(const struct meter_job *job);

// A child that is no job's first process, nor the runner's own, was reaped (an orphan): its CPU
// time belongs to the job that left it, if known.
void meter_reaped(struct meter *meter, pid_t pid, const struct rusage *rusage);

// after meter_job_end gave 0, or when it never started
void meter_job_destroy(struct meter_job *job);

#endif
