// SPDX-License-Identifier: GPL-2.0-or-later
// Where a workflow stands, as `torc status` draws it.
#ifndef CLI_STATUS_H
#define CLI_STATUS_H

#include "lib/show/screen.h"
#include "lib/store/read.h"

// What Slurm said about the queued allocations. It is asked again only when the set of them has
// changed: no loop polls it. Neither are attempts looked through for warnings.
struct status_queue {
    int64_t asked; // sum of the ids that it was asked about; 0: never
    char *text;    // squeue's lines, or NULL
    char *error;   // why there are none, or NULL
    // jobs that had a warning (or more of them), when so many had completed
    int64_t completed;
    uint32_t warned;
    bool warned_more;
};
void status_queue_fini(struct status_queue *queue);

struct status_view {
    struct store *store;
    const struct workflow_info *workflow;
    const struct screen *screen;
    struct status_queue *queue;
    int64_t now_usec;
};

int status_draw(struct status_view *view, struct error *err);

#endif
