// SPDX-License-Identifier: GPL-2.0-or-later
// One change of user data or events, by whatever door is nearest: in a job its runner's socket,
// else the database.
#ifndef CLI_DATA_CLIENT_H
#define CLI_DATA_CLIENT_H

#include "cli/command.h"
#include "lib/store/data.h"

// The value that an argument gives: JSON, @FILE, or - for standard input; checked, on one line, the
// caller's to free. ERROR_USAGE with the place where it stops being JSON.
char *data_client_value(const char *argument, struct error *err);

// Durable when it returns 0. *json: the answer to DATA_GET, the caller's to free, or NULL (no value
// yet).
int data_client_send(const struct cli *cli, const struct data_change *change, char **json,
                     struct error *err);

// The workflow: --workflow, else in a job its own, else the last one of the database. reply is the
// caller's to fini.
int data_client_workflow(const struct cli *cli, struct store *store, struct read_reply *reply,
                         struct error *err);

// The id of the job that this process is part of; 0: none.
int64_t data_client_job(void);

#endif
