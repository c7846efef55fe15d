// SPDX-License-Identifier: GPL-2.0-or-later
// What Slurm says of the allocations that wait.
#ifndef CLI_STATUS_QUEUE_H
#define CLI_STATUS_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/show/screen.h"
#include "lib/store/infos.h"
#include "lib/store/store.h"

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

struct waiting;
// Lets it know what squeue says of its queued allocations, if there are any; queue must live as
// long. One request, unless they are those of the last time.
void status_queue_ask(struct status_queue *queue, struct waiting *waiting);

// Why jobs of the workflow wait, with what squeue says where any is ready. waiting_destroy is due
// before status_queue_fini. NULL: the database cannot be read.
struct waiting *status_queue_waiting(struct status_queue *queue, struct store *store,
                                     const struct workflow_info *workflow, struct error *err);

// jobs: those of Slurm that are not known to run. It is asked again only when they are others.
void status_queue_draw(struct status_queue *queue, const struct screen *screen, int64_t workflow_id,
                       const int64_t *jobs, size_t count);

#endif
