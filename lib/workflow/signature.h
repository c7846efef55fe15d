// SPDX-License-Identifier: GPL-2.0-or-later
// What of a job makes it run again when it changes in the file: its command and script, its
// environment and folder, the names of its needs, the paths of its files, the names of its data.
// Not its class, scheduler, handler, priority, output or description.
#ifndef LIB_WORKFLOW_SIGNATURE_H
#define LIB_WORKFLOW_SIGNATURE_H

#include "lib/workflow/workflow.h"

// One hash a job, in the order of the jobs, which does not depend on the order of its lists; a
// barrier has that of its needs. The caller's to free.
int64_t *workflow_signatures(const struct workflow *workflow);

#endif
