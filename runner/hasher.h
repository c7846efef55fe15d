// SPDX-License-Identifier: GPL-2.0-or-later
// The thread that reads what files hold, so that the loop never waits for a disk: lists of files,
// first come, first served. It starts with the first list.
#ifndef RUNNER_HASHER_H
#define RUNNER_HASHER_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/error.h"
#include "lib/base/record.h"

struct hasher;
struct hash_task; // a list of files that was given to it

struct hasher *hasher_create(int64_t most_bytes, struct error *err); // of a file: content_hash
// All tasks are taken or forgotten. It does not wait for a thread that hangs in a file system; the
// process can end without. NULL is fine.
void hasher_destroy(struct hasher *hasher);

int hasher_fd(const struct hasher *hasher); // readable when a task is done,
void hasher_hear(struct hasher *hasher);    // until it was heard

// Asks for the hashes of what `files` saw at these paths, relative to the current folder; both are
// copied. NULL: there is no answer to wait for, as it hangs in a file system or cannot be started.
struct hash_task *hasher_ask(struct hasher *hasher, const char *const *paths,
                             const struct file_seen *files, uint32_t count);

// true: it is done; files[…].hash are set, UNKNOWN where a file is not what was seen any more, and
// the task is gone.
bool hasher_take(struct hasher *hasher, struct hash_task *task, struct file_seen *files);
void hasher_forget(struct hasher *hasher, struct hash_task *task); // nobody waits for it any more

#endif
