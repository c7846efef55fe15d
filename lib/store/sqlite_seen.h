// SPDX-License-Identifier: GPL-2.0-or-later
// What jobs have read and written, as rows of file_version. Only sqlite*.c include it.
#ifndef LIB_STORE_SQLITE_SEEN_H
#define LIB_STORE_SQLITE_SEEN_H

#include "lib/store/sqlite_tx.h"

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
