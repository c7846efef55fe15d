// SPDX-License-Identifier: GPL-2.0-or-later
// What goes to the store and when, and what its replies change.
#ifndef RUNNER_FLUSH_H
#define RUNNER_FLUSH_H

#include "runner/runner.h"

// A job that has ended, taken out of jobs.ended: it will be told with the next sync.
void flush_put(struct runner *runner, struct job *job);

// Sends a sync when it is time for one and none is under way.
void flush_when_due(struct runner *runner);
int64_t flush_due(const struct runner *runner); // when that may be next, by runner->jobs.now

// The link has news. -1: the store refuses what we say, in a way that another try does not mend.
int flush_take(struct runner *runner, struct error *err);

// Keeps results on the disk when the store has not answered for a while.
void flush_journal(struct runner *runner);

// The store stays away, and there is nothing else to do: what could be kept is on the disk. True:
// leave, err says why.
bool flush_gives_up(struct runner *runner, struct error *err);

// Forgets jobs that have no process: at the end, when the store has not been told of them.
void flush_drop_all(struct runner *runner);

// Starts what is held and fits now.
void flush_start_held(struct runner *runner);

#endif
