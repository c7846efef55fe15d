// SPDX-License-Identifier: GPL-2.0-or-later
// Between jobs and the thread that watches GPUs.
#include "runner/job/gpus.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/meter/gpu.h"
#include "lib/meter/gpu_watch.h"
#include "runner/job/job.h"

enum { NAMES_USEC = 5 * USEC_PER_SEC }; // a driver that starts slowly takes a second or two

void gpus_init(struct jobs *jobs)
{
    struct node *node = &jobs->node;
    struct error err;
    const char *told = getenv("CUDA_VISIBLE_DEVICES"), *numbers = getenv("SLURM_STEP_GPUS");
    if (!node->gpus_count)
        return;
    bool renumbered = gpu_is_renumbered(told ? told : getenv("ROCR_VISIBLE_DEVICES"),
                                        numbers ? numbers : getenv("SLURM_JOB_GPUS"));
    jobs->gpus.watch = gpu_watch_create(node->gpu_ids, node->gpus_count, renumbered, &err);
    if (!jobs->gpus.watch)
        fprintf(stderr, "torc-run: what jobs do on GPUs is not measured: %s\n", err.text);
    else if (!renumbered && isdigit((unsigned char)*node->gpu_ids[0]))
        jobs->gpus.names_usec = clock_mono_usec() + NAMES_USEC;
}

bool gpus_fini(struct jobs *jobs)
{
    return gpu_watch_destroy(take_ptr(jobs->gpus.watch));
}

int gpus_fd(const struct jobs *jobs)
{
    return jobs->gpus.watch ? gpu_watch_fd(jobs->gpus.watch) : -1;
}

void gpus_hear(struct jobs *jobs)
{
    gpu_watch_hear(jobs->gpus.watch);
}

// All by number or all by UUID: CUDA may count devices in another order than the driver does.
bool gpus_are_settled(struct jobs *jobs)
{
    struct node *node = &jobs->node;
    if (!jobs->gpus.names_usec)
        return true;
    bool ready = gpu_watch_is_ready(jobs->gpus.watch);
    if (!ready && clock_mono_usec() < jobs->gpus.names_usec)
        return false;
    for (int i = 0; ready && i < node->gpus_count; i++) {
        const char *name = gpu_watch_name(jobs->gpus.watch, i);
        if (!name)
            break;
        free(node->gpu_ids[i]);
        node->gpu_ids[i] = xstrdup(name);
    }
    jobs->gpus.names_usec = 0;
    return true;
}

void gpus_start(struct jobs *jobs, struct job *job)
{
    if (!jobs->gpus.watch)
        return;
    job->gpus.watched = gpu_job_create(jobs->gpus.watch, &(struct gpu_job_options){
                                                             .job_id = job->claimed.job_id,
                                                             .run_id = job->claimed.run_id,
                                                             .attempt_id = job->claimed.attempt_id,
                                                             .first = job->pid,
                                                             .cgroup = meter_job_cgroup(job->meter),
                                                             .ids = job->share.gpus,
                                                             .count = job->share.gpus_count,
                                                         });
}

bool gpus_linger(struct job *job)
{
    return job->gpus.watched && gpu_job_end(job->gpus.watched);
}

void gpus_collect(struct job *job)
{
    char *not_given;
    if (!job->gpus.watched)
        return;
    cleanup_free char *text = gpu_job_usage(job->gpus.watched, &not_given);
    job->usage.gpus = arena_strdup(job->arena, text);
    job->gpus.not_given = arena_strdup(job->arena, not_given);
    free(not_given);
    gpus_forget(job);
}

void gpus_forget(struct job *job)
{
    gpu_job_destroy(take_ptr(job->gpus.watched));
}

const char *gpus_now(const struct job *job, struct arena *arena)
{
    cleanup_free char *text = job->gpus.watched ? gpu_job_now(job->gpus.watched) : NULL;
    return arena_strdup(arena, text);
}
