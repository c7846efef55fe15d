// SPDX-License-Identifier: GPL-2.0-or-later
// Allocations that ended before a runner came: something is wrong with them that asking for more
// does not mend.
#ifndef LIB_SLURM_DIED_H
#define LIB_SLURM_DIED_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/error.h"

struct store;

enum { DIED_MOST = 3 }; // so many in a row, and no more are asked for

struct died {
    int64_t count; // since a runner came last
    char *text;    // which one was the last, Slurm's word on it, the end of its log; NULL: none
};

// As far as Slurm's word on them was written down. died_fini is due on success.
int died_read(struct store *store, int64_t workflow_id, struct died *died, struct error *err);
void died_fini(struct died *died);

#endif
