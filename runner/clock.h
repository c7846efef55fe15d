// SPDX-License-Identifier: GPL-2.0-or-later
// The two clocks of the runner, in microseconds: one for durations and deadlines, one for what goes
// into records.
#ifndef RUNNER_CLOCK_H
#define RUNNER_CLOCK_H

#include <stdint.h>
#include <time.h>

enum { USEC_PER_MSEC = 1000, USEC_PER_SEC = 1000000 };

static inline int64_t clock_read_usec(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * USEC_PER_SEC + t.tv_nsec / 1000;
}

// never set back; stands still for nothing but sleep of the machine
static inline int64_t clock_mono_usec(void)
{
    return clock_read_usec(CLOCK_MONOTONIC);
}

static inline int64_t clock_real_usec(void) // since 1970, UTC
{
    return clock_read_usec(CLOCK_REALTIME);
}

#endif
