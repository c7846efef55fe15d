// SPDX-License-Identifier: GPL-2.0-or-later
// Slurm steps of a job: their usage, as the plugin recorded it, and their end.
#ifndef RUNNER_JOB_STEPS_H
#define RUNNER_JOB_STEPS_H

#include "runner/job/job.h"

// Before srun is started for the job: job->step, which tells its torc-step what it may have.
int steps_prepare(const struct jobs *jobs, struct job *job, struct error *err);

// All processes of a job get the signal, those in steps on this node, too: no request to Slurm. An
// srun gets none, as it would kill its step at once, unless its step has not begun: it gives it up.
// For other nodes it is noted: job->signal_elsewhere.
void steps_signal(struct jobs *jobs, struct job *job, int sig);

// Kills them, in such a way that their end is recorded; true: it is under way. false: that took too
// long, or there is no step; all that is found of it on this node was killed the hard way, and srun
// is to be.
bool steps_kill(const struct jobs *jobs, struct job *job);

// Kills what is marked as the job's, whatever srun it descends from. Gives how many it found.
int steps_kill_all(const struct jobs *jobs, const struct job *job);

// Has the job steps of its own, by an srun that it calls? As far as it has been seen yet.
bool steps_own(const struct jobs *jobs, struct job *job);

// The first process has ended. Is something of its step alive, or of its own steps when it was
// killed (a killed srun leaves them)? Then it was killed now, and another look is due.
bool steps_linger(const struct jobs *jobs, struct job *job);

// Takes the records of the job's attempt on this node into its end: job->end.usages, of the job's
// arena, beginning with job->usage if that is known. Of a job that ran as a step the usage is the
// plugin's record of that step, else what torc-step measured, else there is none; its wait status
// is what torc-step said, else the record's, else srun's.
void steps_collect(struct jobs *jobs, struct job *job);
// the records are in the database: the files go
void steps_forget(struct job *job);

// Ends what dead runners of the workflow had in steps of the allocation on this node, and waits for
// that; also of jobs of several nodes, which are lost with one, wherever they were started. db,
// workflow: entries of the environment.
void steps_sweep(const struct jobs *jobs, const char *db, const char *workflow);

// A job that was started on another node: what it has here gets share->signal.
void steps_signal_share(const struct jobs *jobs, const struct share_end *share);

// What such a job, started on another node, has used on this one; what is left of it here is
// killed. Its records go once they are stored. All in the arena.
struct step_files {
    const char **names;
    uint32_t count;
};
void steps_of_share(const struct jobs *jobs, struct arena *arena, struct share_end *share,
                    struct step_files *files);
void step_files_remove(const struct step_files *files);

#endif
