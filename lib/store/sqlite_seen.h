// SPDX-License-Identifier: GPL-2.0-or-later
// What jobs have seen, and restarts, within a transaction. Only sqlite*.c include it.
#ifndef LIB_STORE_SQLITE_SEEN_H
#define LIB_STORE_SQLITE_SEEN_H

#include "lib/store/sqlite_tx.h"

// The jobs and files of the request, by their ids, as store_restart has it. amended: what waits is
// counted anew even when nothing is reset.
int tx_restart(struct tx *tx, const struct restart_request *request, bool amended,
               struct restart_reply *reply, struct error *err);

int tx_start_run(struct tx *tx, struct error *err);

// Of jobs that are uninitialized: what they added. amended: the file has changed.
int tx_drop_spawned(struct tx *tx, bool amended, struct error *err);

// The job, in that state, gets more: in a class of that name, made if need be.
int tx_more(struct tx *tx, const struct restart_more *more, enum job_state state,
            struct error *err);
int tx_restarted_meanwhile(const struct tx *tx, struct error *err); // -1
// What foreign keys would say of the workflow's indices, one comparison each.
int tx_check_workflow(const struct workflow *workflow, struct error *err);
// The flags of its jobs, with those that the store sets. The caller's to free.
int32_t *tx_job_flags(const struct workflow *workflow);

// The version of a file that was seen like this.
int tx_version(struct db *db, int64_t file_id, const struct file_seen *seen, int64_t *version,
               struct error *err);
// A job that completed has seen its files so, in the order of its claim; another number of them
// than it has is no news.
int tx_files_seen(struct tx *tx, struct arena *arena, int64_t job_id, const struct file_seen *seen,
                  uint32_t count, struct error *err);
// Before that, and before its data is noted: did it write another content than the last time?
int tx_wrote_other(struct tx *tx, struct arena *arena, int64_t job_id, const struct file_seen *seen,
                   uint32_t count, bool *other, struct error *err);

#endif
