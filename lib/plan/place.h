// SPDX-License-Identifier: GPL-2.0-or-later
// Jobs of unlike shape in allocations of one shape, as runners would take them: whatever fits what
// is free and ends in time, the longest first. Classes with counts, not single jobs. Pure.
#ifndef LIB_PLAN_PLACE_H
#define LIB_PLAN_PLACE_H

#include <stddef.h>
#include <stdint.h>

struct place_room { // of an allocation, for jobs; each node of it the same
    int32_t cpus, gpus_milli;
    int64_t memory_bytes;
};

struct place_jobs { // of one class
    struct place_room each;
    int64_t runtime_usec, count;
};

struct placed {
    int64_t left;           // jobs that found no place
    int64_t end_usec;       // when the last one ends
    struct place_room peak; // the most of each that was in use at once in one allocation
    int32_t side;           // most jobs side by side
};

// jobs: the longest first. So many allocations of that room start at once and last so long.
struct placed place_jobs(const struct place_jobs *jobs, size_t count, const struct place_room *room,
                         int64_t allocations, int64_t usec);

// How many such jobs the room holds side by side.
int64_t place_side_by_side(const struct place_room *each, const struct place_room *room);

#endif
