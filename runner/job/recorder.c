// SPDX-License-Identifier: GPL-2.0-or-later
// The runner keeps the writing ends open as well: so a job that ends makes no noise, and its pipes
// are empty when nothing is to be read. Of a job that printed nothing the thread never hears: the
// loop sees that the pipes are empty, and that the thread has never looked into them.
#include "runner/job/recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/queue.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/mem.h"
#include "runner/job/frames.h"

enum {
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

enum owner { THE_LOOPS, NOBODYS, THE_THREADS };

struct recording {
    STAILQ_ENTRY(recording) link;
    atomic_int owner; // enum owner, of the pipes: the first who takes them has them to the end
    struct chain chain;
    struct pipe_end pipes[2];
    int64_t start_at;
    char tail[TAIL_BYTES]; // a ring
    size_t stderr_length;
    bool ending, done, forgotten; // under the mutex
};

struct recorder {
    struct frames *frames; // the thread's, but for where they are and end
    int fd, wake, poll;    // fd: for the loop; wake: for the thread
    bool started;
    pthread_t thread;
    atomic_int open;       // recordings whose pipes are
    pthread_mutex_t mutex; // of the next two, and of what recordings have under it
    STAILQ_HEAD(recording_list, recording) ending;
    bool stop;
    bool heavy; // the thread's alone
    // The loop's alone, for the next jobs. Not freed: the thread can have an event of one still, if
    // its job has read again what it had printed.
    struct recording_list silent;
};

// ---- the thread ----

static void keep_tail(struct recording *recording, const unsigned char *text, size_t length)
{
    size_t skip = length > TAIL_BYTES ? length - TAIL_BYTES : 0;
    recording->stderr_length += skip;
    for (size_t i = skip; i < length; i++)
        recording->tail[recording->stderr_length++ % TAIL_BYTES] = (char)text[i];
}

static bool own(struct recording *recording, enum owner who)
{
    int owner = NOBODYS;
    return atomic_compare_exchange_strong(&recording->owner, &owner, (int)who) || owner == (int)who;
}

// What a pipe has, up to FRAME_MOST.
static size_t take_pipe(struct recorder *r, struct pipe_end *pipe)
{
    if (!own(pipe->recording, THE_THREADS))
        return 0;
    unsigned char *text = frames_room(r->frames);
    ssize_t n = read(pipe->from, text, FRAME_MOST);
    if (n <= 0)
        return 0;
    if (pipe->kind == STREAM_ERR)
        keep_tail(pipe->recording, text, (size_t)n);
    frames_add(r->frames, &pipe->recording->chain, pipe->kind, (size_t)n);
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
    frames_room(r->frames);
    frames_add(r->frames, &recording->chain, STREAM_END, 0);
}

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
        frames_write(r->frames);
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
    int fds[] = {r->fd, r->wake, r->poll};
    for (int i = 0; i < 3; i++)
        if (fds[i] >= 0)
            close(fds[i]);
    for (struct recording *recording; (recording = STAILQ_FIRST(&r->silent));) {
        STAILQ_REMOVE_HEAD(&r->silent, link);
        free(recording);
    }
    pthread_mutex_destroy(&r->mutex);
    frames_destroy(r->frames);
    free(r);
}

struct recorder *recorder_create(const char *path, struct error *err)
{
    struct recorder *r = xcalloc(1, sizeof *r);
    r->frames = frames_create(path);
    r->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    r->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    r->poll = epoll_create1(EPOLL_CLOEXEC);
    STAILQ_INIT(&r->ending);
    STAILQ_INIT(&r->silent);
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
    return frames_path(recorder->frames);
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

// A silent one is as it was made, but for whose it was.
static struct recording *find_recording(struct recorder *r)
{
    struct recording *recording = STAILQ_FIRST(&r->silent);
    if (!recording)
        return xcalloc(1, sizeof *recording);
    STAILQ_REMOVE_HEAD(&r->silent, link);
    return recording;
}

struct recording *recording_create(struct recorder *r, struct stream_key key, int fds[2],
                                   struct error *err)
{
    if (!r->started && (errno = pthread_create(&r->thread, NULL, recorder_main, r))) {
        error_set(err, ERROR_INTERNAL, errno, "cannot start the thread that writes output");
        return NULL;
    }
    r->started = true;
    struct recording *recording = find_recording(r);
    recording->chain = (struct chain){.key = key, .last = STREAM_NONE};
    recording->start_at = frames_end(r->frames);
    recording->pipes[1].from = -1;
    if (!open_pipe(r, recording, 0) && !open_pipe(r, recording, 1)) {
        fds[0] = recording->pipes[0].to;
        fds[1] = recording->pipes[1].to;
        r->open++;
        recording->owner = NOBODYS;
        return recording;
    }
    error_set(err, ERROR_INTERNAL, errno, "cannot make pipes for the output of the job");
    close_pipes(r, recording);
    STAILQ_INSERT_HEAD(&r->silent, recording, link);
    return NULL;
}

int64_t recording_at(const struct recording *recording)
{
    return recording->start_at;
}

static bool is_silent(struct recording *recording)
{
    for (int i = 0; i < 2; i++) {
        int bytes;
        if (ioctl(recording->pipes[i].from, FIONREAD, &bytes) || bytes)
            return false;
    }
    return own(recording, THE_LOOPS);
}

bool recording_end(struct recorder *r, struct recording *recording, struct recorded *recorded)
{
    if (is_silent(recording)) {
        close_pipes(r, recording);
        r->open--;
        STAILQ_INSERT_HEAD(&r->silent, recording, link);
        *recorded = (struct recorded){.at = STREAM_SILENT};
        return true;
    }
    pthread_mutex_lock(&r->mutex);
    recording->ending = true;
    STAILQ_INSERT_TAIL(&r->ending, recording, link);
    pthread_mutex_unlock(&r->mutex);
    eventfd_write(r->wake, 1);
    return false;
}

bool recording_take(struct recorder *r, struct recording *recording, struct arena *arena,
                    struct recorded *recorded)
{
    pthread_mutex_lock(&r->mutex);
    bool done = recording->done;
    pthread_mutex_unlock(&r->mutex);
    if (!done)
        return false;
    const struct chain *chain = &recording->chain;
    size_t length = recording->stderr_length < TAIL_BYTES ? recording->stderr_length : TAIL_BYTES;
    char *tail = arena_alloc(arena, length + 1);
    for (size_t i = 0; i < length; i++)
        tail[i] = recording->tail[(recording->stderr_length - length + i) % TAIL_BYTES];
    *recorded = (struct recorded){
        .at = chain->end_lost ? recording->start_at : chain->last,
        .lost_bytes = chain->lost_bytes,
        .why_errno = chain->why_errno,
        .end_lost = chain->end_lost,
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
