// SPDX-License-Identifier: GPL-2.0-or-later
// Runners of this host that are dead and never said so.
#ifndef RUNNER_PREDECESSOR_H
#define RUNNER_PREDECESSOR_H

#include <stdint.h>

struct store;

struct predecessors {
    int64_t *ids; // the caller's to free
    uint32_t count;
};

// Of that workflow: those on this host whose process is no more (its number free, or another's,
// started later).
struct predecessors predecessors_find(struct store *store, int64_t workflow_id, const char *host);

#endif
