// SPDX-License-Identifier: GPL-2.0-or-later
// One attempt at a job: from the claim over its process to the verdict.
#ifndef RUNNER_JOB_H
#define RUNNER_JOB_H

#include "runner/runner.h"

/* A claimed job: into `held`. The batch counts it as a user. */
void job_hold(struct runner *runner, struct batch *batch, const struct claimed_job *claimed);

/* Starts it, or lets it wait for its inputs, when its share is free; false: it is not, and nothing has changed. */
bool job_begin(struct runner *runner, struct job *job);
void job_look_for_inputs(struct runner *runner, struct job *job); /* PHASE_INPUTS: starts it, waits on, or fails it */

/* What is due by runner->now: inputs, samples, limits, processes that are slow to die. */
void job_tick(struct runner *runner, struct job *job);
int64_t job_due(const struct job *job); /* when to call that next; INT64_MAX: never */

/* Ends it for that reason: its termination signal now, SIGKILL after grace_usec (0: at once). */
void job_stop(struct runner *runner, struct job *job, enum stop why, int64_t grace_usec);

/* Its first process was reaped; and, once more, for one that is slow to die. */
void job_reaped(struct runner *runner, struct job *job, int status, const struct rusage *rusage);
void job_end(struct runner *runner, struct job *job);

/* It has no process (any more) and never got a verdict: fails, or goes back, with that message (of the job's arena). */
void job_fail(struct runner *runner, struct job *job, enum attempt_reason reason, const char *message);

/* Takes it out of its list and frees it. */
void batch_release(struct batch *batch); /* one user less; the last one frees it */
void job_destroy(struct runner *runner, struct job *job);

/* The job of that id, or with that first process, or NULL. */
struct job *job_find(struct job_list *list, int64_t job_id);
struct job *job_find_pid(struct job_list *live, pid_t pid);

#endif
