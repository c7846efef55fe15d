// SPDX-License-Identifier: GPL-2.0-or-later
// Memory that the runner shares with torc-step, which is the task of a job that runs as a Slurm
// step and has the job as its child: what the job may have, what is to be done with it, and how it
// ended. Slurm itself says of an end too little (a signal is an exit code, an OOM anywhere in the
// step is exit code 1), and srun has one way to hand SIGTERM on, which is SIGKILL.
#ifndef RUNNER_JOB_STEP_REPORT_H
#define RUNNER_JOB_STEP_REPORT_H

#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/base/error.h"
#include "lib/base/record.h"

// Queued to torc-step by the runner, with the signal that all processes of the job get as its
// value. Any other signal that comes to torc-step goes to them as it is.
#define STEP_REPORT_SIGNAL SIGRTMIN

struct step_report {
    uint32_t size; // of this: both programs are of one build
    int fd;        // the runner's
    int kills;     // how often the runner has asked for the job's death
    int64_t job_id;
    int32_t run_id, attempt_id;
    int64_t memory_limit_bytes; // 0: none
    int64_t step_bytes;         // what its step may have by Slurm, which is a bit more
    bool bound;                 // set is valid
    cpu_set_t set;

    _Atomic int32_t pid;       // torc-step's; 0: it has not begun
    _Atomic bool ended;        // all that follows is there
    int32_t status;            // of the job's first process, as from wait
    bool over_memory;          // torc-step killed it: nothing else held it to its limit
    _Atomic bool called_srun;  // the job has steps of its own; known before it ends
    uint64_t leftovers;        // processes that outlived the first one
    struct usage_record usage; // without texts
};

// The variable that tells torc-step the runner's process id.
#define STEP_REPORT_RUNNER "TORC_STEP_RUNNER"

struct step_report *step_report_create(struct error *err); // the runner's
void step_report_destroy(struct step_report *report);      // NULL is fine
// That of a runner, by the number of its file there; NULL: it cannot be had.
struct step_report *step_report_open(int32_t runner, int fd);

#endif
