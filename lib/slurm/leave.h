// SPDX-License-Identifier: GPL-2.0-or-later
// A running job gives one of its nodes back.
#ifndef LIB_SLURM_LEAVE_H
#define LIB_SLURM_LEAVE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/error.h"

// Makes a running job smaller by this node, which is not its first; what runs on the node is
// killed, the caller too if it does. -1: Slurm does not, and nothing has changed.
int slurm_leave_node(int64_t job_id, const char *node, struct error *err);

#endif
