// SPDX-License-Identifier: GPL-2.0-or-later
// Frames (lib/base/stream.h) of many attempts, gathered and written together to the end of the
// runner's stream file. One thread's.
#ifndef RUNNER_JOB_FRAMES_H
#define RUNNER_JOB_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/stream.h"

enum { FRAME_MOST = 64 * 1024 }; // of text

struct frames;

struct chain { // the frames of an attempt; begins with a key and last STREAM_NONE
    struct stream_key key;
    int64_t last;        // where the newest one begins,
    int64_t file_number; // in which file
    int64_t lost_bytes, lost_said;
    int why_errno;
    bool end_lost;
};

// path: relative to the current folder; copied. The file is made when there is something to write.
struct frames *frames_create(const char *path);
void frames_destroy(struct frames *frames);

const char *frames_path(const struct frames *frames);
int64_t frames_end(const struct frames *frames); // of the last whole one; any thread may ask

// Where the text of the next frame belongs, at most FRAME_MOST bytes; others are written when there
// is no room for it.
unsigned char *frames_room(struct frames *frames);
// After frames_room(). What cannot be written chain says then; it must stay until frames_write().
void frames_add(struct frames *frames, struct chain *chain, enum stream_kind kind, size_t length);
void frames_write(struct frames *frames);

#endif
