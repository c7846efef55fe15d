// SPDX-License-Identifier: GPL-2.0-or-later
// Fuzzes the reading of stream files: whatever the bytes, it ends, reads nothing that is not there,
// and gives no more than the file has. The bytes become frames with right hashes, so that what
// stands behind those is reached, and now and then something else.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/base/stream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t read_all(int fd, int64_t at, enum stream_kind kind, size_t most)
{
    static char text[1 << 16];
    struct stream_reader *reader = stream_reader_create(fd, at, (struct stream_key){1, 1, 1}, kind);
    size_t all = 0;
    for (long n; (n = stream_reader_read(reader, text, sizeof text)) > 0;)
        if ((all += (size_t)n) > most)
            abort();
    stream_reader_destroy(reader);
    return all;
}

// Four bytes make a frame: of this attempt or another one, behind any other.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int fd = -1;
    int64_t end = STREAM_FIRST;
    fd = fd < 0 ? memfd_create("stream", 0) : fd;
    if (ftruncate(fd, 0) || pwrite(fd, stream_preamble, STREAM_FIRST, 0) != STREAM_FIRST)
        abort();
    for (size_t i = 0; i + 4 <= size; i += 4) {
        unsigned char header[STREAM_HEADER];
        struct stream_frame frame = {.kind = (enum stream_kind)(1 + data[i] % 3),
                                     .length = data[i + 1] % 4,
                                     .key = {1, 1, 1 + data[i + 2] % 2},
                                     .previous = (int8_t)data[i + 3] * (STREAM_HEADER / 8) - 1};
        stream_pack(&frame, data + i, header);
        if (data[i] > 200) // no frame
            memcpy(header, data, size < sizeof header ? size : sizeof header);
        if (pwrite(fd, header, sizeof header, end) != sizeof header ||
            pwrite(fd, data + i, frame.length, end + STREAM_HEADER) != (ssize_t)frame.length)
            abort();
        end += STREAM_HEADER + frame.length;
    }
    for (int64_t at = -1; at < end + 8; at += at < STREAM_FIRST ? 1 : STREAM_HEADER / 8)
        for (int kind = STREAM_OUT; kind <= STREAM_ERR; kind++)
            read_all(fd, at, (enum stream_kind)kind, (size_t)end);
    return 0;
}
