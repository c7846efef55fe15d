// SPDX-License-Identifier: GPL-2.0-or-later
// The runner keeps the writing ends open as well: so a job that ends makes no noise, and its pipes
// are empty when nothing is to be read. Frames are gathered and written together, each batch where
// the last whole frame ends: what failed is written over, so that the file has no gaps.
#include "runner/job/recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/queue.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/folder.h"
#include "lib/base/mem.h"

enum {
    READ_MOST = 64 * 1024, // of a pipe at once
    BATCH = 512 * 1024,
    FRAMES_MOST = 1024, // in a batch
    EVENTS = 64,
    GATHER_MSEC = 5,         // small prints of so long become one frame, what many write one batch
    HEAVY_BYTES = 16 * 1024, // who prints so much meanwhile is not kept waiting
    TAIL_BYTES = 2048,
    LEAVE_NSEC = 2 * 100 * 1000000, // a thread that does not end so soon hangs
    DRAIN_MOST = 2 << 20,           // what a pipe can hold, and more
};

struct pipe_end {
    struct recording *recording;
    enum stream_kind kind;
    int from, to; // to: the job's end
};

struct recording {
    STAILQ_ENTRY(recording) link;
    struct stream_key key;
    struct pipe_end pipes[2];
    int64_t start_at, last; // last: where its newest frame begins
    int64_t file_number;    // of the file that has it
    int64_t lost_bytes, lost_said;
    int why_errno;
    bool end_lost;
    char tail[TAIL_BYTES]; // a ring
    size_t stderr_length;
    bool ending, done, forgotten; // under the mutex
};

struct frame_place { // in the batch
    struct recording *recording;
    struct stream_frame frame;
    size_t at;
};

struct recorder {
    char *path;
    int fd, wake, poll; // fd: for the loop; wake: for the thread
    bool started;
    pthread_t thread;
    atomic_int_fast64_t end; // of the last whole frame
    atomic_int open;         // recordings whose pipes are
    pthread_mutex_t mutex;   // of the next two, and of what recordings have under it
    STAILQ_HEAD(recording_list, recording) ending;
    bool stop;
    // the thread's alone
    int file;
    int64_t file_number;
    bool heavy;
    int why; // errno of what failed last
    struct frame_place frames[FRAMES_MOST];
    size_t frames_count, used;
    unsigned char batch[BATCH];
};

// ---- the file ----

static void close_file(struct recorder *r)
{
    if (r->file >= 0)
        close(r->file);
    r->file = -1;
}

// Made anew when somebody has removed it: what was in it is gone, as with files of jobs.
static int open_file(struct recorder *r)
{
    struct stat st;
    if (r->file >= 0 && !fstat(r->file, &st) && st.st_nlink)
        return 0;
    close_file(r);
    cleanup_free char *folder = xstrdup(r->path);
    char *slash = strrchr(folder, '/');
    if (slash && slash > folder) {
        *slash = '\0';
        if (folder_make(folder))
            return -1;
    }
    r->file = open(r->path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (r->file < 0)
        return -1;
    r->end = STREAM_FIRST;
    r->file_number++;
    if (pwrite(r->file, stream_preamble, STREAM_FIRST, 0) == STREAM_FIRST)
        return 0;
    int saved = errno ? errno : ENOSPC;
    close_file(r);
    errno = saved;
    return -1;
}

// How much of the batch is in the file.
static size_t write_batch(struct recorder *r)
{
    size_t done = 0;
    while (done < r->used) {
        ssize_t n = pwrite(r->file, r->batch + done, r->used - done, r->end + (int64_t)done);
        if (n < 0 && errno == EINTR)
            continue;
        r->why = n < 0 ? errno : ENOSPC;
        if (n <= 0)
            break;
        done += (size_t)n;
    }
    return done;
}

static void lose(struct frame_place *place, int why)
{
    struct recording *recording = place->recording;
    recording->last = place->frame.previous;
    recording->lost_said -= place->frame.lost_bytes;
    recording->lost_bytes += place->frame.length;
    recording->why_errno = why;
    recording->end_lost |= place->frame.kind == STREAM_END;
}

static void flush(struct recorder *r)
{
    if (!r->used)
        return;
    size_t done = r->file >= 0 ? write_batch(r) : 0, kept = r->frames_count;
    while (kept && r->frames[kept - 1].at + STREAM_HEADER + r->frames[kept - 1].frame.length > done)
        lose(&r->frames[--kept], r->why);
    if (kept)
        r->end +=
            (int64_t)(r->frames[kept - 1].at + STREAM_HEADER + r->frames[kept - 1].frame.length);
    if (kept < r->frames_count && r->file >= 0 && ftruncate(r->file, r->end))
        r->why = errno; // the next batch goes over it, and a reader stops before it
    r->used = r->frames_count = 0;
}

// ---- frames ----

static void keep_tail(struct recording *recording, const unsigned char *text, size_t length)
{
    size_t skip = length > TAIL_BYTES ? length - TAIL_BYTES : 0;
    recording->stderr_length += skip;
    for (size_t i = skip; i < length; i++)
        recording->tail[recording->stderr_length++ % TAIL_BYTES] = (char)text[i];
}

static void make_room(struct recorder *r)
{
    if (BATCH - r->used < STREAM_HEADER + READ_MOST || r->frames_count == FRAMES_MOST)
        flush(r);
    if (!r->used && open_file(r)) // flush() says what is lost
        r->why = errno;
}

static void add_frame(struct recorder *r, struct recording *recording, enum stream_kind kind,
                      size_t length)
{
    struct frame_place *place = &r->frames[r->frames_count++];
    if (recording->file_number != r->file_number) {
        recording->file_number = r->file_number;
        recording->last = STREAM_NONE;
    }
    *place = (struct frame_place){
        .recording = recording,
        .frame = {.kind = kind,
                  .length = (uint32_t)length,
                  .key = recording->key,
                  .time_usec = clock_real_usec(),
                  .previous = recording->last,
                  .lost_bytes = recording->lost_bytes - recording->lost_said},
        .at = r->used,
    };
    stream_pack(&place->frame, r->batch + r->used + STREAM_HEADER, r->batch + r->used);
    recording->lost_said = recording->lost_bytes;
    recording->last = r->end + (int64_t)r->used;
    r->used += STREAM_HEADER + length;
}

// What a pipe has, up to READ_MOST.
static size_t take_pipe(struct recorder *r, struct pipe_end *pipe)
{
    make_room(r);
    unsigned char *text = r->batch + r->used + STREAM_HEADER;
    ssize_t n = read(pipe->from, text, READ_MOST);
    if (n <= 0)
        return 0;
    if (pipe->kind == STREAM_ERR)
        keep_tail(pipe->recording, text, (size_t)n);
    add_frame(r, pipe->recording, pipe->kind, (size_t)n);
    return (size_t)n;
}

static void close_pipes(struct recorder *r, struct recording *recording)
{
    for (int i = 0; i < 2; i++) {
        struct pipe_end *pipe = &recording->pipes[i];
        if (pipe->from < 0)
            continue;
        epoll_ctl(r->poll, EPOLL_CTL_DEL, pipe->from, NULL);
        close(pipe->from);
        close(pipe->to);
        pipe->from = pipe->to = -1;
    }
}

// Whoever has escaped and prints on is not listened to for ever.
static void finish(struct recorder *r, struct recording *recording)
{
    for (int i = 0; i < 2; i++) {
        size_t n, all = 0;
        while (all < DRAIN_MOST && (n = take_pipe(r, &recording->pipes[i])))
            all += n;
    }
    close_pipes(r, recording);
    r->open--;
    make_room(r);
    add_frame(r, recording, STREAM_END, 0);
}

// ---- the thread ----

static bool take_endings(struct recorder *r, struct recording_list *list)
{
    eventfd_t count;
    eventfd_read(r->wake, &count);
    pthread_mutex_lock(&r->mutex);
    STAILQ_CONCAT(list, &r->ending);
    bool stop = r->stop;
    pthread_mutex_unlock(&r->mutex);
    return stop;
}

static void answer(struct recorder *r, struct recording_list *list)
{
    struct recording *recording;
    bool any = false;
    pthread_mutex_lock(&r->mutex);
    while ((recording = STAILQ_FIRST(list))) {
        STAILQ_REMOVE_HEAD(list, link);
        if (recording->forgotten) {
            free(recording);
            continue;
        }
        recording->done = any = true;
    }
    pthread_mutex_unlock(&r->mutex);
    if (any)
        eventfd_write(r->fd, 1);
}

static int wait_for_prints(struct recorder *r, struct epoll_event *events)
{
    int count = epoll_wait(r->poll, events, EVENTS, r->heavy ? 0 : -1);
    bool ending = false, alone = r->open <= 1; // whoever waits for one job has nothing to gather
    for (int i = 0; i < count; i++)
        ending |= !events[i].data.ptr;
    if (r->heavy || (ending && alone) || count <= 0)
        return count;
    poll(&(struct pollfd){.fd = r->wake, .events = POLLIN}, alone, GATHER_MSEC);
    return epoll_wait(r->poll, events, EVENTS, 0);
}

static void *recorder_main(void *argument)
{
    struct recorder *r = argument;
    struct epoll_event events[EVENTS];
    struct recording_list ended = STAILQ_HEAD_INITIALIZER(ended);
    struct recording *recording;
    for (bool stop = false; !stop;) {
        int count = wait_for_prints(r, events);
        r->heavy = false;
        for (int i = 0; i < count; i++)
            if (events[i].data.ptr && take_pipe(r, events[i].data.ptr) >= HEAVY_BYTES)
                r->heavy = true;
        stop = take_endings(r, &ended);
        STAILQ_FOREACH(recording, &ended, link)
        finish(r, recording);
        flush(r);
        answer(r, &ended);
    }
    return NULL;
}

// ---- for the loop ----

static int watch(int poll, int fd, void *pointer)
{
    return epoll_ctl(poll, EPOLL_CTL_ADD, fd,
                     &(struct epoll_event){.events = EPOLLIN, .data.ptr = pointer});
}

static void recorder_free(struct recorder *r)
{
    int fds[] = {r->fd, r->wake, r->poll, r->file};
    for (int i = 0; i < 4; i++)
        if (fds[i] >= 0)
            close(fds[i]);
    pthread_mutex_destroy(&r->mutex);
    free(r->path);
    free(r);
}

struct recorder *recorder_create(const char *path, struct error *err)
{
    struct recorder *r = xcalloc(1, sizeof *r);
    r->path = xstrdup(path);
    r->file = -1;
    r->end = STREAM_FIRST;
    r->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    r->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    r->poll = epoll_create1(EPOLL_CLOEXEC);
    STAILQ_INIT(&r->ending);
    pthread_mutex_init(&r->mutex, NULL);
    if (r->fd >= 0 && r->wake >= 0 && r->poll >= 0 && !watch(r->poll, r->wake, NULL))
        return r;
    error_set(err, ERROR_INTERNAL, errno, "cannot make an event for the thread that writes output");
    recorder_free(r);
    return NULL;
}

void recorder_destroy(struct recorder *recorder)
{
    struct timespec until;
    if (!recorder)
        return;
    if (recorder->started) {
        pthread_mutex_lock(&recorder->mutex);
        recorder->stop = true;
        pthread_mutex_unlock(&recorder->mutex);
        eventfd_write(recorder->wake, 1);
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += LEAVE_NSEC;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        if (pthread_timedjoin_np(recorder->thread, NULL, &until)) {
            pthread_detach(recorder->thread);
            return;
        }
    }
    recorder_free(recorder);
}

const char *recorder_path(const struct recorder *recorder)
{
    return recorder->path;
}

int recorder_fd(const struct recorder *recorder)
{
    return recorder->fd;
}

void recorder_hear(struct recorder *recorder)
{
    eventfd_t count;
    eventfd_read(recorder->fd, &count);
}

static int open_pipe(struct recorder *r, struct recording *recording, int index)
{
    int fds[2];
    struct pipe_end *pipe = &recording->pipes[index];
    *pipe = (struct pipe_end){recording, index ? STREAM_ERR : STREAM_OUT, -1, -1};
    if (pipe2(fds, O_CLOEXEC))
        return -1;
    pipe->from = fds[0];
    pipe->to = fds[1];
    return fcntl(pipe->from, F_SETFL, O_NONBLOCK) || watch(r->poll, pipe->from, pipe) ? -1 : 0;
}

struct recording *recording_create(struct recorder *r, struct stream_key key, int fds[2],
                                   struct error *err)
{
    if (!r->started && (errno = pthread_create(&r->thread, NULL, recorder_main, r))) {
        error_set(err, ERROR_INTERNAL, errno, "cannot start the thread that writes output");
        return NULL;
    }
    r->started = true;
    struct recording *recording = xcalloc(1, sizeof *recording);
    *recording = (struct recording){.key = key, .last = STREAM_NONE, .start_at = r->end};
    recording->pipes[1].from = -1;
    if (!open_pipe(r, recording, 0) && !open_pipe(r, recording, 1)) {
        fds[0] = recording->pipes[0].to;
        fds[1] = recording->pipes[1].to;
        r->open++;
        return recording;
    }
    error_set(err, ERROR_INTERNAL, errno, "cannot make pipes for the output of the job");
    close_pipes(r, recording);
    free(recording);
    return NULL;
}

int64_t recording_at(const struct recording *recording)
{
    return recording->start_at;
}

void recording_end(struct recorder *r, struct recording *recording)
{
    pthread_mutex_lock(&r->mutex);
    recording->ending = true;
    STAILQ_INSERT_TAIL(&r->ending, recording, link);
    pthread_mutex_unlock(&r->mutex);
    eventfd_write(r->wake, 1);
}

bool recording_take(struct recorder *r, struct recording *recording, struct arena *arena,
                    struct recorded *recorded)
{
    pthread_mutex_lock(&r->mutex);
    bool done = recording->done;
    pthread_mutex_unlock(&r->mutex);
    if (!done)
        return false;
    size_t length = recording->stderr_length < TAIL_BYTES ? recording->stderr_length : TAIL_BYTES;
    char *tail = arena_alloc(arena, length + 1);
    for (size_t i = 0; i < length; i++)
        tail[i] = recording->tail[(recording->stderr_length - length + i) % TAIL_BYTES];
    *recorded = (struct recorded){
        .at = recording->end_lost ? recording->start_at : recording->last,
        .lost_bytes = recording->lost_bytes,
        .why_errno = recording->why_errno,
        .end_lost = recording->end_lost,
        .tail = tail,
        .tail_length = length,
        .stderr_length = recording->stderr_length,
    };
    free(recording);
    return true;
}

void recording_forget(struct recorder *r, struct recording *recording)
{
    pthread_mutex_lock(&r->mutex);
    bool done = recording->done, queue = !recording->ending;
    recording->forgotten = true;
    if (queue) {
        recording->ending = true;
        STAILQ_INSERT_TAIL(&r->ending, recording, link);
    }
    pthread_mutex_unlock(&r->mutex);
    if (done)
        free(recording);
    else if (queue)
        eventfd_write(r->wake, 1);
}
