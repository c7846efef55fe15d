// SPDX-License-Identifier: GPL-2.0-or-later
// What planning and submitting need from the database: how much work waits per class and pool, how
// much room there is for it, and one row per sbatch call, committed before the call.
#ifndef LIB_STORE_PLAN_H
#define LIB_STORE_PLAN_H

#include "lib/base/record.h"
#include "lib/plan/demand.h"
#include "lib/store/store.h"

// The demand of a workflow now. need = ready + soon; a request is due when ready > 0, need > room
// and nothing is waiting.
int store_demand(struct store *store, int64_t workflow_id, struct demand *demand,
                 struct error *err);

struct submission {
    int64_t id, class_id, slurm_job_id; // slurm_job_id 0: no answer yet
    const char *tag, *partition, *scheduler, *arguments, *script, *error;
    enum allocation_state state;
    int32_t allocations, cpus, gpus, nodes, slots, rounds;
    int64_t memory_bytes, walltime_usec, created_usec, answered_usec;
    int32_t action;  // that asks for it; 0: it was planned
    int32_t classes; // of its pool, those that it was made for
    int64_t pool;    // of its class; read only
    // when it is made: the one that Slurm found too large, as `error` says, which it is refused as;
    // 0: none
    int64_t replaces;
};

// Inserts the rows in one transaction, with an allocation row per element, state planned; ids are
// filled in, and in each tag "%w" and "%s" become the workflow's and the submission's id (the tag
// is replaced by memory of the arena). Unless `force`, a submission whose pool has one waiting, or
// had one made in the last 10 s, is left out: its id becomes 0; and so
// is one of an action whose allocations somebody has asked for.
int store_submissions_create(struct store *store, int64_t workflow_id, struct submission *list,
                             uint32_t count, bool force, struct arena *arena, struct error *err);

// What sbatch answered: a job id (state queued), or error (state canceled, event
// submission_failed). Both: it has ended or was canceled since, and why (event
// allocation_canceled). Neither: sbatch has ended, and what it did is not known.
int store_submission_answered(struct store *store, int64_t submission_id, int64_t slurm_job_id,
                              const char *error, struct error *err);

// These allocations of the submission ended (state ENDED) or were canceled (CANCELED) without a
// runner: why, in Slurm's words. One that a runner has come to meanwhile stays as it is, and the
// submission is what its allocations are.
int store_allocations_over(struct store *store, int64_t submission_id, const int64_t *ids,
                           uint32_t count, enum allocation_state state, const char *why,
                           struct error *err);

struct submissions {
    struct submission *list;
    uint32_t count;
    struct arena *arena;
};

// All submissions of a workflow, oldest first.
int store_submissions(struct store *store, int64_t workflow_id, struct submissions *submissions,
                      struct error *err);
void submissions_fini(struct submissions *submissions);

#endif
