// SPDX-License-Identifier: GPL-2.0-or-later
// The unix socket on which the jobs of this runner set and get user data and post events. A request
// is a line of JSON (runner/socket/request.h); the answers come in the order of the requests, a
// line each: {"ok":true}, {"ok":true,"value":…} or
// {"ok":false,"error":"…"}, and only when what they say is durable. Many requests share a commit.
// Of 400 connections the one that has been idle for longest is closed when another one comes.
#ifndef RUNNER_SOCKET_SOCKET_H
#define RUNNER_SOCKET_SOCKET_H

#include "runner/link.h"

struct job_socket;

// In a folder of its own (0700) below $XDG_RUNTIME_DIR or /tmp. NULL: there is none, err says why;
// jobs then use the database.
struct job_socket *job_socket_create(int64_t workflow_id, int64_t runner_id, struct error *err);
void job_socket_destroy(struct job_socket *socket); // removes it; NULL is fine

// Removes what one that was never destroyed left behind; path "": nothing.
void job_socket_remove(const char *path);

const char *job_socket_path(const struct job_socket *socket);
// readable when job_socket_serve has something to do
int job_socket_fd(const struct job_socket *socket);

// Takes what clients say, never waiting for them.
void job_socket_serve(struct job_socket *socket);

// Sends what is waiting to the database, when the link is free for it.
void job_socket_send(struct job_socket *socket, struct link *link);

// The link has news of what was sent: its answers go to those who asked.
void job_socket_answer(struct job_socket *socket, struct link *link);

#endif
