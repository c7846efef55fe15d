// SPDX-License-Identifier: GPL-2.0-or-later
// What jobs ask for, by what they used the last time: --resources FILE (torc-report --advice wrote
// it), --learn (from the last workflow of that name in the database).
#ifndef SUBMITTER_LEARN_H
#define SUBMITTER_LEARN_H

#include "lib/workflow/workflow.h"
#include "submitter/options.h"

// Changes the classes of the workflow, each change is said on stderr. db: its path. That there is
// nothing to learn from is no error.
int learn(struct workflow *workflow, const char *db, const struct options *options,
          struct error *err);

#endif
