// SPDX-License-Identifier: GPL-2.0-or-later
// One connection of a job: lines in, lines out, never waited for, and with limits, so that a bad
// one hurts only itself.
#ifndef RUNNER_SOCKET_CLIENT_H
#define RUNNER_SOCKET_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

enum { JOB_LINE_MOST = 4 * 1024 * 1024 + 64 * 1024 };

struct job_client {
    LIST_ENTRY(job_client) link;
    int fd, poll;
    char *in, *out;
    size_t in_length, in_space, in_seen; // seen: no line end before it
    size_t out_length, out_space, out_sent;
    unsigned events;        // asked of epoll
    unsigned pending, gets; // requests without an answer; those of them that ask for a value
    size_t pending_bytes;
    int64_t active_usec; // when it last said or took something
    bool ended, gone;    // ended: says no more; gone: reads no more either
};

// Takes over fd; poll is the epoll that it waits in.
struct job_client *job_client_create(int fd, int poll);
void job_client_destroy(struct job_client *client);

// Reads what there is, as far as the limits allow.
void job_client_read(struct job_client *client);

// The next whole line (the caller's to free), or NULL. *length: without its end. too_long: it was,
// and the client has ended.
char *job_client_line(struct job_client *client, size_t *length, bool *too_long);

void job_client_say(struct job_client *client, const char *text, size_t length);
void job_client_write(struct job_client *client);         // as much as goes
void job_client_watch(struct job_client *client);         // asks epoll for what it waits for now
bool job_client_is_busy(const struct job_client *client); // said something that is not answered
bool job_client_is_done(const struct job_client *client); // may be destroyed

#endif
