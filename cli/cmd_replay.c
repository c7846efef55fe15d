// SPDX-License-Identifier: GPL-2.0-or-later
// torc replay: does as a task of an imported workflow did. It reads its inputs, has its memory, is
// busy for its time, and writes its outputs.
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "lib/base/clock.h"
#include "lib/base/mem.h"

static int run(struct cli *cli, struct error *err);

const struct command cmd_replay = {
    .name = "replay",
    .argument = "FILE... FILE=BYTES...",
    .need = ARGUMENT_SEVERAL,
    .options = OPTION_REPLAY,
    .help = "a job of torc import --replay: reads, computes and writes like a task did",
    .run = run,
};

enum { BLOCK = 1 << 20, PAGE = 4096, SLICE_USEC = 10000, THREADS_MOST = 1024 };

struct work {
    int64_t end_usec;
    double share; // of each slice that is busy
};

static int read_amount(const char *option, const char *text, double otherwise, double *amount,
                       struct error *err)
{
    char *end;
    *amount = text ? strtod(text, &end) : otherwise;
    if (!text || (end != text && !*end && *amount >= 0 && *amount < 1e15))
        return 0;
    return error_set(err, ERROR_USAGE, 0, "replay: %s: \"%s\" is no amount", option, text);
}

static int read_input(const char *path, char *block, struct error *err)
{
    ssize_t n;
    cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return error_set(err, ERROR_USAGE, errno, "cannot read %s", path);
    do
        n = read(fd, block, BLOCK);
    while (n > 0 || (n < 0 && errno == EINTR));
    return n < 0 ? error_set(err, ERROR_USAGE, errno, "cannot read %s", path) : 0;
}

static int write_output(const char *path, int64_t left, const char *block, struct error *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    int error = fd < 0 ? errno : 0;
    while (!error && left > 0) {
        ssize_t n = write(fd, block, left < BLOCK ? (size_t)left : BLOCK);
        if (n >= 0)
            left -= n;
        else if (errno != EINTR)
            error = errno;
    }
    if (fd >= 0 && close(fd) && !error)
        error = errno;
    return error ? error_set(err, ERROR_USAGE, error, "cannot write %s", path) : 0;
}

// BYTES of FILE=BYTES; NULL: it is an input.
static const char *size_of(const char *argument)
{
    const char *equals = strrchr(argument, '=');
    return equals ? equals + 1 : NULL;
}

static int read_inputs(const struct cli *cli, char *block, struct error *err)
{
    for (int i = 0; i < cli->arguments_count; i++)
        if (!size_of(cli->arguments[i]) && read_input(cli->arguments[i], block, err))
            return -1;
    return 0;
}

static int write_outputs(const struct cli *cli, const char *block, struct error *err)
{
    for (int i = 0; i < cli->arguments_count; i++) {
        const char *argument = cli->arguments[i], *size = size_of(argument);
        double bytes;
        if (!size)
            continue;
        cleanup_free char *path = xstrndup(argument, (size_t)(size - 1 - argument));
        if (read_amount(path, size, 0, &bytes, err) ||
            write_output(path, (int64_t)bytes, block, err))
            return -1;
    }
    return 0;
}

static void *be_busy(void *pointer)
{
    const struct work *work = pointer;
    for (int64_t now; (now = clock_mono_usec()) < work->end_usec;) {
        int64_t left = work->end_usec - now, slice = left < SLICE_USEC ? left : SLICE_USEC;
        int64_t busy = (int64_t)((double)slice * work->share);
        while (clock_mono_usec() < now + busy) {
        }
        struct timespec rest = clock_timespec(slice - busy);
        nanosleep(&rest, NULL);
    }
    return NULL;
}

// More than one CPU's worth is shared among as many threads.
static void compute(int64_t end_usec, double percent)
{
    pthread_t threads[THREADS_MOST];
    double wanted = fmin(fmax(ceil(percent / 100), 1), THREADS_MOST);
    int count = (int)wanted, started = 0;
    struct work work = {.end_usec = end_usec, .share = fmin(percent / 100 / count, 1)};
    while (started < count - 1 && !pthread_create(&threads[started], NULL, be_busy, &work))
        started++;
    be_busy(&work);
    for (int i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
}

// Each page is written to, so that it is there.
static char *take_memory(size_t bytes)
{
    volatile char *memory = malloc(bytes + 1);
    for (size_t at = 0; memory && at < bytes; at += PAGE)
        memory[at] = 1;
    return (char *)memory;
}

static int run(struct cli *cli, struct error *err)
{
    int64_t start_usec = clock_mono_usec();
    double seconds, percent, bytes;
    if (read_amount("--runtime", cli->runtime, 0, &seconds, err) ||
        read_amount("--cpu", cli->cpu, 100, &percent, err) ||
        read_amount("--memory", cli->memory, 0, &bytes, err))
        return -1;
    cleanup_free char *block = xcalloc(BLOCK, 1);
    if (read_inputs(cli, block, err))
        return -1;
    cleanup_free char *memory = take_memory((size_t)bytes);
    if (!memory)
        return error_set(err, ERROR_USAGE, ENOMEM, "cannot have %.0f bytes", bytes);
    compute(start_usec + (int64_t)fmin(seconds * USEC_PER_SEC, 1e17), percent);
    return write_outputs(cli, block, err);
}
