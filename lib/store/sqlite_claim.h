// SPDX-License-Identifier: GPL-2.0-or-later
// Shared by the two ways to claim: by class (sqlite_claim.c), in order (sqlite_claim_order.c).
#ifndef LIB_STORE_SQLITE_CLAIM_H
#define LIB_STORE_SQLITE_CLAIM_H

#include "lib/store/pack.h"
#include "lib/store/sqlite_give.h"

struct claim_class {
    int64_t id;
    struct claimed_job job; // what all jobs of the class have in common
    struct pack_shape shape;
    int32_t flags; // that a job must have
    sqlite3_stmt *cursor;
};

struct foreign_class { // it has ready jobs, but not for this runner
    struct pack_shape shape;
    int32_t nodes;
    const char *labels;
};

struct claim_state {
    struct tx *tx;
    const struct runner_row *runner;
    struct sync_reply *reply;
    struct pack_time time;
    struct pack pack;
    int64_t runtime_most_usec; // of jobs; 0: any
    int64_t made_for;          // the one class that the allocation is for; 0: any; -1: several
    int32_t nodes;             // of the jobs that are looked for
    uint32_t handed;           // of those claimed
    bool wide_ready;           // jobs of several nodes that are for this allocation are
    bool ordered;              // it was claimed in order: `classes` is not filled
    struct claim_class *classes;
    struct pack_head *heads;
    struct foreign_class *foreign;
    size_t classes_count, classes_space, claimed_space, foreign_count, foreign_space;
};

// Sets the shape, and whether the class is for this runner now: PACK_TIME_NO, it is not; labels and
// scheduler are the class's.
enum pack_time_fit claim_class_fits(const struct claim_state *state, struct claim_class *c,
                                    const char *scheduler, const char *labels);

// Longer than the runner wants now?
bool claim_is_too_long(const struct claim_state *state, const struct claim_class *c);

// Claims the job of this row of a statement (id, priority, rank, name, command, spec, flags,
// attempts, continuations, retries).
void claim_take(struct claim_state *state, const struct claim_class *c, sqlite3_stmt *s);

enum claim_order {
    ORDER_TAKEN, // what there is to take
    ORDER_NONE,  // of all ready jobs none is for this runner
    ORDER_DEEP,  // nor of the first of them; behind there may be others
};

// For a workflow of many classes: goes through the ready jobs in order of priority, as far as is
// worth it.
int claim_in_order(struct claim_state *state, enum claim_order *found, struct error *err);

#endif
