// SPDX-License-Identifier: GPL-2.0-or-later
// Jobs that completed and whose end is not told yet, as their files are being hashed (hasher.h).
// For 10 s at the most, and not at all once the runner is to end: what has no hash by then has
// none.
#ifndef RUNNER_CONTENTS_H
#define RUNNER_CONTENTS_H

#include "runner/runner.h"

int contents_init(struct runner *runner, struct error *err); // as the settings say
void contents_fini(struct runner *runner); // those that wait stay in the list, without an answer

// Is this job, just taken out of jobs.ended, to wait? Then it is in `hashing` now.
bool contents_keep(struct runner *runner, struct job *job);
// Out of `hashing`: the first one that waits no longer; NULL: none. In the order of contents_keep.
struct job *contents_next(struct runner *runner);
int64_t contents_due(const struct runner *runner); // when to ask that, at the latest

#endif
