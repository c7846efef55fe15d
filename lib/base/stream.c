// SPDX-License-Identifier: GPL-2.0-or-later
// Nothing that a file says is believed before its hash was right, and each step makes a frame's
// place smaller (backward) or greater (forward), so that no file leads in a circle.
#include "lib/base/stream.h"

#include <endian.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/hash.h"
#include "lib/base/mem.h"

const char stream_preamble[STREAM_FIRST] = "torc stream 1\n";
static const char magic[4] = {'T', 'S', 'F', '1'};
enum {
    KIND = 4,
    LENGTH = 8,
    RUN = 12,
    ATTEMPT = 16,
    ZERO = 20,
    JOB = 24,
    TIME = 32,
    PREVIOUS = 40,
    LOST = 48,
    TEXT_HASH = 56,
    HASH = 64
};

static void put32(unsigned char *at, uint32_t value)
{
    value = htole32(value);
    memcpy(at, &value, sizeof value);
}

static void put64(unsigned char *at, int64_t value)
{
    uint64_t little = htole64((uint64_t)value);
    memcpy(at, &little, sizeof little);
}

static uint32_t get32(const unsigned char *at)
{
    uint32_t value;
    memcpy(&value, at, sizeof value);
    return le32toh(value);
}

static int64_t get64(const unsigned char *at)
{
    uint64_t value;
    memcpy(&value, at, sizeof value);
    return (int64_t)le64toh(value);
}

void stream_pack(struct stream_frame *frame, const void *text, unsigned char *header)
{
    frame->text_hash = hash_bytes(text, frame->length);
    memcpy(header, magic, sizeof magic);
    put32(header + KIND, frame->kind);
    put32(header + LENGTH, frame->length);
    put32(header + RUN, (uint32_t)frame->key.run_id);
    put32(header + ATTEMPT, (uint32_t)frame->key.attempt_id);
    put32(header + ZERO, 0);
    put64(header + JOB, frame->key.job_id);
    put64(header + TIME, frame->time_usec);
    put64(header + PREVIOUS, frame->previous);
    put64(header + LOST, frame->lost_bytes);
    put64(header + TEXT_HASH, frame->text_hash);
    put64(header + HASH, hash_bytes(header, HASH));
}

bool stream_unpack(const unsigned char *header, struct stream_frame *frame)
{
    uint32_t kind = get32(header + KIND);
    *frame = (struct stream_frame){
        .kind = (enum stream_kind)kind,
        .length = get32(header + LENGTH),
        .key = {.job_id = get64(header + JOB),
                .run_id = (int32_t)get32(header + RUN),
                .attempt_id = (int32_t)get32(header + ATTEMPT)},
        .time_usec = get64(header + TIME),
        .previous = get64(header + PREVIOUS),
        .lost_bytes = get64(header + LOST),
        .text_hash = get64(header + TEXT_HASH),
    };
    return !memcmp(header, magic, sizeof magic) && kind >= STREAM_OUT && kind <= STREAM_END &&
           frame->length <= STREAM_TEXT_MOST && get64(header + HASH) == hash_bytes(header, HASH);
}

struct stream_reader {
    int fd;
    struct stream_key key;
    enum stream_kind kind;
    int64_t next;   // forward: where the next frame to look at begins
    int64_t *chain; // backward: where those of the attempt begin, last first; NULL: forward
    size_t chain_count, chain_space;
    unsigned char *text; // of the present frame
    size_t text_space, text_length, given;
    struct stream_found found;
};

static bool is_ours(const struct stream_reader *r, const struct stream_frame *frame)
{
    return frame->key.job_id == r->key.job_id && frame->key.run_id == r->key.run_id &&
           frame->key.attempt_id == r->key.attempt_id;
}

// 1: there is a frame with a whole header; 0: there is none; -1: the file cannot be read.
static int look(const struct stream_reader *r, int64_t at, struct stream_frame *frame)
{
    unsigned char header[STREAM_HEADER];
    ssize_t n = at < STREAM_FIRST ? 0 : pread(r->fd, header, sizeof header, at);
    return n < 0 ? -1 : n == STREAM_HEADER && stream_unpack(header, frame);
}

// The frames before the last one, as far as they can be followed.
static void follow_chain(struct stream_reader *r, int64_t at)
{
    struct stream_frame frame;
    int64_t before = INT64_MAX;
    while (at != STREAM_NONE) {
        if (at >= before || look(r, at, &frame) <= 0 || !is_ours(r, &frame)) {
            r->found.torn_at = at < before ? at : before;
            return;
        }
        r->chain = array_grow(r->chain, r->chain_count, &r->chain_space, sizeof *r->chain);
        r->chain[r->chain_count++] = at;
        before = at;
        at = frame.previous;
    }
}

struct stream_reader *stream_reader_create(int fd, int64_t at, struct stream_key key,
                                           enum stream_kind kind)
{
    struct stream_reader *r = xcalloc(1, sizeof *r);
    struct stream_frame frame;
    *r = (struct stream_reader){
        .fd = fd, .key = key, .kind = kind, .next = at < STREAM_FIRST ? STREAM_FIRST : at};
    r->found.torn_at = STREAM_NONE;
    if (look(r, at, &frame) > 0 && is_ours(r, &frame) && frame.kind == STREAM_END)
        follow_chain(r, at);
    return r;
}

void stream_reader_destroy(struct stream_reader *reader)
{
    if (!reader)
        return;
    free(reader->chain);
    free(reader->text);
    free(reader);
}

// The text of a frame into r->text. As look().
static int read_text(struct stream_reader *r, int64_t at, const struct stream_frame *frame)
{
    if (frame->length > r->text_space) {
        r->text = xrealloc(r->text, frame->length, 1);
        r->text_space = frame->length;
    }
    ssize_t n = frame->length ? pread(r->fd, r->text, frame->length, at + STREAM_HEADER) : 0;
    if (n < 0)
        return -1;
    return n == (ssize_t)frame->length &&
           hash_bytes(frame->length ? (void *)r->text : "", frame->length) == frame->text_hash;
}

static int torn(struct stream_reader *r, int64_t at)
{
    struct stat st;
    if (fstat(r->fd, &st))
        return -1;
    r->found.torn_at = st.st_size > at ? at : STREAM_NONE;
    r->found.torn_bytes = st.st_size > at ? st.st_size - at : 0;
    return 0;
}

// A frame of the attempt: its text is to be given if it is of the kind.
static int take(struct stream_reader *r, int64_t at, const struct stream_frame *frame)
{
    int rc = frame->kind == r->kind ? read_text(r, at, frame) : 1;
    if (rc <= 0)
        return rc < 0 ? -1 : torn(r, at);
    r->found.any = true;
    r->found.lost_bytes += frame->lost_bytes;
    r->found.ended = r->found.ended || frame->kind == STREAM_END;
    r->text_length = frame->kind == r->kind ? frame->length : 0;
    r->given = 0;
    return 1;
}

// To the next frame of the attempt. 1: there was one; 0: there is no more; -1: unreadable.
static int step(struct stream_reader *r)
{
    struct stream_frame frame;
    while (!r->found.ended) {
        int64_t at = r->next;
        if (r->chain && !r->chain_count)
            return 0;
        if (r->chain)
            at = r->chain[r->chain_count - 1];
        int rc = look(r, at, &frame);
        if (rc <= 0)
            return rc < 0 ? -1 : torn(r, at);
        // of others the text is not looked at, but it must be there: else the next look finds none
        rc = is_ours(r, &frame) ? take(r, at, &frame) : 2;
        if (rc <= 0)
            return rc;
        if (r->chain)
            r->chain_count--;
        else
            r->next = at + STREAM_HEADER + frame.length;
        if (rc == 1)
            return 1;
    }
    return 0;
}

long stream_reader_read(struct stream_reader *r, void *buffer, size_t room)
{
    while (r->given == r->text_length) {
        int rc = step(r);
        if (rc <= 0)
            return rc;
    }
    size_t n = r->text_length - r->given < room ? r->text_length - r->given : room;
    memcpy(buffer, r->text + r->given, n);
    r->given += n;
    return (long)n;
}

struct stream_found stream_reader_found(const struct stream_reader *reader)
{
    return reader->found;
}
