// SPDX-License-Identifier: GPL-2.0-or-later
// The output files that a job declares: are they there when it ends, and did it write them?
#ifndef RUNNER_JOB_OUTPUTS_H
#define RUNNER_JOB_OUTPUTS_H

#include "runner/job/job.h"

// Before it starts: what is there already.
void outputs_note(struct job *job);

// The first that is not there, or NULL: then they are noted in job->seen as they are now. Looked
// for in vain for a while, as network file systems show new files late: its folder is opened.
const char *outputs_missing(struct job *job);

// The first that was there before the job began and has not been touched since, or NULL.
const char *outputs_untouched(const struct job *job);

#endif
