// SPDX-License-Identifier: GPL-2.0-or-later
// The workflow of a command that cannot be taken back.
#ifndef CLI_ONE_WORKFLOW_H
#define CLI_ONE_WORKFLOW_H

#include "lib/show/target.h"

// As target_workflow; a name that several workflows have is refused, with their ids.
int one_workflow(struct store *store, const char *text, struct read_reply *reply,
                 struct error *err);

#endif
