// SPDX-License-Identifier: GPL-2.0-or-later
// --wait: stays until a workflow has ended, shows how it gets on, and notices when it cannot.
#ifndef SUBMITTER_WAIT_H
#define SUBMITTER_WAIT_H

#include <stdint.h>

#include "lib/base/error.h"
#include "lib/store/store.h"

// Gives the exit code of the program: 0 all jobs completed, 1 some did not or cannot, 130 detached
// by ^C; -1 with err. quiet: no progress on stderr.
int wait_for_workflow(struct store *store, const char *db, int64_t workflow_id, bool quiet,
                      struct error *err);

#endif
