// SPDX-License-Identifier: GPL-2.0-or-later
// Giving a runner's task a cgroup subtree of its own, for the jobs it packs, and taking it back.
#ifndef PLUGIN_DELEGATE_H
#define PLUGIN_DELEGATE_H

#include "plugin/step.h"

// v2: makes step_S/user/torc_T beside Slurm's task_T and gives it to the user. v1: gives
// {memory,cpuacct}/…/task_T to the user. The task must have been located. 0, or -1 with errno and
// nothing given.
int delegate_task(struct step *step, unsigned local_id);

// Kills the jobs of this task that are left and removes their cgroups; at most 2 s. How many are
// left.
int delegate_clear_task(const struct step *step, unsigned local_id);

// The same for all tasks of the step.
int delegate_clear_step(const struct step *step);

#endif
