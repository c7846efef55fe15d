// SPDX-License-Identifier: GPL-2.0-or-later
// A run as RO-Crate 1.1 of the profile Workflow Run Crate 0.5 (https://w3id.org/ro/wfrun/workflow):
// the workflow file, its inputs and outputs by reference, an action for each attempt.
#ifndef LIB_SHOW_CRATE_H
#define LIB_SHOW_CRATE_H

#include "lib/store/read.h"

// Makes the folder, if there is none, and in it ro-crate-metadata.json, new or anew, and the
// workflow file; another file of that name is left alone, which is an error. The same database
// gives the same bytes. Memory does not grow with the jobs.
int crate_write(struct store *store, const struct workflow_info *workflow, const char *folder,
                struct error *err);

#endif
