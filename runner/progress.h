// SPDX-License-Identifier: GPL-2.0-or-later
// What the user sees while a workflow runs here, and at its end.
#ifndef RUNNER_PROGRESS_H
#define RUNNER_PROGRESS_H

#include "runner/runner.h"

void progress_begin(struct runner *runner); // the store is the main thread's still
void progress_tick(struct runner *runner);  // the line, when it is due

void progress_clear(void); // away with the line, before a message is written

// The end of a run by hand: how it went, what failed, what to type next. Gives the exit code.
int progress_end(struct runner *runner);

#endif
