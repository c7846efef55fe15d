// SPDX-License-Identifier: GPL-2.0-or-later
// Runs the workflow: the runner's life, from its options to its exit code.
#ifndef RUNNER_RUN_H
#define RUNNER_RUN_H

#include "runner/keeper.h"

// Runs the workflow; the program's exit code. argument: const struct options *.
int run_main(void *argument, struct keeper_shared *shared);

#endif
