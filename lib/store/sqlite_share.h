// SPDX-License-Identifier: GPL-2.0-or-later
// What jobs of several nodes hold on the nodes of their allocation. Only sqlite*.c include it.
#ifndef LIB_STORE_SQLITE_SHARE_H
#define LIB_STORE_SQLITE_SHARE_H

#include "lib/store/pack.h"
#include "lib/store/sqlite_give.h"

struct wide {      // an allocation of several nodes, as one of its runners finds it
    int32_t nodes; // of it; 1: it is none
    bool whole;    // no node has lost its runner, or has none yet after a minute: jobs may come
    bool ready;    // each has one: they may start
    struct pack_shape own, shared; // free at this runner, and at every one of them
};

int tx_wide(struct tx *tx, const struct runner_row *runner, struct wide *wide, struct error *err);

// The job that the runner has claimed holds its share at all other runners of the allocation.
int tx_share_take(struct tx *tx, const struct runner_row *runner, const struct claimed_job *job,
                  struct error *err);
// It never started.
int tx_share_drop(struct tx *tx, int64_t job_id, struct error *err);
// The attempt has ended where it was started: the others clear up, and say what was used there.
int tx_share_end(struct tx *tx, const struct attempt_start *start, struct error *err);
// A runner ends: so do the shares of what it has started, and, if it is lost, the jobs that have a
// share at it.
int tx_share_runner_ends(struct tx *tx, int64_t runner_id, bool lost, struct error *err);

// What the runner has cleared, or its jobs are to get elsewhere; what it is to clear, or to signal;
// what it still holds.
int tx_share_cleared(struct tx *tx, int64_t runner_id, const struct share_end *share,
                     struct error *err);
int tx_shares_open(struct tx *tx, const struct runner_row *runner,
                   const struct sync_request *request, struct sync_reply *reply, struct error *err);

// What an attempt has used on other nodes already, to be counted with its end.
int tx_share_used(struct tx *tx, int64_t class_id, enum job_state state, int64_t attempt,
                  struct error *err);

int tx_usage_add(struct tx *tx, int64_t attempt, const struct usage_record *usage,
                 struct error *err);

#endif
