// SPDX-License-Identifier: GPL-2.0-or-later
// The mutex is never held while the driver or /proc is asked.
#include "lib/meter/gpu_watch.h"

#include <ctype.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/meter/gpu_round.h"
#include "lib/meter/proc.h"

enum {
    LAST_LOOK_USEC = 100 * USEC_PER_MSEC,
    HANGS_USEC = USEC_PER_SEC,
    LEAVE_USEC = 100 * USEC_PER_MSEC,
};

struct gpu_watch {
    int fd;
    char **ids;
    int ids_count;
    bool renumbered;
    pthread_t thread;
    pthread_mutex_t mutex; // of what follows, but for what a round does
    pthread_cond_t wake;
    bool ready, stop, idle, named;
    int64_t busy_usec; // since when the driver is asked; 0: it is not
    struct gpu_device devices[GPU_DEVICES];
    int64_t numbers; // of jobs
    struct gpu_rounds rounds;
};

static const struct gpu_source *const sources[] = {&gpu_nvml, &gpu_amd};

// ---- the thread ----

static void wait_until(struct gpu_watch *w, int64_t due_usec)
{
    struct timespec until = clock_timespec(due_usec);
    while (!w->stop && !gpu_round_is_wanted(&w->rounds)) {
        w->idle = TAILQ_EMPTY(&w->rounds.jobs);
        if (w->idle)
            pthread_cond_wait(&w->wake, &w->mutex);
        else if (pthread_cond_timedwait(&w->wake, &w->mutex, &until))
            break;
    }
    w->idle = false;
}

// Leaves the mutex locked.
static void open_devices(struct gpu_watch *w)
{
    struct gpu_device *devices = xcalloc(GPU_DEVICES, sizeof *devices);
    int count = 0;
    for (size_t i = 0; !w->rounds.data && i < sizeof sources / sizeof *sources; i++) {
        w->rounds.source = sources[i];
        w->rounds.data = w->rounds.source->open(devices, &count);
    }
    pthread_mutex_lock(&w->mutex);
    w->rounds.count = w->rounds.data ? count : 0;
    memcpy(w->devices, devices, sizeof w->devices);
    free(devices);
    w->rounds.devices = xcalloc((size_t)w->rounds.count + 1, sizeof *w->rounds.devices);
    gpu_find_devices(w->ids, w->ids_count, w->renumbered, w->devices, w->rounds.count,
                     w->rounds.places);
    w->named = w->rounds.count && w->rounds.source->by_uuid && !w->renumbered;
    for (int i = 0; i < w->ids_count; i++)
        w->named &= w->rounds.places[i] >= 0;
    w->ready = true;
    w->busy_usec = 0;
    eventfd_write(w->fd, 1);
}

static void *watch_main(void *argument)
{
    struct gpu_watch *w = argument;
    open_devices(w);
    while (!w->stop && w->rounds.count) {
        int64_t now = clock_mono_usec();
        gpu_round_plan(&w->rounds, now);
        w->busy_usec = now;
        pthread_mutex_unlock(&w->mutex);
        gpu_round_do(&w->rounds, now);
        pthread_mutex_lock(&w->mutex);
        w->busy_usec = 0;
        wait_until(w, gpu_round_note(&w->rounds, now));
    }
    pthread_mutex_unlock(&w->mutex);
    if (w->rounds.data)
        w->rounds.source->close(w->rounds.data);
    return NULL;
}

// ---- the runner's side ----

static void free_watch(struct gpu_watch *w)
{
    pthread_cond_destroy(&w->wake);
    pthread_mutex_destroy(&w->mutex);
    for (int i = 0; i < w->ids_count; i++)
        free(w->ids[i]);
    free(w->ids);
    free(w->rounds.devices);
    free(w->rounds.seen);
    free(w->rounds.owners);
    if (w->fd >= 0)
        close(w->fd);
    if (w->rounds.proc >= 0)
        close(w->rounds.proc);
    free(w);
}

struct gpu_watch *gpu_watch_create(char *const *ids, int count, bool renumbered, struct error *err)
{
    pthread_condattr_t monotonic;
    struct gpu_watch *w = xcalloc(1, sizeof *w);
    w->ids_count = count < GPU_DEVICES ? count : GPU_DEVICES;
    w->ids = xcalloc((size_t)w->ids_count + 1, sizeof *w->ids);
    for (int i = 0; i < w->ids_count; i++)
        w->ids[i] = xstrdup(ids[i]);
    w->renumbered = renumbered;
    w->rounds.proc = proc_open();
    w->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    w->busy_usec = clock_mono_usec();
    TAILQ_INIT(&w->rounds.jobs);
    pthread_mutex_init(&w->mutex, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&w->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    int failed =
        w->fd < 0 || w->rounds.proc < 0 ? errno : pthread_create(&w->thread, NULL, watch_main, w);
    if (!failed)
        return w;
    error_set(err, ERROR_INTERNAL, failed, "cannot start the thread that watches GPUs");
    free_watch(w);
    return NULL;
}

bool gpu_watch_destroy(struct gpu_watch *w)
{
    if (!w)
        return false;
    pthread_mutex_lock(&w->mutex);
    w->stop = true;
    pthread_cond_signal(&w->wake);
    pthread_mutex_unlock(&w->mutex);
    struct timespec until = clock_timespec(clock_real_usec() + LEAVE_USEC);
    if (pthread_timedjoin_np(w->thread, NULL, &until)) {
        pthread_detach(w->thread);
        return true;
    }
    free_watch(w);
    return false;
}

int gpu_watch_fd(const struct gpu_watch *w)
{
    return w->fd;
}

void gpu_watch_hear(struct gpu_watch *w)
{
    eventfd_t count;
    eventfd_read(w->fd, &count);
}

bool gpu_watch_is_ready(struct gpu_watch *w)
{
    pthread_mutex_lock(&w->mutex);
    bool ready = w->ready;
    pthread_mutex_unlock(&w->mutex);
    return ready;
}

const char *gpu_watch_name(struct gpu_watch *w, int id)
{
    pthread_mutex_lock(&w->mutex);
    const char *name = w->named && id < w->ids_count ? w->devices[w->rounds.places[id]].uuid : NULL;
    pthread_mutex_unlock(&w->mutex);
    return name; // it does not change any more
}

struct gpu_job *gpu_job_create(struct gpu_watch *w, const struct gpu_job_options *options)
{
    struct gpu_job *job = xcalloc(1, sizeof *job);
    job->watch = w;
    job->owner.job_id = options->job_id;
    job->owner.run_id = options->run_id;
    job->owner.attempt_id = options->attempt_id;
    job->owner.first = options->first;
    if (options->cgroup)
        snprintf(job->owner.cgroup, sizeof job->owner.cgroup, "%s", options->cgroup);
    for (int i = 0; i < options->count && options->ids[i] < w->ids_count; i++)
        job->ids[job->ids_count++] = options->ids[i];
    pthread_mutex_lock(&w->mutex);
    job->start_usec = clock_mono_usec();
    job->owner.number = ++w->numbers;
    TAILQ_INSERT_TAIL(&w->rounds.jobs, job, link);
    if (w->ready)
        gpu_round_take(&w->rounds, job);
    if (w->idle || job->ids_count)
        pthread_cond_signal(&w->wake);
    pthread_mutex_unlock(&w->mutex);
    return job;
}

void gpu_job_destroy(struct gpu_job *job)
{
    if (!job)
        return;
    pthread_mutex_lock(&job->watch->mutex);
    TAILQ_REMOVE(&job->watch->rounds.jobs, job, link);
    pthread_mutex_unlock(&job->watch->mutex);
    free(job->uses);
    free(job);
}

bool gpu_job_end(struct gpu_job *job)
{
    struct gpu_watch *w = job->watch;
    int64_t now = clock_mono_usec();
    pthread_mutex_lock(&w->mutex);
    if (!job->end_usec) {
        job->end_usec = now;
        if (job->ids_count)
            pthread_cond_signal(&w->wake);
    }
    bool hangs = w->busy_usec && now - w->busy_usec > HANGS_USEC,
         comes = w->ready && w->rounds.count && job->ids_count && !job->last_done && !hangs &&
                 now - job->end_usec < LAST_LOOK_USEC;
    pthread_mutex_unlock(&w->mutex);
    return comes;
}

// Is it known which devices it was given? CUDA counts them in an order of its own.
static bool is_certain(const struct gpu_job *job)
{
    const struct gpu_watch *w = job->watch;
    for (int i = 0; i < job->ids_count && !w->named; i++)
        if (w->rounds.places[job->ids[i]] < 0 || isdigit((unsigned char)*w->ids[job->ids[i]]))
            return false;
    return true;
}

char *gpu_job_usage(struct gpu_job *job, char **not_given)
{
    struct gpu_watch *w = job->watch;
    pthread_mutex_lock(&w->mutex);
    char *text = job->uses ? gpu_uses_json(job->uses, w->devices, w->rounds.count) : NULL;
    *not_given = NULL;
    for (int d = 0; job->uses && d < w->rounds.count && !*not_given && is_certain(job); d++)
        if (job->uses[d].not_given)
            *not_given = xstrdup(w->devices[d].uuid);
    pthread_mutex_unlock(&w->mutex);
    return text;
}

char *gpu_job_now(struct gpu_job *job)
{
    struct gpu_watch *w = job->watch;
    pthread_mutex_lock(&w->mutex);
    char *text = job->uses ? gpu_uses_now_json(job->uses, w->devices, w->rounds.count) : NULL;
    pthread_mutex_unlock(&w->mutex);
    return text;
}
