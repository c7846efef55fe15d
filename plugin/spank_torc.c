// SPDX-License-Identifier: GPL-2.0-or-later
// The SPANK plugin: the hooks, what each does, and that none of them ever fails a job.
#include <slurm/spank.h>
#include <string.h>

#include "plugin/delegate.h"
#include "plugin/ledger.h"
#include "plugin/record.h"
#include "plugin/step.h"

#pragma GCC visibility push(default)
SPANK_PLUGIN(torc, 1)
spank_f slurm_spank_task_post_fork, slurm_spank_task_exit, slurm_spank_exit;
#pragma GCC visibility pop

static struct step step;

static bool wants_delegation(int ac, char **av)
{
    for (int i = 0; i < ac; i++)
        if (!strcmp(av[i], "delegate=no"))
            return false;
    return true;
}

// The task is in its cgroup, and waits for this hook before it execs.
int slurm_spank_task_post_fork(spank_t sp, int ac, char **av)
{
    int id;
    pid_t pid;
    if (spank_remote(sp) != 1 || step_init_role(&step, sp) == STEP_FOREIGN)
        return ESPANK_SUCCESS;
    if (step_init_ids(&step, sp) || spank_get_item(sp, S_TASK_ID, &id) != ESPANK_SUCCESS ||
        spank_get_item(sp, S_TASK_PID, &pid) != ESPANK_SUCCESS || id < 0 ||
        step_locate_task(&step, (unsigned)id, pid)) {
        slurm_debug("spank_torc: the task is in no cgroup of its own: nothing to do");
        return ESPANK_SUCCESS;
    }
    if (step.role != STEP_RUNNER || step.entered || !wants_delegation(ac, av))
        return ESPANK_SUCCESS;
    step.entered = !ledger_enter(&step, pid);
    if (!step.entered || delegate_task(&step, (unsigned)id))
        slurm_info("spank_torc: task %d: no cgroup could be delegated: %m", id);
    return ESPANK_SUCCESS;
}

// The task was waited for; its cgroup is still there.
int slurm_spank_task_exit(spank_t sp, int ac, char **av)
{
    int id, status = 0;
    (void)ac;
    (void)av;
    if (step.role == STEP_FOREIGN || spank_get_item(sp, S_TASK_ID, &id) != ESPANK_SUCCESS ||
        id < 0 || id >= STEP_TASKS || !step.tasks[id].known)
        return ESPANK_SUCCESS;
    if (step.role == STEP_LAUNCHED) {
        if (spank_get_item(sp, S_TASK_EXIT_STATUS, &status) != ESPANK_SUCCESS ||
            record_write(&step, (unsigned)id, status))
            slurm_info("spank_torc: task %d: no usage record could be written: %m", id);
    } else if (step.delegated) {
        int left = delegate_clear_task(&step, (unsigned)id);
        if (left)
            slurm_info("spank_torc: task %d: %d cgroups of its jobs are left", id, left);
    }
    return ESPANK_SUCCESS;
}

// Last of all: what task_exit did not get at in its two seconds, and what a runner that was killed
// did not read.
int slurm_spank_exit(spank_t sp, int ac, char **av)
{
    (void)sp;
    (void)ac;
    (void)av;
    if (step.role == STEP_RUNNER && step.node[0])
        record_drop(&step);
    if (!step.entered)
        return ESPANK_SUCCESS;
    int left = delegate_clear_step(&step);
    if (left)
        slurm_info("spank_torc: %d cgroups of the step's jobs are left", left);
    else if (!delegate_is_left(&step)) // else a sweep removes it: this slurmstepd is in it still
        ledger_remove(&step);
    return ESPANK_SUCCESS;
}
