// SPDX-License-Identifier: GPL-2.0-or-later
// What a runner is given within a sync's transaction: jobs, and hints. Only sqlite*.c include it.
#ifndef LIB_STORE_SQLITE_GIVE_H
#define LIB_STORE_SQLITE_GIVE_H

#include "lib/store/sqlite_tx.h"

struct runner_row { // the runner of a sync, with what its allocation allows
    int64_t id, workflow_id, seq, allocation_id, started_usec, limit_usec, memory_bytes,
        allocation_start_usec;
    int64_t walltime_usec; // of its submission; 0: none
    int32_t cpus, gpus_milli;
    int32_t nodes;            // that its jobs may have: those of its allocation, at the first
    int32_t allocation_nodes; // 1: alone
    bool ended, lost;
    enum workflow_state state;
    const char *labels, *scheduler;
};

// Takes ready jobs for the runner as claim says; they become pending. may_come as in sync_reply.
// *left: others are ready still, for this runner or another one.
int tx_claim(struct tx *tx, const struct runner_row *runner, const struct claim_request *claim,
             struct sync_reply *reply, bool *left, struct error *err);
int tx_claimed_before(struct tx *tx, const struct runner_row *runner, struct sync_reply *reply,
                      struct error *err);
// The job of a row of CLAIMED_BEFORE or JOB_NEXT; then its run and its files.
struct claimed_job tx_claimed_row(struct arena *arena, sqlite3_stmt *s);
int tx_job_files(struct tx *tx, struct arena *arena, struct claimed_job *job, struct error *err);

// A job that the runner started on a hint: claims it for the runner, if it is ready and
// nobody's.
int tx_take(struct tx *tx, int64_t runner_id, const struct attempt_start *start, struct error *err);
// Fills reply->hints for the jobs of request->ahead and those just claimed.
int tx_hints(struct tx *tx, const struct sync_request *request, struct sync_reply *reply,
             struct error *err);

// Fills reply->canceled: sqlite_steer.c.
int tx_canceled(struct tx *tx, int64_t runner_id, struct sync_reply *reply, struct error *err);

#endif
