// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/simulate/clock.h"

#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int64_t clock_virtual_usec;

int clock_gettime(clockid_t clock, struct timespec *t)
{
    if (clock != CLOCK_REALTIME || !clock_virtual_usec)
        return (int)syscall(SYS_clock_gettime, clock, t);
    *t = (struct timespec){.tv_sec = clock_virtual_usec / 1000000,
                           .tv_nsec = clock_virtual_usec % 1000000 * 1000};
    return 0;
}
