// SPDX-License-Identifier: GPL-2.0-or-later
// When Slurm will end a job: asked of squeue, which is there wherever jobs run (slurm-query may not
// be).
#ifndef LIB_SLURM_END_H
#define LIB_SLURM_END_H

#include <stdint.h>
#include <sys/types.h>

struct slurm_end { // a question under way
    pid_t pid;     // the child that asks, for its parent to reap; 0: there is none
    int answer;    // the file that it writes to
    int64_t job_id;
};

// Begins to ask; without success pid stays 0. slurm_end_take is due when pid was reaped.
void slurm_end_ask(struct slurm_end *ask, int64_t job_id);

// The end by the real clock; 0: no answer, or the job has no limit. The question is over.
int64_t slurm_end_take(struct slurm_end *ask);
void slurm_end_fini(struct slurm_end *ask); // gives up a question that may be under way

// Asks and waits, for 10 seconds at most.
int64_t slurm_end_wait(int64_t job_id);

// What squeue printed of this job; 0 for "N/A" (no limit) and for nothing. Asked for an array,
// whose last element has the array's id, squeue prints all of it.
int64_t slurm_end_parse(const char *text, int64_t job_id);

#endif
