// SPDX-License-Identifier: GPL-2.0-or-later
// What attempts print, and only that, is found again by each; of one that printed nothing there is
// no trace in the file, whoever is the first to look into its pipes.
#include "runner/job/recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/tap.h"

enum { PATIENCE_MSEC = 60000 };

static struct recorder *recorder;
static struct arena *arena;
static int32_t attempts;

struct attempt {
    struct stream_key key;
    struct recording *recording;
    int fds[2];
    struct recorded recorded;
};

static struct attempt begin(void)
{
    struct error err;
    struct attempt a = {.key = {7, 1, ++attempts}};
    a.recording = recording_create(recorder, a.key, a.fds, &err);
    if (!a.recording)
        abort();
    return a;
}

static void print(int fd, const char *text)
{
    if (write(fd, text, strlen(text)) != (ssize_t)strlen(text))
        abort();
}

// true: it was silent.
static bool end(struct attempt *a)
{
    if (recording_end(recorder, a->recording, &a->recorded))
        return true;
    while (!recording_take(recorder, a->recording, arena, &a->recorded)) {
        if (poll(&(struct pollfd){recorder_fd(recorder), POLLIN, 0}, 1, PATIENCE_MSEC) != 1)
            abort();
        recorder_hear(recorder);
    }
    return false;
}

static char *output(const struct attempt *a, enum stream_kind kind)
{
    static char text[256];
    int file = open(recorder_path(recorder), O_RDONLY);
    struct stream_reader *reader = stream_reader_create(file, a->recorded.at, a->key, kind);
    long n = stream_reader_read(reader, text, sizeof text - 1);
    text[n < 0 ? 0 : n] = '\0';
    stream_reader_destroy(reader);
    close(file);
    return text;
}

static void test_silent(void)
{
    struct stat st;
    struct attempt a = begin();
    int left = dup(a.fds[0]);
    ok(end(&a) && a.recorded.at == STREAM_SILENT, "who printed nothing is done at once");
    ok(stat(recorder_path(recorder), &st) && errno == ENOENT, "... and no file is made for that");
    struct attempt b = begin();
    ok(b.fds[0] != left && write(left, "late", 4) < 0 && errno == EPIPE,
       "who holds its pipe still cannot print into that of the next");
    close(left);
    print(b.fds[0], "b");
    ok(!end(&b), "... who is not silent");
    is_text(output(&b, STREAM_OUT), "b", "... and has its own output");
    is_text(output(&b, STREAM_ERR), "", "... of one kind");
    struct attempt c = begin();
    print(c.fds[1], "oops");
    ok(!end(&c) && c.recorded.stderr_length == 4, "standard error alone is output, too");
    is_text(output(&c, STREAM_ERR), "oops", "... that is found");
}

// The thread has emptied the pipe before the attempt ends.
static void test_taken(void)
{
    struct attempt a = begin(), other = begin();
    int bytes = 1;
    print(a.fds[0], "early");
    for (int i = 0; bytes && i < PATIENCE_MSEC; i++) {
        poll(NULL, 0, 1);
        ioctl(a.fds[0], FIONREAD, &bytes);
    }
    is_int(bytes, 0, "what is printed is taken while the attempt runs");
    ok(end(&other), "... another one is silent");
    ok(!end(&a), "... the first is not");
    is_text(output(&a, STREAM_OUT), "early", "... and its output is there");
}

int main(void)
{
    char folder[] = "/tmp/torc-recorder.XXXXXX";
    struct error err;
    signal(SIGPIPE, SIG_IGN);
    if (!mkdtemp(folder) || chdir(folder) || !(recorder = recorder_create("out/stream", &err)))
        abort();
    arena = arena_create();
    test_silent();
    test_taken();
    recorder_destroy(recorder);
    arena_destroy(arena);
    unlink("out/stream");
    rmdir("out");
    rmdir(folder);
    return done_testing();
}
