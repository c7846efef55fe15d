// SPDX-License-Identifier: GPL-2.0-or-later
// All jobs are looked at together, so that their points have one time. Points wait for the next
// flush, at most a heartbeat.
#include "runner/series.h"

#include <stdlib.h>

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/workflow/workflow.h"
#include "runner/job/gpus.h"

static bool wants_node(const struct settings *settings)
{
    return settings->sample_node_cpu || settings->sample_node_memory;
}

void series_init(struct series *series, const struct jobs *jobs)
{
    const struct settings *settings = &jobs->settings;
    bool any = settings->sample_jobs || wants_node(settings);
    series->due_usec = any ? jobs->now + (int64_t)settings->sample_secs * USEC_PER_SEC : INT64_MAX;
}

static struct usage_point *add(struct series *series, int64_t time_usec)
{
    series->points =
        array_grow(series->points, series->count, &series->space, sizeof *series->points);
    series->points[series->count] =
        (struct usage_point){.time_usec = time_usec, .cpu_usec = UNKNOWN, .memory_bytes = UNKNOWN};
    return &series->points[series->count++];
}

static void add_node(struct series *series, const struct jobs *jobs, int64_t time_usec)
{
    struct usage_point *point = add(series, time_usec);
    meter_node_now(jobs->meter, point);
    if (!jobs->settings.sample_node_cpu)
        point->cpu_usec = UNKNOWN;
    if (!jobs->settings.sample_node_memory)
        point->memory_bytes = UNKNOWN;
}

void series_tick(struct series *series, struct jobs *jobs)
{
    if (jobs->now < series->due_usec)
        return;
    struct job *job;
    int64_t time_usec = clock_real_usec();
    if (wants_node(&jobs->settings))
        add_node(series, jobs, time_usec);
    TAILQ_FOREACH(job, &jobs->live, link) {
        // of a job started by srun there is only srun here
        if (!jobs->settings.sample_jobs || job->phase != PHASE_RUNNING ||
            job->claimed.flags & JOB_SRUN)
            continue;
        struct usage_point *point = add(series, time_usec);
        point->job_id = job->claimed.job_id;
        point->attempt_id = job->claimed.attempt_id;
        meter_job_now(job->meter, jobs->now - job->start_usec, point);
        if (job->gpus.watched && !series->texts)
            series->texts = arena_create();
        if (job->gpus.watched)
            point->gpus = gpus_now(job, series->texts);
    }
    series->due_usec = jobs->now + (int64_t)jobs->settings.sample_secs * USEC_PER_SEC;
}

const struct usage_point *series_take(struct series *series, uint32_t *count)
{
    struct series taken = *series;
    arena_destroy(taken.sent_texts);
    *series = (struct series){.due_usec = taken.due_usec,
                              .points = taken.sent,
                              .sent = taken.points,
                              .space = taken.sent_space,
                              .sent_space = taken.space,
                              .sent_texts = taken.texts};
    *count = taken.count;
    return taken.points;
}

void series_fini(struct series *series)
{
    free(series->points);
    free(series->sent);
    arena_destroy(series->texts);
    arena_destroy(series->sent_texts);
}
