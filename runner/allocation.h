// SPDX-License-Identifier: GPL-2.0-or-later
// What Slurm says about the allocation that this process runs in, if it does.
#ifndef RUNNER_ALLOCATION_H
#define RUNNER_ALLOCATION_H

#include <stdint.h>

struct node;

// Fills node from SLURM_* where there is an allocation. One Slurm request, only where the
// environment lacks the end time.
void allocation_read(struct node *node, int64_t own_bytes);

// What squeue prints for %e: the end of an allocation by the real clock; 0: not known.
int64_t allocation_read_end(const char *text);

// The smaller of bytes and what the cgroups of this process let it have.
int64_t allocation_memory_limit(int64_t bytes);

#endif
