// SPDX-License-Identifier: GPL-2.0-or-later
// One attempt at a job, and all those of this runner. What happens to them is life.h.
#ifndef RUNNER_JOB_JOB_H
#define RUNNER_JOB_JOB_H

#include <sys/queue.h>

#include "lib/meter/meter.h"
#include "lib/workflow/job_spec.h"
#include "runner/job/environment.h"
#include "runner/job/gpus.h"
#include "runner/job/output.h"
#include "runner/job/phase.h"
#include "runner/job/recorder.h"
#include "runner/job/verdict.h"
#include "runner/node.h"

struct job {
    TAILQ_ENTRY(job) link; // in the list of its phase
    struct claimed_job claimed;
    struct batch *batch; // owns the texts of claimed
    struct arena *arena; // what belongs to the attempt
    struct job_spec spec;
    struct settings_of_job {
        enum stdio_mode stdio;
        bool delete_on_success;
        int signal;
    } how;
    enum phase phase;
    enum stop stop;
    uint32_t start_place; // in jobs->starts; 0: none
    bool start_sent, signaled, called_srun, recovering, settled;
    bool goes_back;    // held: not to be started here, given back with the next flush
    bool taken;        // started on a hint: the store learns of it afterwards
    struct job *ahead; // a hint: what may follow at once when it completes, and so on
    struct share share;
    struct meter_job *meter;
    struct job_gpus gpus;
    struct step_report *step; // of one that runs as a Slurm step, or NULL
    struct output_files files;
    struct recording *recording;  // of a stream, while that is not done; else NULL
    struct recorded recorded;     // what became of it; at 0: it has none
    struct file_seen *seen;       // its declared files, inputs first, or NULL: it has none
    struct hash_task *hash_task;  // they are being hashed
    struct output_before *before; // declared outputs that were there already, or NULL; outputs.h
    size_t leftovers;             // processes that outlived the first one
    int64_t sweep_usec; // killed by somebody: until then he may remove its cgroup; 0: not killed so
    // in the output folder, or NULL: a long command; what its process prints while recovering
    const char *script, *recovery_log;
    pid_t pid;
    // by the runner's clock (runner.now), 0: not due; due: look again at whatever it waits for
    int64_t held_usec, start_usec, limit_usec, kill_usec, due_usec, limit_length_usec;
    int32_t tries, status, signal_elsewhere; // tries: looks for files that are not visible
    struct rusage rusage;
    struct usage_record usage;
    const char **step_files; // records of its steps, to be removed when they are stored
    uint32_t step_files_count;
    struct attempt_end end; // end.start is set when it starts
};
TAILQ_HEAD(job_list, job);
struct jobs {
    int64_t workflow_id;
    const char *folder; // of the submission
    struct settings settings;
    struct node node;
    struct output output;
    struct recorder *recorder;
    struct environment *environment;
    struct meter *meter;
    struct gpus gpus;
    struct start_log *starts;    // NULL: there is none
    struct rlimit files_limit;   // of open files, as the runner found it: what jobs get
    int64_t now, suspended_usec; // now: monotonic, without the time in which all was suspended
    // ended: with a verdict, until somebody takes them out to tell it; live: from INPUTS to that
    struct job_list held, live, ended;
    uint32_t held_count, live_count, starts_unsent, signals_unsent;
    bool killed, swept; // jobs, by nobody known; and their cgroups are gone
};

void jobs_init(struct jobs *jobs);
// The time now by the clock of `now`, which does not advance while everything is suspended.
int64_t jobs_clock_usec(const struct jobs *jobs);
// Out of its list (from `ended` its taker took it), and freed with what hangs behind it.
void job_destroy(struct jobs *jobs, struct job *job);
void job_drop_ahead(struct job *job); // forgets the hints behind it
// The job of that id, or with that first process, or NULL.
struct job *job_find(struct job_list *list, int64_t job_id);
struct job *job_find_pid(struct job_list *live, pid_t pid);

#endif
