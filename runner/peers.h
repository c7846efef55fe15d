// SPDX-License-Identifier: GPL-2.0-or-later
// In an allocation of several nodes: the runners of the others, one step of Slurm over all of them.
#ifndef RUNNER_PEERS_H
#define RUNNER_PEERS_H

#include <stdint.h>
#include <sys/types.h>

#include "runner/options.h"

// Nodes of the allocation that this process is the first task of; 1: not of several.
int32_t peers_nodes(const struct options *options);

// Starts the srun that runs this program on all nodes but this one, with --peer. Its pid, to be
// reaped by the caller; 0: there are none, or it could not be started (which is told).
pid_t peers_start(const struct options *options);

// Passes on what Slurm, or the user, tells the first node only. srun hands USR1 and USR2 on; of
// TERM it dies, and kills the step: USR2 is a peer's TERM.
void peers_tell(pid_t srun, int sig);

// At the end of a peer: gives its node back, which ends this process. Not in the way of the job:
// where Slurm refuses, the node stays until the job ends.
void peers_give_back(void);

#endif
