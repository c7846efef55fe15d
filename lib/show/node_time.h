// SPDX-License-Identifier: GPL-2.0-or-later
// Where the time of nodes went: what an allocation held, CPUs times seconds, in parts that sum up
// to it. torc-report(1) says what each part is.
#ifndef LIB_SHOW_NODE_TIME_H
#define LIB_SHOW_NODE_TIME_H

#include <jansson.h>

#include "lib/store/read.h"

enum node_time_part {
    TIME_USED,    // by attempts that completed, or go on from a checkpoint
    TIME_RUNNING, // by those that run
    TIME_LOST,    // by all others
    TIME_WAITED,  // idle: the rest
    TIME_UNFIT,   // idle beside jobs, while others were ready that did not fit
    TIME_STARTUP, // until the first job started
    TIME_DRAIN,   // from the end of the last job on
    TIME_UNKNOWN, // of a runner that was not heard of
    TIME_PARTS,
};

struct node_time {                 // CPU microseconds
    int64_t asked_usec, held_usec; // UNKNOWN: it never started
    int64_t parts[TIME_PARTS];     // their sum is held_usec; else all UNKNOWN
};

extern const char *const node_time_keys[TIME_PARTS]; // "used", … as JSON and CSV have them

// A pure function; runners: all that the allocation had, of every start.
struct node_time node_time_make(const struct allocation_info *allocation,
                                const struct runner_info *runners, size_t count, int64_t now_usec);

// Adds an allocation that has started to a sum, which begins as {0}.
void node_time_add(struct node_time *sum, const struct node_time *one);

// Whole per cents whose sum is 100; all 0 when nothing is held.
void node_time_percents(const struct node_time *time, int percents[TIME_PARTS]);

// "61% used by jobs, 30% idle (nothing to start), 9% start-up"; NULL when nothing is held. The
// caller's to free.
char *node_time_text(const struct node_time *time);

json_t *node_time_json(const struct node_time *time); // a new reference

// The runners of a workflow by their allocations: read once, then looked up.
struct node_times {
    struct runner_info *runners; // of their texts only the nodes
    size_t count, space;
    struct arena *arena;
    int64_t now_usec;
};
int node_times_read(struct node_times *times, struct store *store, int64_t workflow_id,
                    int64_t now_usec, struct error *err);
struct node_time node_times_of(const struct node_times *times,
                               const struct allocation_info *allocation);
void node_times_fini(struct node_times *times);

#endif
