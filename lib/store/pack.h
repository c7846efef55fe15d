// SPDX-License-Identifier: GPL-2.0-or-later
// Which jobs a runner takes: pure arithmetic on shapes and orders. First whatever fits what is free
// now, in order of priority; a large job that does not fit never hides a small one that does. Then
// a few more to have at hand.
#ifndef LIB_STORE_PACK_H
#define LIB_STORE_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pack_shape {
    int32_t cpus, gpus_milli;
    int64_t memory_bytes;
};

struct pack {
    struct pack_shape free, capacity; // of the runner, now and when it is empty
    int32_t max_jobs, prefetch;       // how many more of either kind
};

// The next job of one class: all jobs of a class have one shape.
struct pack_head {
    bool empty; // the class has no job (more)
    struct pack_shape shape;
    int64_t priority, rank, id; // priority and rank: higher first; id: lower first
};

// No more of anything than that.
void pack_shape_limit(struct pack_shape *shape, const struct pack_shape *most);
bool pack_shape_fits(const struct pack_shape *shape, const struct pack_shape *room);

// The head to take next, or -1. What it needs is taken from pack->free while jobs that fit now are
// given out; after those, heads that fit the capacity count against pack->prefetch. The caller then
// replaces that head by the next of its class.
int pack_next(struct pack *pack, const struct pack_head *heads, size_t count);

// The head that others are about to pass: the first in order, where it fits the runner, but not
// what is free now; else -1.
int pack_passed(const struct pack *pack, const struct pack_head *heads, size_t count);

struct pack_end { // of a job that runs, and what it gives back then
    int64_t usec;
    struct pack_shape shape;
};
// When so much is free, if nothing else starts; INT64_MAX: never. Sorts the ends.
int64_t pack_fits_at(const struct pack_shape *free, const struct pack_shape *need, int64_t now_usec,
                     struct pack_end *ends, size_t count);

// A runner's labels and a class's, sorted and comma-separated or NULL: a runner with labels takes
// only jobs that have labels and none but these; one without, only jobs without.
bool pack_labels_fit(const char *runner_labels, const char *class_labels);

struct pack_time {
    int64_t left_usec;     // until jobs get their termination signal; 0: no end
    int64_t walltime_usec; // of the whole allocation; 0: no end
    int64_t elapsed_usec;  // of it
    bool of_others;        // the allocation was made for other classes
};

enum pack_time_fit {
    PACK_TIME_NO,
    PACK_TIME_TERMINABLE, // only jobs that support termination
    PACK_TIME_YES,
};

// May a job of this runtime start now? When it fits in the time left; a runtime of up to the whole
// walltime at the start of an allocation (the first minute, at most a tenth of it) too, since its
// limit is then what there is: if it was made for such jobs, as others have longer ones. A job that
// supports termination, when max(5 min, a tenth of its runtime) or half of the time that the
// allocation has for jobs is left. Not enforced: any time.
enum pack_time_fit pack_time_fits(const struct pack_time *time, int64_t runtime_usec,
                                  bool enforced);

#endif
