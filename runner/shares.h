// SPDX-License-Identifier: GPL-2.0-or-later
// Jobs of several nodes, as the runners of their nodes see them: where one is told to end, each
// other node hands the signal on; where one has ended, it ends what is left of it and says what it
// used there; and the first one does not take for a failure what was the death of a node.
#ifndef RUNNER_SHARES_H
#define RUNNER_SHARES_H

#include "runner/runner.h"

// Is this job, just taken out of jobs.ended, to wait until it is known whether its nodes are there?
// Then it is in `doubted` now.
bool shares_keep(struct runner *runner, struct job *job);
struct job *
shares_next(struct runner *runner); // out of `doubted`: one that waits no longer, or NULL

void shares_fill(struct runner *runner, struct sync_request *request);
// Takes what a reply says of them; before jobs are stopped that it names as refused.
void shares_take(struct runner *runner, const struct sync_reply *reply);
void shares_fini(struct runner *runner);

#endif
