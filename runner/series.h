// SPDX-License-Identifier: GPL-2.0-or-later
// Time series: what running jobs, and the node, have used so far, every few seconds, where the
// workflow asks for it.
#ifndef RUNNER_SERIES_H
#define RUNNER_SERIES_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/record.h"

struct runner;

struct series { // points taken, and those of the present request, whose room is used in turn
    int64_t due_usec;
    struct usage_point *points, *sent;
    size_t space, sent_space;
    uint32_t count;
};

// by its settings; the first points are due an interval later
void series_init(struct runner *runner);
void series_tick(struct runner *runner); // takes what is due by runner->now

// The points taken since the last call, for a request: they stay as they are until the next
// call.
const struct usage_point *series_take(struct runner *runner, uint32_t *count);

#endif
