// SPDX-License-Identifier: GPL-2.0-or-later
// Slurm steps of a job: their usage, as the plugin recorded it, and their end.
#ifndef RUNNER_JOB_STEPS_H
#define RUNNER_JOB_STEPS_H

#include "runner/job/job.h"

// Takes the records of the job's attempt on this node into its end: job->end.usages, of the job's
// arena, beginning with job->usage. For a job that was started by srun the record of that step
// becomes the job's usage and its wait status; without the plugin it has none.
void steps_collect(struct jobs *jobs, struct job *job);
// the records are in the database: the files go
void steps_forget(struct job *job);

enum step_end { STEP_UNHEARD, STEP_EXITED, STEP_SIGNALED, STEP_OOM };
// Of a job that was started by srun, failed, and has no record: what srun said of its task at the
// end of the job's standard error (NULL: nothing). Makes the wait status of one that a signal
// killed.
enum step_end steps_hear(struct job *job, const char *tail);

// Tells the tasks on this node of a job that was started by srun; told itself, srun would kill them
// at once. false: there is none (yet).
bool steps_signal(const struct jobs *jobs, const struct job *job, int sig);
// Kills them; killing srun does not.
void steps_kill(const struct jobs *jobs, const struct job *job);

#endif
