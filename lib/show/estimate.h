// SPDX-License-Identifier: GPL-2.0-or-later
// About how long a workflow will take still: what is left of work, over the jobs that its runners
// have had side by side so far. Who waits for whom is not looked at.
#ifndef LIB_SHOW_ESTIMATE_H
#define LIB_SHOW_ESTIMATE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/error.h"

struct store;
struct pace_info;

struct estimate {
    bool known;         // false: there is nothing to go on
    int64_t left_usec;  // until the last job ends
    int64_t jobs_ended; // that it comes from
    int64_t slots;      // jobs side by side
};

// A pure function; runners: that are alive. Known only when one is, a job has ended, and something
// is left to do.
struct estimate estimate_make(const struct pace_info *pace, int runners);

// The same, of a workflow in the store: as many rows as it has classes, runners and running jobs.
int estimate_read(struct store *store, int64_t workflow_id, struct estimate *estimate,
                  struct error *err);

// "about 12 min left (from 40 jobs that ended, 8 at a time)", and what is in the brackets; NULL
// when it is not known. The caller's to free.
char *estimate_text(const struct estimate *estimate);
char *estimate_basis(const struct estimate *estimate);

#endif
