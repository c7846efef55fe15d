// SPDX-License-Identifier: GPL-2.0-or-later
// Time series: what running jobs, and the node, have used so far, every few seconds, where the
// workflow asks for it.
#ifndef RUNNER_SERIES_H
#define RUNNER_SERIES_H

#include <stddef.h>
#include <stdint.h>

#include "runner/job/job.h"

struct series { // points taken, and those of the present request, whose room is used in turn
    int64_t due_usec;
    struct usage_point *points, *sent;
    size_t space, sent_space;
    uint32_t count;
    struct arena *texts, *sent_texts; // of the points; NULL: they have none
};

// by its settings; the first points are due an interval later
void series_init(struct series *series, const struct jobs *jobs);
// Takes what is due by jobs->now.
void series_tick(struct series *series, struct jobs *jobs);

// The points taken since the last call, for a request: they stay as they are until the next
// call.
const struct usage_point *series_take(struct series *series, uint32_t *count);
void series_fini(struct series *series);

#endif
