// SPDX-License-Identifier: GPL-2.0-or-later
// One attempt at a job: from the claim over its process to the verdict.
#ifndef RUNNER_JOB_H
#define RUNNER_JOB_H

#include <sys/queue.h>
#include <sys/resource.h>

#include "lib/base/arena.h"
#include "lib/meter/meter.h"
#include "lib/store/run.h"
#include "lib/workflow/job_spec.h"
#include "runner/node.h"
#include "runner/output.h"
#include "runner/verdict.h"

struct runner;

enum phase {
    PHASE_HINT,    // not claimed: in the chain of a job that it waits for
    PHASE_HELD,    // claimed, to be started when it fits
    PHASE_INPUTS,  // has its share, waits for its inputs to become visible
    PHASE_RUNNING, // has a process
    PHASE_DYING,   // the first process is gone, others not yet
    PHASE_ENDED,   // has its verdict, which the store has not acknowledged
};

// Claimed jobs own nothing: their texts live as long as the reply that brought them.
struct batch {
    struct sync_reply reply;
    uint32_t users;
};

struct job {
    TAILQ_ENTRY(job) link; // in the list of its phase
    struct claimed_job claimed;
    struct batch *batch;
    struct arena *arena; // what belongs to the attempt
    struct job_spec spec;
    struct settings_of_job {
        enum stdio_mode stdio;
        bool delete_on_success;
        int signal;
    } how;
    enum phase phase;
    enum stop stop;
    bool start_sent, signaled, killed, over_memory;
    bool taken;        // started on a hint: the store learns of it afterwards
    struct job *ahead; // a hint: what may follow at once when it completes, and so on
    struct share share;
    struct meter_job *meter;
    struct output_files files;
    const char *script; // file in the output folder that holds a long command, or NULL
    pid_t pid;
    // by the runner's clock (runner.now), 0: not due; due: look again (inputs, samples, dying)
    int64_t held_usec, start_usec, limit_usec, kill_usec, due_usec;
    int64_t limit_length_usec;
    int32_t tries, status;
    struct rusage rusage;
    struct usage_record usage;
    const char **step_files; // records of its steps, to be removed when they are stored
    uint32_t step_files_count;
    struct attempt_end end; // end.start is set when it starts
};

TAILQ_HEAD(job_list, job);

// A claimed job: into `held`. The batch counts it as a user.
void job_hold(struct runner *runner, struct batch *batch, const struct claimed_job *claimed);

// Starts it, or lets it wait for its inputs, when its share is free; false: it is not, and nothing
// has changed.
bool job_begin(struct runner *runner, struct job *job);
// PHASE_INPUTS: starts it, waits on, or fails it.
void job_look_for_inputs(struct runner *runner, struct job *job);

// What is due by runner->now: inputs, samples, limits, processes that are slow to die.
void job_tick(struct runner *runner, struct job *job);
int64_t job_due(const struct job *job); // when to call that next; INT64_MAX: never

// Ends it for that reason: its termination signal now, SIGKILL after grace_usec (0: at once).
void job_stop(struct runner *runner, struct job *job, enum stop why, int64_t grace_usec);

// Its first process was reaped; and, once more, for one that is slow to die.
void job_reaped(struct runner *runner, struct job *job, int status, const struct rusage *rusage);
void job_end(struct runner *runner, struct job *job);

// It has no process (any more) and no verdict: fails, or goes back. message: of the job's arena.
void job_fail(struct runner *runner, struct job *job, enum attempt_reason reason,
              const char *message);

void batch_release(struct batch *batch); // one user less; the last one frees it
// Takes it out of its list and frees it.
void job_destroy(struct runner *runner, struct job *job);

// The job of that id, or with that first process, or NULL.
struct job *job_find(struct job_list *list, int64_t job_id);
struct job *job_find_pid(struct job_list *live, pid_t pid);

#endif
