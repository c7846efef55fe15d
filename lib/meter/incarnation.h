// SPDX-License-Identifier: GPL-2.0-or-later
// The name of one start of the runner: which process it was, without any clock that can be set.
#ifndef LIB_METER_INCARNATION_H
#define LIB_METER_INCARNATION_H

// This process: "HOST-BOOTID-PIDNAMESPACE-STARTTICKS-PID". The caller's to free.
char *incarnation_make(const char *host);

// The process of that name, as seen from here: its pid; 0: it is no more; -1: it cannot be told
// from here (of another host, or of another pid namespace of this one).
int incarnation_process(const char *incarnation, const char *host);

#endif
