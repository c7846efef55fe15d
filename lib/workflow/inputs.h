// SPDX-License-Identifier: GPL-2.0-or-later
// Are the files there that the jobs of a workflow read and none of them writes? (The one look at
// the disk; the rest is pure.)
#ifndef LIB_WORKFLOW_INPUTS_H
#define LIB_WORKFLOW_INPUTS_H

#include <stdbool.h>

#include "lib/text/problem.h"
#include "lib/workflow/workflow.h"

// Looks for every file that some job reads and none writes, relative to folder_fd; those that are
// not there become errors (to submit) or warnings (to validate). Two paths that are one file by a
// link on the disk, be it left over where a job is to write, are a warning, if a job writes it:
// nothing waits for it by the other one.
// Returns 0 when none became an error, else -1.
int workflow_check_inputs(const struct workflow *workflow, int folder_fd, bool error,
                          struct problems *problems);

#endif
