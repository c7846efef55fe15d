// SPDX-License-Identifier: GPL-2.0-or-later
// sbatch's time syntax: what the numbers mean depends on how many there are, and on whether days
// come first.
#include "lib/base/walltime.h"

#include <ctype.h>
#include <stddef.h>

int walltime_parse(const char *text, int64_t *usec)
{
    enum { NUMBERS = 3, MOST = 1000000 };
    static const int64_t secs_plain[NUMBERS][NUMBERS] = {{60}, {60, 1}, {3600, 60, 1}};
    static const int64_t secs_days[NUMBERS] = {3600, 60, 1};
    int64_t numbers[NUMBERS], days = -1, total = 0;
    size_t count = 0;
    for (const char *at = text;; at++) {
        int64_t n = 0;
        if (!isdigit((unsigned char)*at))
            return -1;
        for (; isdigit((unsigned char)*at); at++)
            if ((n = n * 10 + (*at - '0')) > MOST)
                return -1;
        if (*at == '-' && days < 0 && !count) {
            days = n;
            continue;
        }
        if (count == NUMBERS)
            return -1;
        numbers[count++] = n;
        if (!*at)
            break;
        if (*at != ':')
            return -1;
    }
    for (size_t i = 0; i < count; i++)
        total += numbers[i] * (days < 0 ? secs_plain[count - 1][i] : secs_days[i]);
    total += days > 0 ? days * 86400 : 0;
    *usec = total * 1000000;
    return total > 0 ? 0 : -1;
}
