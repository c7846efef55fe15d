// SPDX-License-Identifier: GPL-2.0-or-later
// Runners that died with their node, so that nobody said so: what they held goes back.
#ifndef LIB_LOST_RUNNER_H
#define LIB_LOST_RUNNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"

struct store;

/* Looks for runners in allocations that have missed three heartbeats. Are there any, Slurm is asked about the allocation of one
 * of them, in one request: if its job does not run any more, its runners are declared lost, after their journals were taken in;
 * no answer, or a job that runs or is suspended: nothing. turn: counts calls, so that another one is asked about each time;
 * owned by the caller, 0 at first. *asked: Slurm was; *lost: how many were declared so. */
int lost_runner_look(struct store *store, int64_t workflow_id, size_t *turn, bool *asked, size_t *lost, struct error *err);

#endif
