// SPDX-License-Identifier: GPL-2.0-or-later
// More allocations, when the store says that some class needs them: torc-sbatch --top-up, in a
// child, so that the loop does not wait for Slurm.
#ifndef RUNNER_TOP_UP_H
#define RUNNER_TOP_UP_H

#include "runner/runner.h"

void top_up_start(struct runner *runner); // outside allocations, while one is under way, or 10 s
                                          // after it: nothing
// Slurm could not be reached: again, when the 10 s are over. False: nothing is to be done again.
bool top_up_when_due(struct runner *runner);
// Before the end, when the workflow is complete: allocations that still wait for Slurm are given
// back.
void top_up_last(struct runner *runner);
bool top_up_reaped(struct runner *runner, pid_t pid, int status); // true: it was that child

#endif
