// SPDX-License-Identifier: GPL-2.0-or-later
// The step the plugin was loaded for: whose it is, its ids, and where its tasks are.
#include "plugin/step.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/clock.h"

#define STEP_ID_BATCH 0xfffffffbU // SLURM_BATCH_SCRIPT, the same in every release since 20.11

const char *const step_v1_controllers[V1_CONTROLLERS] = {
    [V1_MEMORY] = "memory", [V1_CPUACCT] = "cpuacct"};

static const char digits[] = "0123456789";
static const char tag_characters[] =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._:-";

// The variable's value, if it is set, fits, is not empty and has only these characters; else buf is
// "" and the answer false.
static bool get_variable(spank_t sp, const char *name, const char *allowed, char *buf, size_t size)
{
    if (spank_getenv(sp, name, buf, (int)size) == ESPANK_SUCCESS && buf[0] &&
        !buf[strspn(buf, allowed)])
        return true;
    buf[0] = '\0';
    return false;
}

static bool has_variable(spank_t sp, const char *name)
{
    char c[2];
    return spank_getenv(sp, name, c, sizeof c) != ESPANK_ENV_NOEXIST;
}

// "RUN.ATTEMPT"
static bool attempt_is_valid(const char *text)
{
    size_t n = strspn(text, digits);
    return n && text[n] == '.' && text[n + 1] && !text[n + 1 + strspn(text + n + 1, digits)];
}

enum step_role step_init_role(struct step *step, spank_t sp)
{
    char text[80];
    bool runner = get_variable(sp, "TORC_RUNNER", tag_characters, text, sizeof text);
    bool tagged = has_variable(sp, "TORC_SLURM_JOB_ID");
    step->role = STEP_FOREIGN;
    if ((!runner && !tagged) ||
        spank_get_item(sp, S_JOB_ID, &step->slurm_job_id) != ESPANK_SUCCESS ||
        spank_get_item(sp, S_JOB_STEPID, &step->step_id) != ESPANK_SUCCESS)
        return STEP_FOREIGN;
    if (tagged) { // a job may call sbatch: its variables then carry the id of the job that did
        snprintf(text, sizeof text, "%u", step->slurm_job_id);
        char own[12];
        if (!get_variable(sp, "TORC_SLURM_JOB_ID", digits, own, sizeof own) ||
            strcmp(own, text) != 0)
            return STEP_FOREIGN;
    }
    if (tagged && get_variable(sp, "TORC_STEP_JOB", digits, step->job, sizeof step->job)) {
        if (!get_variable(sp, "TORC_STEP_ATTEMPT", "0123456789.", step->attempt,
                          sizeof step->attempt) ||
            !attempt_is_valid(step->attempt) || step->step_id == STEP_ID_BATCH)
            return STEP_FOREIGN;
        if (!get_variable(sp, "SLURM_STEP_GPUS", "0123456789,-", step->gpus, sizeof step->gpus))
            get_variable(sp, "SLURM_JOB_GPUS", "0123456789,-", step->gpus, sizeof step->gpus);
        return step->role = STEP_LAUNCHED;
    }
    if (runner && (tagged || step->step_id == STEP_ID_BATCH))
        step->role = STEP_RUNNER;
    return step->role;
}

// slurmstepd puts its node's name into its own environment (not the step's, which a user can
// write): what SLURMD_NODENAME of its tasks then is. NODE becomes part of a file name.
static void set_node(struct step *step)
{
    static const char ok[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._-";
    const char *name = getenv("SLURMD_NODENAME");
    if (name && *name) {
        snprintf(step->node, sizeof step->node, "%s", name);
    } else {
        if (gethostname(step->node, sizeof step->node - 1))
            snprintf(step->node, sizeof step->node, "unknown");
        step->node[strcspn(step->node, ".")] = '\0'; // as slurmd does to find its own name
    }
    for (char *p = step->node; *(p += strspn(p, ok)); p++)
        *p = '_';
}

int step_init_ids(struct step *step, spank_t sp)
{
    if (spank_get_item(sp, S_JOB_UID, &step->uid) != ESPANK_SUCCESS ||
        spank_get_item(sp, S_JOB_GID, &step->gid) != ESPANK_SUCCESS ||
        spank_get_item(sp, S_JOB_NCPUS, &step->cpus) != ESPANK_SUCCESS)
        return -1;
    set_node(step);
    return 0;
}

static int remember_task(struct step_task *task, uint32_t number)
{
    *task = (struct step_task){.known = true, .number = number, .start_usec = clock_real_usec()};
    return 0;
}

int step_locate_task(struct step *step, unsigned local_id, pid_t pid)
{
    char path[CGROUP_PATH_MAX];
    uint32_t number;
    if (local_id >= STEP_TASKS)
        return -1;
    if (!cgroup_path(pid, NULL, path, sizeof path) && !cgroup_path_split_task(path, &number)) {
        size_t n = strlen(path);
        if (n < 5 || strcmp(path + n - 5, "/user") != 0)
            return -1;
        memcpy(step->v2_user, path, n + 1);
        return remember_task(&step->tasks[local_id], number);
    }
    int found = -1;
    for (int i = 0; i < V1_CONTROLLERS; i++) {
        if (cgroup_path(pid, step_v1_controllers[i], path, sizeof path) ||
            cgroup_path_split_task(path, &number))
            continue;
        memcpy(step->v1_step[i], path, strlen(path) + 1);
        found = remember_task(&step->tasks[local_id], number);
    }
    return found;
}
