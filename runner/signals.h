// SPDX-License-Identifier: GPL-2.0-or-later
// The signals that keeper and runner read from a file descriptor instead of being interrupted by
// them.
#ifndef RUNNER_SIGNALS_H
#define RUNNER_SIGNALS_H

#include <signal.h>

// SIGCHLD, and those that mean something: INT, TERM, QUIT, HUP (unless ignored from the start:
// nohup), USR1, USR2, CONT.
void signals_fill(sigset_t *set);

// Blocks them, and SIGPIPE and SIGTTOU, in this thread and those it will make; signals that were
// ignored are no more, so that a child only has to clear its mask.
void signals_block(void);

#endif
