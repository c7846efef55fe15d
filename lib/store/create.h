// SPDX-License-Identifier: GPL-2.0-or-later
// Creating a workflow in the database: all rows in one transaction, at the speed of a bare insert
// loop.
#ifndef LIB_STORE_CREATE_H
#define LIB_STORE_CREATE_H

#include "lib/store/store.h"
#include "lib/workflow/workflow.h"

struct workflow_origin { // where it came from, for when the user comes back in three weeks
    const char *user;
    uint32_t uid;
    // absolute path and text; file NULL: none (a commands file, standard input)
    const char *file, *file_text;
    const char *command_line, *folder, *version;
    const char *environment; // JSON array of "NAME=value", or NULL
};

// Inserts the workflow with its jobs in state blocked or ready (unmet 0; a barrier without needs
// completes at once, with what follows from it), the counters per class, and the workflow_created
// event.
int store_create_workflow(struct store *store, const struct workflow *workflow,
                          const struct workflow_origin *origin, int64_t *workflow_id,
                          struct error *err);

#endif
