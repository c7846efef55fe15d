// SPDX-License-Identifier: GPL-2.0-or-later
// What a runner has started and the store may not know yet, in memory of this host that outlives
// the runner: a file below /dev/shm, mapped, so that noting a start costs no system call.
#ifndef LIB_STORE_START_LOG_H
#define LIB_STORE_START_LOG_H

#include <stdint.h>

#include "lib/base/error.h"
#include "lib/base/record.h"

struct store;
struct start_log;

// Of the runner with that incarnation, which is this process. NULL: there is no room for one; if
// the runner dies, everything that it holds counts as started.
struct start_log *start_log_create(const char *incarnation);

// NULL is fine. keep: the store was not told all, so the file stays for whoever declares the runner
// lost; else it is removed.
void start_log_destroy(struct start_log *log, bool keep);

// To be called before there is a process. Gives its place, for start_log_forget when the store
// knows how it ended, or there was no process after all; 0, which that ignores: not noted, and the
// log is no more, as one that misses a start would be a lie.
uint32_t start_log_note(struct start_log *log, const struct attempt_start *start);
void start_log_forget(struct start_log *log, uint32_t place);

// To be called before a runner is declared lost, after its journal was taken in. If it died on this
// host and left a log, then the store has its starts afterwards, what else it held has gone back,
// and the log is removed. No log, or a process that may be alive: nothing. Once more: nothing.
int start_log_replay(struct store *store, int64_t workflow_id, int64_t runner_id,
                     struct error *err);

#endif
