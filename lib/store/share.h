// SPDX-License-Identifier: GPL-2.0-or-later
// access_groups of a workflow: a database that is a file is shared through its group.
#ifndef LIB_STORE_SHARE_H
#define LIB_STORE_SHARE_H

#include <stdbool.h>

#include "lib/base/error.h"

struct store;
struct workflow_info;

// Can others than its owner write the file?
bool share_is_shared(const char *path);
// The caller is its owner, root, or in one of its access_groups; else ERROR_USAGE.
int share_check_access(const struct workflow_info *workflow, struct error *err);

// Gives the open database `where`, and the output folder of the settings (JSON), to the first group
// of their access_groups that the user is in: mode 0660. Nothing, if they name none. An error, if
// the user is in none of them; if the database holds workflows and is not that group's; if its
// folder does not hand the group on to what SQLite makes beside it.
int share_database(struct store *store, const char *where, const char *settings, struct error *err);

#endif
