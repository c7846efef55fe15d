// SPDX-License-Identifier: GPL-2.0-or-later
// A workflow file, run here and now: checked against this machine and put into the database.
#ifndef RUNNER_LOCAL_H
#define RUNNER_LOCAL_H

#include "runner/node.h"
#include "runner/options.h"

struct store;

// Reads and checks options->file (what is wrong with it goes to standard error, and ERROR_USAGE to
// err with an empty text), opens the database (*store, the caller's to close) and creates the
// workflow in it.
int local_create(const struct options *options, const struct node *node, struct store **store,
                 int64_t *workflow_id, struct error *err);

// --restart: the same for a workflow that exists, of which is reset what must run again.
int local_restart(const struct options *options, const struct node *node, struct store **store,
                  int64_t *workflow_id, struct error *err);

#endif
