// SPDX-License-Identifier: GPL-2.0-or-later
// A number that nobody measured must not read as 0: a record begins with all of them unknown.
#include "lib/base/record.h"

void usage_record_init(struct usage_record *usage)
{
    *usage = (struct usage_record){
        .cpu_user_usec = UNKNOWN,
        .cpu_system_usec = UNKNOWN,
        .throttled_usec = UNKNOWN,
        .memory_peak_bytes = UNKNOWN,
        .memory_anon_bytes = UNKNOWN,
        .memory_anon_low_bytes = UNKNOWN,
        .memory_anon_high_bytes = UNKNOWN,
        .memory_limit_bytes = UNKNOWN,
        .swap_peak_bytes = UNKNOWN,
        .io_read_bytes = UNKNOWN,
        .io_write_bytes = UNKNOWN,
        .oom_kills = UNKNOWN,
        .processes_peak = UNKNOWN,
    };
}
