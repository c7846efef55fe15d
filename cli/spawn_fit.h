// SPDX-License-Identifier: GPL-2.0-or-later
// Can jobs that are to be added ever run?
#ifndef CLI_SPAWN_FIT_H
#define CLI_SPAWN_FIT_H

#include "cli/subject.h"

// Looks at the classes of the first `jobs` jobs of `more` that the workflow does not have yet: on
// the cluster, if it was ever submitted, else at the machines that run it. ERROR_USAGE, and what is
// wrong is printed; what cannot be found out is no mistake.
int spawn_fit(struct store *store, const struct subject *subject, const struct workflow *more,
              size_t jobs, struct error *err);

#endif
