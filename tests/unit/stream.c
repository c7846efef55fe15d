// SPDX-License-Identifier: GPL-2.0-or-later
// The stream file: what was written is read, attempt by attempt; what is torn, changed, doubled or
// of others is not believed, and nothing leads in a circle.
#include "lib/base/stream.h"

#include <unistd.h>

#include "lib/base/mem.h"
#include "tests/tap.h"

static const struct stream_key first = {7, 1, 1}, second = {7, 1, 2}, other = {8, 1, 1};

static int64_t end; // of the file
static int file;

static int64_t put(struct stream_key key, enum stream_kind kind, const char *text, int64_t previous)
{
    unsigned char header[STREAM_HEADER];
    struct stream_frame frame = {
        .kind = kind, .length = (uint32_t)strlen(text), .key = key, .previous = previous};
    int64_t at = end;
    stream_pack(&frame, text, header);
    if (pwrite(file, header, sizeof header, at) != sizeof header ||
        pwrite(file, text, frame.length, at + STREAM_HEADER) != (ssize_t)frame.length)
        abort();
    end += STREAM_HEADER + frame.length;
    return at;
}

static void begin(void)
{
    end = STREAM_FIRST;
    if (ftruncate(file, 0) || pwrite(file, stream_preamble, STREAM_FIRST, 0) != STREAM_FIRST)
        abort();
}

static void spoil(int64_t at)
{
    char c;
    if (pread(file, &c, 1, at) != 1 || (c = (char)~c, pwrite(file, &c, 1, at)) != 1)
        abort();
}

// What is read of it, three bytes at a time.
static char *get(int64_t at, struct stream_key key, enum stream_kind kind,
                 struct stream_found *found)
{
    static char text[256];
    size_t length = 0;
    struct stream_reader *reader = stream_reader_create(file, at, key, kind);
    for (long n; length < sizeof text - 4; length += (size_t)n)
        if ((n = stream_reader_read(reader, text + length, 3)) <= 0)
            break;
    text[length] = '\0';
    *found = stream_reader_found(reader);
    stream_reader_destroy(reader);
    return text;
}

struct places {
    int64_t out, err, other_out, more, last, other_last, second_out;
};

// The frames of two jobs, and of a second attempt that has not ended.
static struct places fill(void)
{
    struct places p;
    begin();
    p.out = put(first, STREAM_OUT, "hello ", STREAM_NONE);
    p.other_out = put(other, STREAM_OUT, "secret", STREAM_NONE);
    p.err = put(first, STREAM_ERR, "oops", p.out);
    p.more = put(first, STREAM_OUT, "world", p.err);
    p.other_last = put(other, STREAM_END, "", p.other_out);
    p.last = put(first, STREAM_END, "", p.more);
    p.second_out = put(second, STREAM_OUT, "again", STREAM_NONE);
    return p;
}

static void test_whole(void)
{
    struct stream_found found;
    struct places p = fill();
    is_text(get(p.last, first, STREAM_OUT, &found), "hello world", "its stdout, from its end back");
    ok(found.ended && found.any && found.torn_at == STREAM_NONE, "... all of it");
    is_text(get(p.last, first, STREAM_ERR, &found), "oops", "its stderr");
    is_text(get(STREAM_FIRST, first, STREAM_OUT, &found), "hello world", "the same by looking on");
    ok(found.ended && found.torn_at == STREAM_NONE, "... all of it");
    is_text(get(p.other_last, other, STREAM_OUT, &found), "secret", "another job");
    is_text(get(p.last, second, STREAM_OUT, &found), "again", "an attempt that goes on");
    ok(!found.ended && found.torn_at == STREAM_NONE, "... has no end yet");
    is_text(get(p.other_last, first, STREAM_OUT, &found), "",
            "a place of another job's end shows nothing of that");
    struct stream_reader *reader = stream_reader_create(file, p.second_out, second, STREAM_OUT);
    char text[16];
    ok(stream_reader_read(reader, text, sizeof text) == 5 &&
           stream_reader_read(reader, text, sizeof text) == 0,
       "it is read to where it is");
    put(second, STREAM_OUT, "!", p.second_out);
    ok(stream_reader_read(reader, text, sizeof text) == 1 && *text == '!', "and on when it grows");
    stream_reader_destroy(reader);
}

static void test_torn(void)
{
    struct stream_found found;
    struct places p = fill();
    int wrong = 0;
    for (int64_t cut = end - 1; cut > p.second_out; cut--) {
        if (ftruncate(file, cut))
            abort();
        wrong += *get(p.second_out, second, STREAM_OUT, &found) || found.torn_at != p.second_out ||
                 found.torn_bytes != cut - p.second_out;
    }
    is_int(wrong, 0, "a last frame that is cut anywhere is none, and it says where");
    is_text(get(p.last, first, STREAM_OUT, &found), "hello world", "what is before it is there");
    p = fill();
    wrong = 0;
    for (int64_t at = p.second_out; at < end; at++) {
        spoil(at);
        wrong += *get(p.second_out, second, STREAM_OUT, &found) || found.torn_at != p.second_out;
        spoil(at);
    }
    is_int(wrong, 0, "nor is one with any byte changed");
}

static void test_garbage(void)
{
    struct stream_found found;
    struct places p = fill();
    spoil(p.err + STREAM_HEADER);
    is_text(get(p.last, first, STREAM_ERR, &found), "", "a text that was changed is not shown");
    is_int(found.torn_at, p.err, "... and it says where");
    spoil(p.err);
    is_text(get(p.last, first, STREAM_OUT, &found), "world",
            "of a broken chain what hangs together to its end is shown");
    is_int(found.torn_at, p.err, "... and where it broke is said");
    is_text(get(STREAM_FIRST, first, STREAM_OUT, &found), "hello ", "looking on ends there");
    begin();
    int64_t a = put(first, STREAM_OUT, "a", 1000), b = put(first, STREAM_END, "", end);
    is_text(get(b, first, STREAM_OUT, &found), "", "a frame that follows itself leads nowhere");
    begin();
    a = put(other, STREAM_OUT, "secret", STREAM_NONE);
    b = put(first, STREAM_END, "", a);
    is_text(get(b, first, STREAM_OUT, &found), "", "a chain into another job shows nothing of it");
    is_int(found.torn_at, a, "... and is broken there");
    begin();
    a = put(first, STREAM_OUT, "once", STREAM_NONE);
    put(first, STREAM_OUT, "once", STREAM_NONE); // a retried write that had gone through
    b = put(first, STREAM_END, "", a);
    is_text(get(b, first, STREAM_OUT, &found), "once", "a frame that is there twice counts once");
}

int main(void)
{
    FILE *temporary = tmpfile();
    file = temporary ? fileno(temporary) : -1;
    test_whole();
    test_torn();
    test_garbage();
    return done_testing();
}
