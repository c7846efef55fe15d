// SPDX-License-Identifier: GPL-2.0-or-later
// Buffers that grow up to a limit; who has too much on its way is not read from until it has taken
// answers.
#include "runner/socket/client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/mem.h"

enum {
    READ_BYTES = 64 * 1024,
    PENDING_MOST = 1024,
    PENDING_BYTES_MOST = 8 * 1024 * 1024,
    GETS_MOST = 8,
    OUT_MOST = 8 * 1024 * 1024,
};

struct job_client *job_client_create(int fd, int poll)
{
    struct job_client *client = xcalloc(1, sizeof *client);
    client->fd = fd;
    client->poll = poll;
    client->events = EPOLLIN;
    client->active_usec = clock_mono_usec();
    epoll_ctl(poll, EPOLL_CTL_ADD, fd,
              &(struct epoll_event){.events = client->events, .data.ptr = client});
    return client;
}

void job_client_destroy(struct job_client *client)
{
    close(client->fd);
    free(client->in);
    free(client->out);
    free(client);
}

static bool may_say_more(const struct job_client *client)
{
    return !client->ended && client->pending < PENDING_MOST &&
           client->pending_bytes < PENDING_BYTES_MOST && client->gets < GETS_MOST &&
           client->out_length - client->out_sent < OUT_MOST;
}

void job_client_read(struct job_client *client)
{
    if (!may_say_more(client) || client->in_length >= JOB_LINE_MOST)
        return;
    if (client->in_space - client->in_length < READ_BYTES) {
        client->in_space = client->in_space * 2 + READ_BYTES;
        client->in = xrealloc(client->in, client->in_space, 1);
    }
    ssize_t n = recv(client->fd, client->in + client->in_length,
                     client->in_space - client->in_length, MSG_DONTWAIT);
    if (n > 0) {
        client->in_length += (size_t)n;
        client->active_usec = clock_mono_usec();
    } else if (n == 0 || (errno != EAGAIN && errno != EINTR))
        client->ended = true; // a last line without its end was never said
}

char *job_client_line(struct job_client *client, size_t *length, bool *too_long)
{
    *too_long = false;
    if (client->in_length == client->in_seen || client->pending >= PENDING_MOST ||
        client->gets >= GETS_MOST)
        return NULL;
    char *end = memchr(client->in + client->in_seen, '\n', client->in_length - client->in_seen);
    if (!end) {
        client->in_seen = client->in_length;
        if (client->in_length < JOB_LINE_MOST)
            return NULL;
        *too_long = client->ended = true;
        client->in_length = client->in_seen = 0;
        return NULL;
    }
    *length = (size_t)(end - client->in);
    char *line = xstrndup(client->in, *length);
    client->in_length -= *length + 1;
    memmove(client->in, end + 1, client->in_length);
    client->in_seen = 0;
    return line;
}

void job_client_say(struct job_client *client, const char *text, size_t length)
{
    if (client->gone)
        return;
    if (client->out_length + length > client->out_space) {
        client->out_space = (client->out_length + length) * 2;
        client->out = xrealloc(client->out, client->out_space, 1);
    }
    memcpy(client->out + client->out_length, text, length);
    client->out_length += length;
}

void job_client_write(struct job_client *client)
{
    while (client->out_sent < client->out_length && !client->gone) {
        ssize_t n = send(client->fd, client->out + client->out_sent,
                         client->out_length - client->out_sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return;
        if (n < 0) {
            client->gone = client->ended = true;
        } else {
            client->out_sent += (size_t)n;
            client->active_usec = clock_mono_usec();
        }
    }
    client->out_sent = client->out_length = 0;
}

void job_client_watch(struct job_client *client)
{
    unsigned events = (may_say_more(client) ? EPOLLIN : 0U) | (client->out_length ? EPOLLOUT : 0U);
    if (client->gone)
        epoll_ctl(client->poll, EPOLL_CTL_DEL, client->fd,
                  NULL); // epoll would tell for ever that it hung up
    else if (events != client->events)
        epoll_ctl(client->poll, EPOLL_CTL_MOD, client->fd,
                  &(struct epoll_event){.events = events, .data.ptr = client});
    client->events = events;
}

bool job_client_is_busy(const struct job_client *client)
{
    int unread = 0;
    return client->pending || (!ioctl(client->fd, FIONREAD, &unread) && unread > 0);
}

bool job_client_is_done(const struct job_client *client)
{
    return client->ended && !client->pending && (client->gone || !client->out_length);
}
