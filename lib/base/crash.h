// SPDX-License-Identifier: GPL-2.0-or-later
// Places where tests/storm kills a program; nothing at all without configure --enable-crash-points.
#ifndef LIB_BASE_CRASH_H
#define LIB_BASE_CRASH_H

#ifdef TORC_CRASH_POINTS
// Whoever can remove the file NAME from the folder $TORC_CRASH is killed with SIGKILL: a ticket is
// good for one crash.
void crash_point(const char *name);
#else
#define crash_point(name) ((void)0)
#endif

#endif
