// SPDX-License-Identifier: GPL-2.0-or-later
// What the plugin knows of the step it was loaded for: plain memory, for nothing else may live from
// one hook to the next.
#ifndef PLUGIN_STEP_H
#define PLUGIN_STEP_H

#include <slurm/spank.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "plugin/cgroup_path.h"

#define STEP_TASKS 1024 // local tasks looked after; the others of a larger step are left alone

enum step_role {
    STEP_FOREIGN, // not ours: no hook does anything
    STEP_RUNNER,  // its tasks are torc-run: delegate
    STEP_LAUNCHED // started by srun from a job of a workflow: write usage records
};

enum { V1_MEMORY, V1_CPUACCT, V1_CONTROLLERS };
extern const char *const step_v1_controllers[V1_CONTROLLERS];

struct step_task {
    bool known;         // post_fork found its cgroup
    uint32_t number;    // T of Slurm's task_T, which is the global task id
    int64_t start_usec; // wall clock
};

struct step {
    enum step_role role;
    uint32_t slurm_job_id, step_id;
    uid_t uid;
    gid_t gid;
    uint16_t cpus;                                 // that the step has on this node
    char node[256];                                // Slurm's name of it
    char job[24], attempt[48], gpus[256];          // STEP_LAUNCHED: checked text, or ""
    char v2_user[CGROUP_PATH_MAX];                 // …/step_S/user, or ""
    char v1_step[V1_CONTROLLERS][CGROUP_PATH_MAX]; // …/step_S in each hierarchy, or ""
    bool entered;                                  // in the ledger
    bool delegated;                                // to one task, this one
    unsigned owner;
    struct step_task tasks[STEP_TASKS]; // by local id
};

// Whose step it is, by the environment alone (the contract is in plugin/README.md). Fills job,
// attempt and gpus.
enum step_role step_init_role(struct step *step, spank_t sp);

// Fills the ids, cpus and node. -1 if Slurm does not give them.
int step_init_ids(struct step *step, spank_t sp);

// Finds the cgroups of the task with that local id, whose process is pid. -1 if it is in no
// directory task_T that we know.
int step_locate_task(struct step *step, unsigned local_id, pid_t pid);

#endif
