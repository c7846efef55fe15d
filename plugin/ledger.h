// SPDX-License-Identifier: GPL-2.0-or-later
// Which steps have delegated cgroups, on tmpfs: so that what a slurmstepd that was killed left can
// be found and ended.
#ifndef PLUGIN_LEDGER_H
#define PLUGIN_LEDGER_H

#include <sys/types.h>

#include "plugin/step.h"

// Enters the step and its directories as /run/torc/.steps/JOB.STEP.NODE, before anything is given
// to its user. task is a task's pid: its parent is the slurmstepd. At most two seconds, with the
// sweep that comes first: every step of this host whose slurmstepd is gone is ended, its tasks and
// their jobs killed, the cgroups and the entry removed; what is left then is for the next one.
// Spared are directories that were made again since, and those in which another slurmstepd lives
// (a requeued job comes back to the same ones). Of an earlier start of this very step only the
// delegated part is ended: its new task waits beside it.
// 0, or -1 with errno and no entry: EDQUOT, the user has enough on this host (delegate.h); EAGAIN,
// others had the ledger all the time.
int ledger_enter(const struct step *step, pid_t task);

// The step has been cleared.
void ledger_remove(const struct step *step);

#endif
