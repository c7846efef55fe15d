// SPDX-License-Identifier: GPL-2.0-or-later
// Measuring a task that has ended, from its cgroup, and writing its usage record.
#ifndef PLUGIN_RECORD_H
#define PLUGIN_RECORD_H

#include "plugin/step.h"

#define RECORD_FILES_MAX 4096 // in a user's folder: beyond that nothing is written

// Reads the cgroup of the task while it still exists and writes /run/torc/UID/JOB.STEP.NODE.TASK.
// status: as from wait(). 0, or -1 with errno and nothing written.
int record_write(const struct step *step, unsigned local_id, int status);

// Removes what the runner of this step would have removed, had it lived: records of its job on this
// node. After its step nobody reads them any more.
void record_drop(const struct step *step);

#endif
