// SPDX-License-Identifier: GPL-2.0-or-later
// The workflow database, whatever holds it: open it here, then send it batches (create.h, run.h,
// plan.h, read.h, data.h). Every call is one transaction; a request that was applied before (same
// runner and sequence number) changes nothing. A store is used by one thread at a time. Replies own
// their memory through the arena they carry.
#ifndef LIB_STORE_STORE_H
#define LIB_STORE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/error.h"

struct store;

enum store_mode {
    STORE_READ,   // must exist; nothing is written
    STORE_WRITE,  // must exist
    STORE_CREATE, // made, mode 0600, when it is not there
};

// Opens the database at `where`: a path (an SQLite file). Codes: ERROR_UNREACHABLE (cannot be
// opened, locked for longer than 60 s, no torc database, of a newer torc). A journal in WAL mode on
// local file systems, a rollback journal on network ones. $TORC_BUSY_SECS: how long to wait for a
// lock instead of 60 s. $TORC_STORE_CODEC=1 puts every request and reply through the JSON codec on
// the way (tests).
struct store *store_open(const char *where, enum store_mode mode, struct error *err);
void store_close(struct store *store); // NULL is fine

// How long calls wait for a lock from now on.
void store_set_patience(struct store *store, int64_t usec);

// A number that changes whenever somebody else may have changed the database; cheap (microseconds)
// and for polling.
int store_change(struct store *store, int64_t *change, struct error *err);

// May the caller change this workflow? In a database that is shared (access_groups) its owner,
// members of its own groups, and root. The calls that change one for a user look at it; this is for
// who would do something else before. ERROR_USAGE: no, and why.
int store_may_change(struct store *store, int64_t workflow_id, struct error *err);

// "--db", else $TORC_DB, else "torc.db": the path that a program opens.
const char *store_where(const char *option);

// Removes a workflow and all that belongs to it. Refused (ERROR_USAGE) while a runner of it is
// alive.
int store_delete_workflow(struct store *store, int64_t workflow_id, struct error *err);

#endif
