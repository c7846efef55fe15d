// SPDX-License-Identifier: GPL-2.0-or-later
// Signals by name, as workflow files write them.
#ifndef LIB_BASE_SIGNALS_H
#define LIB_BASE_SIGNALS_H

#define SIGNAL_NAMES "SIGTERM, SIGINT, SIGUSR1, SIGUSR2, SIGHUP or SIGKILL"

// The number of "SIGTERM" or "TERM" (in either case), or 0 when it is none of SIGNAL_NAMES.
int signal_find(const char *name);

// The number of any signal of that name, with or without SIG, or 0.
int signal_number(const char *name);

#endif
