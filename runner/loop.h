// SPDX-License-Identifier: GPL-2.0-or-later
// The loop: signals, replies, deadlines.
#ifndef RUNNER_LOOP_H
#define RUNNER_LOOP_H

#include "runner/runner.h"

// Runs until the runner has left. -1: it cannot go on (its jobs are ended, what is not recorded is
// lost).
int loop_run(struct runner *runner, struct error *err);

#endif
