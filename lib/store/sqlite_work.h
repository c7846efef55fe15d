// SPDX-License-Identifier: GPL-2.0-or-later
// What a runner's time went into, kept in its row by the transactions that tell of its attempts, so
// that nobody adds up attempts to know it. Only sqlite*.c include it.
#ifndef LIB_STORE_SQLITE_WORK_H
#define LIB_STORE_SQLITE_WORK_H

#include "lib/store/sqlite_give.h"
#include "lib/store/sync.h"

// An attempt of the runner began, or ended; useful: what it did is not to be done again.
void tx_work_start(struct tx *tx, const struct runner_row *runner,
                   const struct attempt_start *start);
int tx_work_end(struct tx *tx, const struct runner_row *runner, int64_t class_id,
                const struct attempt_end *end, bool useful, struct error *err);
// Before the open attempts of a runner that ends are ended: they are lost.
int tx_work_runner_ends(struct tx *tx, int64_t runner_id, bool lost, struct error *err);
int tx_work_write(struct tx *tx, struct error *err); // of tx_finish

// CPUs that stay free beside the runner's jobs although others are ready (left: in the database):
// after this claim, and what was claimed by it. Of an allocation of several nodes it is not known,
// and 0.
int32_t work_unfit_cpus(const struct runner_row *runner, const struct claim_request *claim,
                        const struct sync_reply *reply, bool left);

#endif
