// SPDX-License-Identifier: GPL-2.0-or-later
// Chains of jobs: the store says ahead what follows a job (sync_reply.hints), so that the next one
// starts the moment the one before has completed, and the commits of a chain are batched like any
// others.
#ifndef RUNNER_AHEAD_H
#define RUNNER_AHEAD_H

#include "runner/runner.h"

// Hangs the hints of a batch behind the jobs that they follow; hints of jobs that are gone are
// dropped.
void ahead_take(struct runner *runner, struct batch *batch);

// The end of the job is put to be told: if it completed, what follows it starts, unless something
// claimed waits for the place.
void ahead_go_on(struct runner *runner, struct job *job);

// The jobs of which the store should say what follows, up to `most` ids.
uint32_t ahead_ask(const struct runner *runner, int64_t *ids, uint32_t most);

// Is there a job, running or about to be told, that another one can follow without asking?
bool ahead_has_any(const struct runner *runner);
// The CPUs, free now, of those that follow as soon as the job before them is told.
int32_t ahead_cpus(const struct runner *runner);

#endif
