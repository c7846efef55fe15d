// SPDX-License-Identifier: GPL-2.0-or-later
// The output files that a job declares: are they there when it ends, and did it write them?
#ifndef RUNNER_JOB_OUTPUTS_H
#define RUNNER_JOB_OUTPUTS_H

#include "runner/job/job.h"

// Before it starts: what is there already.
void outputs_note(struct job *job);

// The first that is not there, or NULL: then they are noted in job->seen as they are now. Its
// folder is opened to make a network file system look.
const char *outputs_missing(struct job *job);

// Could one that is missing only be late? Network file systems show new files late, local ones at
// once.
bool outputs_may_lag(const char *path);

// The first that was there before the job began and has not been touched since, or NULL.
const char *outputs_untouched(const struct job *job);

#endif
