// SPDX-License-Identifier: GPL-2.0-or-later
// The end of the runner's time: of its allocation, by a signal of Slurm's, or by the user's.
#ifndef RUNNER_DRAIN_H
#define RUNNER_DRAIN_H

#include "runner/runner.h"

// Nothing starts any more; what runs gets its termination signal now and SIGKILL after
// grace_usec.
void drain_begin(struct runner *runner, enum stop why, int64_t grace_usec);

void drain_signal(struct runner *runner,
                  int sig);             // one that the keeper relayed, or that says it is dead
void drain_tick(struct runner *runner); // when the allocation's margin has come
int64_t drain_due(const struct runner *runner);
// The folder that the workflow lives in is no more, and with it what could be written.
bool drain_is_homeless(void);

#endif
