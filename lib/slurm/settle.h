// SPDX-License-Identifier: GPL-2.0-or-later
// What Slurm says of allocations that have not ended for the database: somebody may have canceled
// them, or they ended before a runner came.
#ifndef LIB_SLURM_SETTLE_H
#define LIB_SLURM_SETTLE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/error.h"

struct store;

struct settled {
    bool alive;    // some are queued or run, or Slurm did not answer
    bool canceled; // somebody canceled one
};

// Writes down which allocations of the workflow are over in Slurm. What Slurm could not start and
// holds until somebody releases it is canceled, and over: another may be asked for.
int settle(struct store *store, int64_t workflow_id, struct settled *settled, struct error *err);

#endif
