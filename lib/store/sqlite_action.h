// SPDX-License-Identifier: GPL-2.0-or-later
// Actions within a transaction: when they fire, who does them, what they hold up. Only sqlite*.c
// include it.
#ifndef LIB_STORE_SQLITE_ACTION_H
#define LIB_STORE_SQLITE_ACTION_H

#include "lib/store/action.h"
#include "lib/store/sqlite_tx.h"

// The rows of a workflow's actions; jobs: ids by index. Nothing fires yet.
int tx_actions_add(struct tx *tx, const struct workflow *workflow, const int64_t *jobs,
                   struct error *err);
// A changed file: those that are the same stay what they are.
int tx_actions_amend(struct tx *tx, const struct workflow *workflow, const int64_t *jobs,
                     struct error *err);

// Those that wait are looked at anew: what is there fires.
int tx_actions_look(struct tx *tx, struct error *err);
// A job became ready, or ended.
int tx_actions_job(struct tx *tx, int64_t job_id, struct error *err);
// Jobs that run again are uninitialized: those that waited for them wait again.
int tx_actions_restart(struct tx *tx, struct error *err);
// A runner came, or left: nodes that it asks for.
int tx_actions_worker(struct tx *tx, enum action_trigger trigger, struct error *err);
// All jobs have ended. *open: but commands are still to end.
int tx_actions_finish(struct tx *tx, int64_t *open, struct error *err);

// A runner's sync: what it has ended; what it is to do, and whether jobs wait for that
// (tx->starts).
int tx_actions_ended(struct tx *tx, int64_t runner_id, const struct action_wish *wish,
                     struct error *err);
int tx_actions_give(struct tx *tx, int64_t runner_id, const struct action_wish *wish,
                    struct arena *arena, struct action_news *news, struct error *err);
// What it claimed before, once more: a reply was lost.
int tx_actions_claimed_before(struct tx *tx, int64_t runner_id, struct arena *arena,
                              struct action_news *news, struct error *err);
// The runner has ended: what it was doing is for others.
int tx_actions_runner_ends(struct tx *tx, int64_t runner_id, struct error *err);

// Its allocations are in the database. *due: they had not been asked for.
int tx_action_submitted(struct tx *tx, int32_t position, bool *due, struct error *err);

#endif
