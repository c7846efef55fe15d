// SPDX-License-Identifier: GPL-2.0-or-later
#ifndef LIB_STORE_SIZE_INFO_H
#define LIB_STORE_SIZE_INFO_H

#include <stdint.h>

struct size_info { // what jobs of a class used that completed; a figure may be UNKNOWN
    int64_t id;
    const char *name;
    int32_t cpus, gpus_milli, nodes;
    int64_t memory_bytes, runtime_usec;
    int64_t jobs, wall_sum_usec;
    int64_t out_of_memory, out_of_time; // attempts that ended so, or went on later
    int64_t cpus_known, memory_known;   // of the jobs: for so many
    int64_t wall_half_usec, wall_high_usec, wall_most_usec; // median, 95th percentile, maximum
    int64_t memory_half_bytes, memory_high_bytes, memory_most_bytes; // of a node, no less than that
    int64_t anon_most_bytes; // the same without page cache, as far as samples saw it
    int64_t cpus_half_milli, cpus_high_milli, cpus_most_milli; // of a node, over the job's life
};

#endif
