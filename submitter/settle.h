// SPDX-License-Identifier: GPL-2.0-or-later
// What Slurm says of submissions that have not ended for the database: somebody may have canceled
// them.
#ifndef SUBMITTER_SETTLE_H
#define SUBMITTER_SETTLE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/error.h"

struct store;

struct settled {
    bool alive;    // some are queued or run, or Slurm did not answer
    bool canceled; // somebody canceled one
};

// Writes down which submissions of the workflow are over in Slurm.
int settle(struct store *store, int64_t workflow_id, struct settled *settled, struct error *err);

#endif
