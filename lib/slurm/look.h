// SPDX-License-Identifier: GPL-2.0-or-later
// What a person wants to know of Slurm, in Slurm's own words; for display, nothing is decided by
// it. Each call is one request.
#ifndef LIB_SLURM_LOOK_H
#define LIB_SLURM_LOOK_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/error.h"

// Runs a command of Slurm or MUNGE, for at most 20 s, and gives what it printed, the caller's to
// free. Fails when it cannot be run or does not exit with 0; the error then has the first line that
// it said.
int slurm_look(const char *const *argv, char **text, struct error *err);

// One squeue for all the jobs: a line "ID|STATE|REASON|EXPECTED START" each, in *text, the caller's
// to free.
int slurm_look_queue(const int64_t *jobs, size_t count, char **text, struct error *err);

#endif
