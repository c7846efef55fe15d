// SPDX-License-Identifier: GPL-2.0-or-later
// The clocks, in microseconds: one for durations and deadlines, one for what goes into records.
// Libc alone and no object file, so that the plugin has it too.
#ifndef LIB_BASE_CLOCK_H
#define LIB_BASE_CLOCK_H

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

static inline int64_t clock_mono_msec(void)
{
    return clock_mono_usec() / USEC_PER_MSEC;
}

static inline int64_t clock_real_usec(void) // since 1970, UTC
{
    return clock_read_usec(CLOCK_REALTIME);
}

static inline struct timespec clock_timespec(int64_t usec) // as nanosleep and its like want it
{
    return (struct timespec){.tv_sec = usec / USEC_PER_SEC, .tv_nsec = usec % USEC_PER_SEC * 1000};
}

// A runner is heard of so often; three times as long without a word, and Slurm is asked whether it
// is dead. (Where tests/storm kills everything, nobody has the time to wait so long.)
#ifdef TORC_CRASH_POINTS
enum { BEAT_SECS = 3 };
#else
enum { BEAT_SECS = 30 };
#endif

#endif
