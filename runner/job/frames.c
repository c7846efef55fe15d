// SPDX-License-Identifier: GPL-2.0-or-later
// Each batch is written where the last whole frame ends: what failed is written over, so that the
// file has no gaps.
#include "runner/job/frames.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/folder.h"
#include "lib/base/mem.h"

enum { BATCH = 512 * 1024, FRAMES_MOST = 1024 }; // FRAMES_MOST: in a batch

struct frame_place { // in the batch
    struct chain *chain;
    struct stream_frame frame;
    size_t at;
};

struct frames {
    char *path;
    atomic_int_fast64_t end; // of the last whole frame
    int file;
    int64_t file_number;
    int why; // errno of what failed last
    struct frame_place places[FRAMES_MOST];
    size_t count, used;
    unsigned char batch[BATCH];
};

struct frames *frames_create(const char *path)
{
    struct frames *f = xcalloc(1, sizeof *f);
    f->path = xstrdup(path);
    f->file = -1;
    f->end = STREAM_FIRST;
    return f;
}

static void close_file(struct frames *f)
{
    if (f->file >= 0)
        close(f->file);
    f->file = -1;
}

void frames_destroy(struct frames *frames)
{
    close_file(frames);
    free(frames->path);
    free(frames);
}

const char *frames_path(const struct frames *frames)
{
    return frames->path;
}

int64_t frames_end(const struct frames *frames)
{
    return frames->end;
}

// Made anew when somebody has removed it: what was in it is gone, as with files of jobs.
static int open_file(struct frames *f)
{
    struct stat st;
    if (f->file >= 0 && !fstat(f->file, &st) && st.st_nlink)
        return 0;
    close_file(f);
    cleanup_free char *folder = xstrdup(f->path);
    char *slash = strrchr(folder, '/');
    if (slash && slash > folder) {
        *slash = '\0';
        if (folder_make(folder))
            return -1;
    }
    f->file = open(f->path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (f->file < 0)
        return -1;
    f->end = STREAM_FIRST;
    f->file_number++;
    if (pwrite(f->file, stream_preamble, STREAM_FIRST, 0) == STREAM_FIRST)
        return 0;
    int saved = errno ? errno : ENOSPC;
    close_file(f);
    errno = saved;
    return -1;
}

// How much of the batch is in the file.
static size_t write_batch(struct frames *f)
{
    size_t done = 0;
    while (done < f->used) {
        ssize_t n = pwrite(f->file, f->batch + done, f->used - done, f->end + (int64_t)done);
        if (n < 0 && errno == EINTR)
            continue;
        f->why = n < 0 ? errno : ENOSPC;
        if (n <= 0)
            break;
        done += (size_t)n;
    }
    return done;
}

static void lose(struct frame_place *place, int why)
{
    struct chain *chain = place->chain;
    chain->last = place->frame.previous;
    chain->lost_said -= place->frame.lost_bytes;
    chain->lost_bytes += place->frame.length;
    chain->why_errno = why;
    chain->end_lost |= place->frame.kind == STREAM_END;
}

void frames_write(struct frames *f)
{
    if (!f->used)
        return;
    size_t done = f->file >= 0 ? write_batch(f) : 0, kept = f->count;
    while (kept && f->places[kept - 1].at + STREAM_HEADER + f->places[kept - 1].frame.length > done)
        lose(&f->places[--kept], f->why);
    if (kept)
        f->end +=
            (int64_t)(f->places[kept - 1].at + STREAM_HEADER + f->places[kept - 1].frame.length);
    if (kept < f->count && f->file >= 0 && ftruncate(f->file, f->end))
        f->why = errno; // the next batch goes over it, and a reader stops before it
    f->used = f->count = 0;
}

unsigned char *frames_room(struct frames *f)
{
    if (BATCH - f->used < STREAM_HEADER + FRAME_MOST || f->count == FRAMES_MOST)
        frames_write(f);
    if (!f->used && open_file(f)) // frames_write() says what is lost
        f->why = errno;
    return f->batch + f->used + STREAM_HEADER;
}

void frames_add(struct frames *f, struct chain *chain, enum stream_kind kind, size_t length)
{
    struct frame_place *place = &f->places[f->count++];
    if (chain->file_number != f->file_number) {
        chain->file_number = f->file_number;
        chain->last = STREAM_NONE;
    }
    *place = (struct frame_place){
        .chain = chain,
        .frame = {.kind = kind,
                  .length = (uint32_t)length,
                  .key = chain->key,
                  .time_usec = clock_real_usec(),
                  .previous = chain->last,
                  .lost_bytes = chain->lost_bytes - chain->lost_said},
        .at = f->used,
    };
    stream_pack(&place->frame, f->batch + f->used + STREAM_HEADER, f->batch + f->used);
    chain->lost_said = chain->lost_bytes;
    chain->last = f->end + (int64_t)f->used;
    f->used += STREAM_HEADER + length;
}
