// SPDX-License-Identifier: GPL-2.0-or-later
// A mutex around one request and one reply; a condition wakes the thread, an eventfd the loop.
#include "runner/link.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/crash.h"
#include "lib/base/mem.h"

enum { POLL_LEAST_MSEC = 20, POLL_MOST_MSEC = 500, RETRY_LEAST_MSEC = 50, RETRY_MOST_MSEC = 2000 };
enum { // for a lock of the database: nobody waits for the thread, and jobs end while the loop
       // does
    PATIENCE_USEC = 5 * USEC_PER_SEC,
    PATIENCE_LOOKING_USEC = 100 * USEC_PER_MSEC,
    PATIENCE_AFTER_USEC = 60 * USEC_PER_SEC,
    PATIENCE_HERE_USEC = 20 * USEC_PER_MSEC,
};

struct link {
    struct store *store;
    pthread_mutex_t using; // of the store; never waited for while mutex is held
    pthread_t thread;
    int fd;
    pthread_mutex_t mutex; // of all below
    pthread_cond_t wake;
    struct sync_request request;
    struct sync_reply reply;
    struct error err;
    // busy: request is set and its reply not taken; tried: once, by the caller
    bool busy, stop, tried;
    int news;
    int64_t outage_since; // 0: none
    struct data_request data;
    struct data_reply data_reply;
    struct error data_err;
    bool data_busy, data_wanted, data_answered; // busy: sent, and not taken
    int64_t estimate_of;                        // the workflow whose time left is wanted; 0: none
    struct estimate estimate;
    int poll_msec;
};

static void announce(struct link *link, int news)
{
    link->news |= news;
    eventfd_write(link->fd, 1);
}

// Waits on the condition for so long; the mutex is held.
static void wait_msec(struct link *link, int msec)
{
    struct timespec until = clock_timespec(clock_mono_usec() + (int64_t)msec * USEC_PER_MSEC);
    pthread_cond_timedwait(&link->wake, &link->mutex, &until);
}

// The loop does not wait for what the thread is doing.
static int use_store(struct link *link, int64_t patience_usec)
{
    int busy = patience_usec == PATIENCE_HERE_USEC ? pthread_mutex_trylock(&link->using)
                                                   : pthread_mutex_lock(&link->using);
    if (!busy)
        store_set_patience(link->store, patience_usec);
    return busy;
}

// One try, with the mutex free; true: it was answered.
static bool try_sync(struct link *link, const struct sync_request *request, int64_t patience_usec,
                     bool again)
{
    struct sync_reply reply;
    struct error err = {0};
    if (use_store(link, patience_usec))
        return false;
    int failed = store_sync(link->store, request, &reply, &err);
    crash_point("flush-committed");
    pthread_mutex_unlock(&link->using);
    bool answered = !failed || err.code != ERROR_UNREACHABLE;
    pthread_mutex_lock(&link->mutex);
    link->err = err;
    if (answered) {
        link->outage_since = 0;
        link->reply = reply;
        link->request.seq = 0; // served
        link->poll_msec = POLL_LEAST_MSEC;
        announce(link, failed ? LINK_REFUSED : again ? LINK_REPLY | LINK_AGAIN : LINK_REPLY);
    } else if (!link->outage_since) {
        link->outage_since = clock_mono_usec();
    }
    pthread_mutex_unlock(&link->mutex);
    return answered;
}

// The same for a batch of data.
static bool try_data(struct link *link)
{
    struct data_reply reply;
    struct error err = {0};
    use_store(link, PATIENCE_USEC);
    int failed = store_data(link->store, &link->data, &reply, &err);
    pthread_mutex_unlock(&link->using);
    bool answered = !failed || err.code != ERROR_UNREACHABLE;
    pthread_mutex_lock(&link->mutex);
    if (answered) {
        link->outage_since = 0;
        link->data_reply = reply;
        link->data_err = err;
        link->data_wanted = false;
        link->data_answered = true;
        announce(link, LINK_DATA);
    } else if (!link->outage_since) {
        link->outage_since = clock_mono_usec();
        link->err = err;
    }
    pthread_mutex_unlock(&link->mutex);
    return answered;
}

// The mutex is held on entry and return.
static void serve(struct link *link, bool data)
{
    int retry_msec = RETRY_LEAST_MSEC;
    for (bool again = link->tried; !link->stop; again = true) {
        pthread_mutex_unlock(&link->mutex);
        bool answered =
            data ? try_data(link) : try_sync(link, &link->request, PATIENCE_USEC, again);
        pthread_mutex_lock(&link->mutex);
        if (answered || (data && link->request.seq)) // results first
            return;
        wait_msec(link, retry_msec);
        retry_msec = retry_msec * 2 < RETRY_MOST_MSEC ? retry_msec * 2 : RETRY_MOST_MSEC;
    }
}

// One try; the mutex is held on entry and return.
static void make_estimate(struct link *link)
{
    struct estimate estimate = {0};
    struct error ignored; // nothing is known, then
    int64_t id = link->estimate_of;
    pthread_mutex_unlock(&link->mutex);
    if (!use_store(link, PATIENCE_HERE_USEC)) {
        if (estimate_read(link->store, id, &estimate, &ignored))
            estimate.known = false;
        pthread_mutex_unlock(&link->using);
    }
    pthread_mutex_lock(&link->mutex);
    link->estimate = estimate;
    link->estimate_of = 0;
}

static void *link_main(void *argument)
{
    struct link *link = argument;
    int64_t last = 0, change = 0;
    pthread_mutex_lock(&link->mutex);
    while (!link->stop) {
        if (link->estimate_of)
            make_estimate(link);
        if (link->request.seq || link->data_wanted) {
            if (link->request.seq)
                serve(link, false);
            if (link->data_wanted)
                serve(link, true);
            continue;
        }
        wait_msec(link, link->poll_msec);
        if (link->request.seq || link->data_wanted || link->stop)
            continue;
        pthread_mutex_unlock(&link->mutex);
        use_store(link, PATIENCE_LOOKING_USEC);
        bool changed = !store_change(link->store, &change, NULL) && change != last;
        pthread_mutex_unlock(&link->using);
        last = change;
        pthread_mutex_lock(&link->mutex);
        link->poll_msec = changed                                ? POLL_LEAST_MSEC
                          : link->poll_msec * 2 < POLL_MOST_MSEC ? link->poll_msec * 2
                                                                 : POLL_MOST_MSEC;
        if (changed)
            announce(link, LINK_CHANGED);
    }
    pthread_mutex_unlock(&link->mutex);
    return NULL;
}

struct link *link_create(struct store *store, struct error *err)
{
    struct link *link = xcalloc(1, sizeof *link);
    pthread_condattr_t attributes;
    link->store = store;
    link->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    link->poll_msec = POLL_LEAST_MSEC;
    pthread_mutex_init(&link->mutex, NULL);
    pthread_mutex_init(&link->using, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&link->wake, &attributes);
    pthread_condattr_destroy(&attributes);
    int failed = link->fd < 0 ? errno : pthread_create(&link->thread, NULL, link_main, link);
    if (!failed)
        return link;
    if (link->fd >= 0)
        close(link->fd);
    free(link);
    error_set(err, ERROR_INTERNAL, failed, "cannot start the thread that talks to the database");
    return NULL;
}

void link_destroy(struct link *link)
{
    if (!link)
        return;
    pthread_mutex_lock(&link->mutex);
    link->stop = true;
    pthread_cond_signal(&link->wake);
    pthread_mutex_unlock(&link->mutex);
    pthread_join(link->thread, NULL);
    store_set_patience(link->store, PATIENCE_AFTER_USEC);
    if (link->news & LINK_REPLY)
        sync_reply_fini(&link->reply);
    data_reply_fini(&link->data_reply);
    pthread_cond_destroy(&link->wake);
    pthread_mutex_destroy(&link->mutex);
    pthread_mutex_destroy(&link->using);
    close(link->fd);
    free(link);
}

int link_fd(const struct link *link)
{
    return link->fd;
}

bool link_is_idle(struct link *link)
{
    return !link->busy; // the loop's alone to set and clear
}

void link_send(struct link *link, const struct sync_request *request, bool here)
{
    link->busy = true;
    if (here && try_sync(link, request, PATIENCE_HERE_USEC, false))
        return;
    pthread_mutex_lock(&link->mutex);
    link->tried = here;
    link->request = *request;
    pthread_cond_signal(&link->wake);
    pthread_mutex_unlock(&link->mutex);
}

int link_take(struct link *link, struct sync_reply *reply, struct error *err)
{
    eventfd_t count;
    eventfd_read(link->fd, &count);
    pthread_mutex_lock(&link->mutex);
    int news = link->news;
    link->news = 0;
    if (news & (LINK_REPLY | LINK_REFUSED)) {
        link->busy = false;
        *reply = link->reply;
        *err = link->err;
        link->reply = (struct sync_reply){0};
    }
    pthread_mutex_unlock(&link->mutex);
    return news;
}

bool link_is_idle_of_data(const struct link *link)
{
    return !link->data_busy; // the loop's alone to set and clear
}

void link_send_data(struct link *link, const struct data_request *request)
{
    link->data_busy = true;
    pthread_mutex_lock(&link->mutex);
    link->data = *request;
    link->data_wanted = true;
    pthread_cond_signal(&link->wake);
    pthread_mutex_unlock(&link->mutex);
}

bool link_take_data(struct link *link, struct data_reply *reply, struct error *err)
{
    pthread_mutex_lock(&link->mutex);
    bool answered = link->data_answered;
    if (answered) {
        *reply = link->data_reply;
        *err = link->data_err;
        link->data_reply = (struct data_reply){0};
        link->data_busy = link->data_answered = false;
    }
    pthread_mutex_unlock(&link->mutex);
    return answered;
}

void link_estimate(struct link *link, int64_t workflow_id, bool again, struct estimate *estimate)
{
    pthread_mutex_lock(&link->mutex);
    *estimate = link->estimate;
    if (again)
        link->estimate_of = workflow_id;
    pthread_mutex_unlock(&link->mutex);
}

int64_t link_outage_usec(struct link *link, struct error *why)
{
    pthread_mutex_lock(&link->mutex);
    int64_t since = link->outage_since;
    if (since)
        *why = link->err;
    pthread_mutex_unlock(&link->mutex);
    return since ? clock_mono_usec() - since : 0;
}
