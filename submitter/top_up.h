// SPDX-License-Identifier: GPL-2.0-or-later
// Submitting for a workflow that exists: what its ready jobs need beyond the allocations it has.
#ifndef SUBMITTER_TOP_UP_H
#define SUBMITTER_TOP_UP_H

#include "lib/slurm/submit.h"

// Looks for submissions without an answer (heal), gives back what classes that have ended do not
// need, then plans and submits what the demand asks for; *taken: how many Slurm took. Nothing to do
// is no failure. Slurm is asked only when there is something to do. hasty, of a user who asks: do
// not mind that the last request was made a moment ago, and, with heal, see whether allocations
// were canceled in Slurm. *full, unless NULL: Slurm takes no more of this user's jobs now.
struct top_up {
    bool heal, hasty;
    bool *full;
};
int top_up(struct store *store, const char *db, int64_t workflow_id, struct top_up how,
           size_t *taken, struct error *err);

// Gives -1: there is no such workflow.
int workflow_is_missing(int64_t workflow_id, struct error *err);

#endif
