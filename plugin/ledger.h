// SPDX-License-Identifier: GPL-2.0-or-later
// Which steps have delegated cgroups, on tmpfs: so that what a slurmstepd that was killed left can
// be found and ended.
#ifndef PLUGIN_LEDGER_H
#define PLUGIN_LEDGER_H

#include <sys/types.h>

#include "plugin/step.h"

// Notes the step and its directories in /run/torc/.steps/JOB.STEP.NODE. task is a task's pid: its
// parent is the slurmstepd. No failure matters but to a later sweep.
void ledger_add(const struct step *step, pid_t task);

// The step has been cleared.
void ledger_remove(const struct step *step);

// Ends every step of this host whose slurmstepd is gone: kills its tasks and their jobs, removes
// the cgroups and the entry. Of an earlier start of this very step (a requeued job comes back to
// the same directories, where its new task waits already) only the delegated part. At most two
// seconds; what is left then is for the next one.
void ledger_sweep(const struct step *own);

#endif
