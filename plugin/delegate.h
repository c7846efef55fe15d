// SPDX-License-Identifier: GPL-2.0-or-later
// Giving a runner's task a cgroup subtree of its own, for the jobs it packs, and taking it back.
#ifndef PLUGIN_DELEGATE_H
#define PLUGIN_DELEGATE_H

#include "plugin/step.h"

// How many cgroups a step's user can make in what she is given (v2): a job has one, and there is
// never more than a job a CPU, but some are ending, and some make their own.
unsigned delegate_bound(const struct step *step);

// How many all steps of a user on this machine may be given: as many as steps of a CPU each that
// fill it. The kernel has 65 535 memory cgroups for everybody; the most is a quarter of that.
unsigned delegate_user_bound(void);

// v2: makes step_S/user/torc_T beside Slurm's task_T and gives it to the user. v1: gives
// {memory,cpuacct}/…/task_T to the user, without a bound, for v1 knows none. The task must have
// been located. 0, or -1 with errno and nothing given.
int delegate_task(struct step *step, unsigned local_id);

// Kills the jobs of this task that are left and removes their cgroups; at most 2 s. How many are
// left.
int delegate_clear_task(const struct step *step, unsigned local_id);

// The same for all tasks of the step.
int delegate_clear_step(const struct step *step);

// Has Slurm left a task's directory (v1)? It removes them before the last hook, and so not if
// something was still in there.
bool delegate_is_left(const struct step *step);

#endif
