// SPDX-License-Identifier: GPL-2.0-or-later
// Slurm looks twice: soon after something has changed it starts what is first in each partition,
// until something does not fit; every 30 s it goes further down, promises each its place, and
// starts what takes nobody's.
#include "bench/simulate/queue.h"

#include <stdlib.h>
#include <string.h>

#include "bench/simulate/load.h"
#include "bench/simulate/queue_ahead.h"
#include "bench/simulate/queue_event.h"
#include "lib/base/mem.h"

static const int64_t SEC = 1000000;
enum {
    PASS_SECS = 1,        // after a change (sched_min_interval, about)
    BACKFILL_SECS = 30,   // bf_interval
    BACKFILL_TESTS = 100, // bf_max_job_test, an old default: jobs that are looked at
    BACKFILL_ALIKE = 20,  // bf_max_job_array_resv: of jobs alike, so many are promised a place
    WINDOW_SECS = 24 * 60 * 60, // bf_window: no promises beyond
    BEGIN_SECS = 2,
    BEGIN_SPREAD = 4, // from the node to the script: the prolog
};

void queue_init(struct queue *queue, const struct queue_node *nodes, size_t nodes_count,
                struct load *load)
{
    *queue = (struct queue){
        .nodes = xcalloc(nodes_count, sizeof *nodes), .nodes_count = nodes_count, .load = load};
    for (size_t n = 0; n < nodes_count; n++)
        queue->nodes[n] = (struct queue_node){
            .partition = nodes[n].partition, .has = nodes[n].has, .free = nodes[n].has};
    for (int32_t p = 0; load && p < QUEUE_PARTITIONS; p++)
        if (load->next[p])
            event_put(queue, load->next[p], EVENT_ARRIVAL, p);
}

void queue_fini(struct queue *queue)
{
    for (size_t n = 0; n < queue->nodes_count; n++) {
        free(queue->nodes[n].jobs);
        free(queue->nodes[n].steps);
    }
    free(queue->nodes);
    free(queue->jobs);
    free(queue->events);
    free(queue->pending);
    *queue = (struct queue){0};
}

const struct queue_job *queue_job(const struct queue *queue, int64_t job)
{
    return &queue->jobs[job - 1];
}

static struct queue_job *job_of(struct queue *queue, int64_t job)
{
    return &queue->jobs[job - 1];
}

static void look_soon(struct queue *queue)
{
    queue->dirty = true;
    if (!queue->pass_due)
        event_put(queue, queue->now + PASS_SECS * SEC, EVENT_PASS, 0);
    queue->pass_due = true;
    if (!queue->backfill_due)
        event_put(queue, (queue->now / (BACKFILL_SECS * SEC) + 1) * BACKFILL_SECS * SEC,
                  EVENT_BACKFILL, 0);
    queue->backfill_due = true;
}

int64_t queue_submit(struct queue *queue, const struct queue_ask *ask)
{
    queue->jobs =
        array_grow(queue->jobs, queue->jobs_count, &queue->jobs_space, sizeof *queue->jobs);
    queue->jobs[queue->jobs_count++] =
        (struct queue_job){.ask = *ask, .node = -1, .submitted = queue->now};
    queue->pending = array_grow(queue->pending, queue->pending_count, &queue->pending_space,
                                sizeof *queue->pending);
    queue->pending[queue->pending_count++] = (int64_t)queue->jobs_count;
    look_soon(queue);
    return (int64_t)queue->jobs_count;
}

void queue_release(struct queue *queue, int64_t job)
{
    job_of(queue, job)->ask.held = false;
    look_soon(queue);
}

void queue_cancel(struct queue *queue, int64_t job)
{
    struct queue_job *j = job_of(queue, job);
    if (j->state != QUEUE_PENDING)
        return;
    j->state = QUEUE_CANCELED;
    j->ended = queue->now;
    look_soon(queue);
}

void queue_at(struct queue *queue, int64_t time, int64_t token)
{
    event_put(queue, time, EVENT_DUE, token);
}

void queue_end(struct queue *queue, int64_t job)
{
    struct queue_job *j = job_of(queue, job);
    if (j->state != QUEUE_RUNNING)
        return;
    struct queue_node *node = &queue->nodes[j->node];
    struct queue_shape need = ahead_need(&j->ask, node);
    shape_add(&node->free, &need, 1);
    j->state = QUEUE_ENDED;
    j->ended = queue->now;
    for (size_t i = 0; i < node->jobs_count; i++)
        if (node->jobs[i] == job)
            node->jobs[i--] = node->jobs[--node->jobs_count];
    look_soon(queue);
}

static void start(struct queue *queue, int64_t job, int32_t n)
{
    struct queue_job *j = job_of(queue, job);
    struct queue_node *node = &queue->nodes[n];
    struct queue_shape need = ahead_need(&j->ask, node);
    int64_t limit = queue->now + j->ask.walltime_usec,
            begin = queue->now + (BEGIN_SECS + job % BEGIN_SPREAD) * SEC;
    shape_add(&node->free, &need, -1);
    j->state = QUEUE_RUNNING;
    j->node = n;
    j->has = node->has;
    j->started = queue->now;
    node->jobs = array_grow(node->jobs, node->jobs_count, &node->jobs_space, sizeof *node->jobs);
    node->jobs[node->jobs_count++] = job;
    if (j->ask.ours)
        event_put(queue, begin, EVENT_BEGIN, job);
    bool of_its_own = j->ask.runtime_usec && begin + j->ask.runtime_usec < limit;
    event_put(queue, of_its_own ? begin + j->ask.runtime_usec : limit, EVENT_OVER, job);
}

// The node where the job can start soonest; of these the one with the least left.
static int32_t best_node(const struct queue *queue, const struct queue_ask *ask, bool ahead,
                         int64_t *when)
{
    int32_t best = -1;
    *when = INT64_MAX;
    for (size_t n = 0; n < queue->nodes_count; n++) {
        const struct queue_node *node = &queue->nodes[n];
        struct queue_shape need = ahead_need(ask, node);
        if (node->partition != ask->partition)
            continue;
        int64_t time = ahead                            ? ahead_earliest(node, ask)
                       : shape_fits(&need, &node->free) ? queue->now
                                                        : INT64_MAX;
        if (time < *when || (time == *when && best >= 0 && time != INT64_MAX &&
                             node->free.cpus < queue->nodes[best].free.cpus)) {
            *when = time;
            best = (int32_t)n;
        }
    }
    return best;
}

static void drop_started(struct queue *queue)
{
    size_t kept = 0;
    for (size_t i = 0; i < queue->pending_count; i++)
        if (queue_job(queue, queue->pending[i])->state == QUEUE_PENDING)
            queue->pending[kept++] = queue->pending[i];
    queue->pending_count = kept;
}

static bool may_start(const struct queue_job *job)
{
    return job->state == QUEUE_PENDING && !job->ask.held && !job->ask.never;
}

static void pass(struct queue *queue)
{
    bool blocked[QUEUE_PARTITIONS] = {false};
    queue->pass_due = false;
    for (size_t i = 0; i < queue->pending_count; i++) {
        const struct queue_job *job = queue_job(queue, queue->pending[i]);
        int64_t when;
        if (!may_start(job) || blocked[job->ask.partition])
            continue;
        int32_t n = best_node(queue, &job->ask, false, &when);
        blocked[job->ask.partition] = n < 0;
        if (n >= 0)
            start(queue, queue->pending[i], n);
    }
    drop_started(queue);
}

struct alike { // asked for by a job that could not start in this look
    const struct queue_ask *ask;
    int32_t count;
};

static bool are_alike(const struct queue_ask *a, const struct queue_ask *b)
{
    return a->partition == b->partition && a->whole == b->whole &&
           a->walltime_usec == b->walltime_usec && a->shape.cpus == b->shape.cpus &&
           a->shape.gpus == b->shape.gpus && a->shape.memory_mib == b->shape.memory_mib;
}

static struct alike *find_alike(struct alike *list, size_t count, const struct queue_ask *ask)
{
    for (size_t i = 0; i < count; i++)
        if (are_alike(list[i].ask, ask))
            return &list[i];
    return NULL;
}

static void backfill(struct queue *queue)
{
    struct alike list[BACKFILL_TESTS];
    size_t count = 0, tests = 0;
    queue->backfill_due = false;
    if (!queue->dirty || !queue->pending_count)
        return;
    queue->dirty = false;
    ahead_make(queue);
    for (size_t i = 0; i < queue->pending_count && tests < BACKFILL_TESTS; i++) {
        const struct queue_job *job = queue_job(queue, queue->pending[i]);
        int64_t when;
        if (!may_start(job))
            continue;
        struct alike *alike = find_alike(list, count, &job->ask);
        if (alike && alike->count >= BACKFILL_ALIKE)
            continue;
        int32_t n = best_node(queue, &job->ask, true, &when);
        tests++;
        if (n < 0 || when > queue->now + WINDOW_SECS * SEC)
            continue;
        ahead_take(&queue->nodes[n], &job->ask, when);
        if (when == queue->now)
            start(queue, queue->pending[i], n);
        else if (alike)
            alike->count++;
        else
            list[count++] = (struct alike){&job->ask, 1};
    }
    drop_started(queue);
}

static void arrive(struct queue *queue, int32_t partition)
{
    struct queue_ask ask = load_draw(queue->load, partition);
    queue_submit(queue, &ask);
    event_put(queue, queue->load->next[partition], EVENT_ARRIVAL, partition);
}

static void over(struct queue *queue, int64_t job)
{
    if (queue_job(queue, job)->state != QUEUE_RUNNING)
        return;
    queue_end(queue, job);
    if (queue_job(queue, job)->ask.ours)
        queue->hooks.ended(queue->hooks.context, job);
}

static void happen(struct queue *queue, const struct queue_event *event)
{
    switch (event->kind) {
    case EVENT_PASS:
        pass(queue);
        break;
    case EVENT_BACKFILL:
        backfill(queue);
        break;
    case EVENT_BEGIN:
        if (queue_job(queue, event->id)->state == QUEUE_RUNNING)
            queue->hooks.started(queue->hooks.context, event->id);
        break;
    case EVENT_OVER:
        over(queue, event->id);
        break;
    case EVENT_DUE:
        queue->hooks.due(queue->hooks.context, event->id);
        break;
    case EVENT_ARRIVAL:
        arrive(queue, (int32_t)event->id);
        break;
    }
}

void queue_run(struct queue *queue, int64_t until)
{
    while (!queue->stop && queue->events_count && queue->events[0].time <= until) {
        struct queue_event event = event_take(queue);
        queue->now = event.time;
        happen(queue, &event);
    }
    if (!queue->stop && queue->now < until)
        queue->now = until;
}
