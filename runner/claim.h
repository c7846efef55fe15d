// SPDX-License-Identifier: GPL-2.0-or-later
// What a request asks for: jobs for what is free, a few more to have at hand.
#ifndef RUNNER_CLAIM_H
#define RUNNER_CLAIM_H

#include "runner/runner.h"

// How many jobs are to be at hand, by how many ended in the last 100 ms, about.
int32_t claim_target(struct runner *runner);
// Jobs that may be started besides those that run, as far as their number goes.
int32_t claim_room(const struct runner *runner);
void claim_fill(struct runner *runner, struct claim_request *claim);

#endif
