// SPDX-License-Identifier: GPL-2.0-or-later
// What is executed for a job's command: the program itself, bash, or srun.
#ifndef RUNNER_JOB_PROGRAM_H
#define RUNNER_JOB_PROGRAM_H

#include "runner/job/job.h"

struct program { // of the job's arena
    const char *path;
    char **argv;
    char **fallback; // bash, for when path cannot be executed; NULL: it is bash already
    char **environment;
};

// Fills program. -1: it cannot be started here (srun outside an allocation, a disk that is
// full).
int program_make(struct jobs *jobs, struct job *job, struct program *program, struct error *err);

const char *bash_path(void);

#endif
