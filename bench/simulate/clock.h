// SPDX-License-Identifier: GPL-2.0-or-later
// The time of day as the store sees it, in a program that links clock.c: its own clock_gettime
// stands before that of libc.
#ifndef BENCH_SIMULATE_CLOCK_H
#define BENCH_SIMULATE_CLOCK_H

#include <stdint.h>

extern int64_t clock_virtual_usec; // since 1970; 0: as it really is

#endif
