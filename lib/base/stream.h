// SPDX-License-Identifier: GPL-2.0-or-later
// The output of all jobs of one runner in one file, which only grows: STREAM_FIRST bytes of
// stream_preamble, then frames, one behind the other, nothing between them. A frame is
// STREAM_HEADER bytes of little-endian numbers and its text:
//
//    0  4  magic, "TSF1"        4  4  kind, enum stream_kind
//    8  4  length of the text  12  4  run     16  4  attempt    20  4  0
//   24  8  job                 32  8  when it was read from the job, UTC microseconds
//   40  8  where the frame before of the same attempt begins, STREAM_NONE: it is the first
//   48  8  bytes of the attempt that could not be written between these two frames
//   56  8  hash of the text    64  8  hash of bytes 0 to 63
//
// A frame that does not fit into the file or whose hashes are wrong is none, and nothing behind it
// is believed: so ends what a runner wrote that was killed. A runner never goes on with a file; it
// makes one of its own.
#ifndef LIB_BASE_STREAM_H
#define LIB_BASE_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum stream_kind { STREAM_OUT = 1, STREAM_ERR, STREAM_END }; // END: the attempt has no more
enum { STREAM_FIRST = 16, STREAM_HEADER = 72, STREAM_TEXT_MOST = 1 << 20, STREAM_NONE = -1 };
enum { STREAM_SILENT = 1 }; // of an attempt that printed nothing: no frame begins there, or is its

extern const char stream_preamble[STREAM_FIRST];

struct stream_key {
    int64_t job_id;
    int32_t run_id, attempt_id;
};

struct stream_frame {
    enum stream_kind kind;
    uint32_t length;
    struct stream_key key;
    int64_t time_usec, previous, lost_bytes;
    int64_t text_hash;
};

// Writes the header of a frame with this text; sets text_hash.
void stream_pack(struct stream_frame *frame, const void *text, unsigned char *header);
// false: this is no header. Whether the text is there and right is another question.
bool stream_unpack(const unsigned char *header, struct stream_frame *frame);

// Reads one kind of output of one attempt, from its first byte to its last.
struct stream_reader;

// fd: the file, which stays the caller's. at: of the attempt's record: where its last frame begins;
// while it runs, or when that was never told, a frame that is not after its first one.
struct stream_reader *stream_reader_create(int fd, int64_t at, struct stream_key key,
                                           enum stream_kind kind);
void stream_reader_destroy(struct stream_reader *reader); // NULL is fine

// As read(): how many bytes, 0: no more, for now or for good (the file may grow: ask again),
// -1: the file cannot be read (errno).
long stream_reader_read(struct stream_reader *reader, void *buffer, size_t room);

// What is to be said when it gave no more:
struct stream_found {
    bool any;           // a frame of the attempt was there
    bool ended;         // its last one was
    int64_t lost_bytes; // that the runner could not write
    int64_t torn_at;    // where a frame begins that is none; STREAM_NONE: all is well
    int64_t torn_bytes; // from there to the end of the file
};
struct stream_found stream_reader_found(const struct stream_reader *reader);

#endif
