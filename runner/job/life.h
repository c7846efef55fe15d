// SPDX-License-Identifier: GPL-2.0-or-later
// What happens to a job between its claim and its verdict. A job that has ended only says so: it is
// in jobs->ended then, and nothing else starts because of it until somebody asks.
#ifndef RUNNER_JOB_LIFE_H
#define RUNNER_JOB_LIFE_H

#include "runner/job/job.h"

// A claimed job: into `held`. The batch counts it as a user.
void job_hold(struct jobs *jobs, struct batch *batch, const struct claimed_job *claimed);

// Starts it, or lets it wait for its inputs, when its share is free; false: it is not, and nothing
// has changed. One that cannot be started has ended.
bool job_begin(struct jobs *jobs, struct job *job);
// A process of the job, of which spawn says what it runs and where its output goes: in the job's
// cgroup, folder and CPUs, under its memory limit. -1: nothing of it is left.
struct spawn;
int job_spawn(struct jobs *jobs, struct job *job, struct spawn *spawn, struct error *err);
// PHASE_INPUTS: starts it, waits on, or fails it.
void job_look_for_inputs(struct jobs *jobs, struct job *job);

// A file is not visible: at due_usec it is looked for again, ever more seldom. False: it has been
// for latency_wait, since then.
bool job_looks_again(const struct jobs *jobs, struct job *job, int64_t since_usec);

// What is due by jobs->now: inputs, samples, limits, processes that are slow to die, outputs.
void job_tick(struct jobs *jobs, struct job *job);
int64_t job_due(const struct job *job); // when to call that next; INT64_MAX: never

// Ends it for that reason: its termination signal now, SIGKILL after grace_usec (0: at once).
void job_stop(struct jobs *jobs, struct job *job, enum stop why, int64_t grace_usec);

// Its first process was reaped; and, once more, for one that is slow to die.
void job_reaped(struct jobs *jobs, struct job *job, int status, const struct rusage *rusage);
void job_end(struct jobs *jobs, struct job *job);
// PHASE_DRAINING: goes on if what it printed is written, or has been for too long.
void job_drain(struct jobs *jobs, struct job *job);
// Nothing of it is alive: gives the verdict, or waits on for outputs that may only be late to
// become visible here (PHASE_OUTPUTS).
void job_look_for_outputs(struct jobs *jobs, struct job *job);

// It has no process (any more) and no verdict: fails, or goes back. message: of the job's arena.
void job_fail(struct jobs *jobs, struct job *job, enum attempt_reason reason, const char *message);

#endif
