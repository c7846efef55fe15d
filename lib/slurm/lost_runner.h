// SPDX-License-Identifier: GPL-2.0-or-later
// Runners that died and could not say so: what they held goes back.
#ifndef LIB_SLURM_LOST_RUNNER_H
#define LIB_SLURM_LOST_RUNNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/error.h"

struct store;
struct runner_info;

// Looks for runners in allocations that have missed three heartbeats, or whose process ran on this
// host and is no more. Are there any, Slurm is asked
// about the allocation of one of them, in one request: if its job does not run any more, its
// runners are declared lost, or, if only the node has left it, that node's, after their journals
// were taken in; no answer, or a job that runs or
// is suspended: nothing. turn: counts calls, so that another one is asked about each time; owned by
// the caller, 0 at first. *asked: Slurm was; *lost: how many were declared so.
int lost_runner_look(struct store *store, int64_t workflow_id, size_t *turn, bool *asked,
                     size_t *lost, struct error *err);

// Its process ran on this host and is no more, though the runner never said that it left.
bool lost_runner_is_dead(const struct runner_info *runner);

// How many runners of the workflow were heard of in the last three heartbeats and are not known to
// be dead.
int lost_runner_count_alive(struct store *store, int64_t workflow_id, int *alive,
                            struct error *err);

// Declares the dead runners of this host lost that were started by hand; in an allocation the
// keeper may start one again. *lost: how many they were.
int lost_runner_here(struct store *store, int64_t workflow_id, size_t *lost, struct error *err);

#endif
