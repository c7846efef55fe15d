// SPDX-License-Identifier: GPL-2.0-or-later
// Where a workflow stands, as `torc status` draws it.
#ifndef CLI_STATUS_H
#define CLI_STATUS_H

#include "cli/status_queue.h"
#include "lib/show/screen.h"
#include "lib/store/read.h"

// What Slurm said about the queued allocations. It is asked again only when the set of them has
// changed: no loop polls it. Neither are attempts looked through for warnings.
struct status_view {
    struct store *store;
    const struct workflow_info *workflow;
    const struct screen *screen;
    struct status_queue *queue;
    int64_t now_usec;
};

int status_draw(struct status_view *view, struct error *err);

#endif
