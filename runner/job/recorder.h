// SPDX-License-Identifier: GPL-2.0-or-later
// The thread that takes what jobs print out of their pipes and appends it to the runner's stream
// file (lib/base/stream.h), so that the loop never waits for a disk. It starts with the first job.
#ifndef RUNNER_JOB_RECORDER_H
#define RUNNER_JOB_RECORDER_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/error.h"
#include "lib/base/stream.h"

struct recorder;
struct recording; // of one attempt

// path: of the file, relative to the current folder; copied. It is made when there is something to
// write.
struct recorder *recorder_create(const char *path, struct error *err);
// All recordings are taken or forgotten. It does not wait for a thread that hangs in a file system;
// the process can end without. NULL is fine.
void recorder_destroy(struct recorder *recorder);

const char *recorder_path(const struct recorder *recorder);
int recorder_fd(const struct recorder *recorder); // readable when a recording is done,
void recorder_hear(struct recorder *recorder);    // until it was heard

// The pipes of an attempt; fds: where standard output and error go, its own (close on exec).
// NULL: no pipes can be made.
struct recording *recording_create(struct recorder *recorder, struct stream_key key, int fds[2],
                                   struct error *err);
// Where to begin to look for it in the file.
int64_t recording_at(const struct recording *recording);

struct recorded {
    int64_t at;         // attempt_start.stream_at
    int64_t lost_bytes; // that could not be written,
    int why_errno;      // and why
    bool end_lost;      // no frame says that it has ended
    const char *tail;   // the last 2 KiB of standard error, raw, of that length; in the arena
    size_t tail_length, stderr_length;
};
// All processes of the attempt are gone: what is in its pipes is taken, and it ends. true: it
// printed nothing, and is gone.
bool recording_end(struct recorder *recorder, struct recording *recording,
                   struct recorded *recorded);
// true: it is done, and gone.
bool recording_take(struct recorder *recorder, struct recording *recording, struct arena *arena,
                    struct recorded *recorded);
// Nobody waits for it any more; what can still be written will be.
void recording_forget(struct recorder *recorder, struct recording *recording);

#endif
