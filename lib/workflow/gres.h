// SPDX-License-Identifier: GPL-2.0-or-later
// Generic resources as Slurm writes them. Pure.
#ifndef LIB_WORKFLOW_GRES_H
#define LIB_WORKFLOW_GRES_H

#include <stdint.h>

// GPUs in a node's or an option's Gres text: "gpu:2", "gpu:a100:4(S:0-1),gpu:v100:1,shard:8"; NULL:
// none.
int32_t gres_count_gpus(const char *gres);

#endif
