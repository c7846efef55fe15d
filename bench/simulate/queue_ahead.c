// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/simulate/queue_ahead.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"

bool shape_fits(const struct queue_shape *shape, const struct queue_shape *room)
{
    return shape->cpus <= room->cpus && shape->gpus <= room->gpus &&
           shape->memory_mib <= room->memory_mib;
}

void shape_add(struct queue_shape *to, const struct queue_shape *shape, int32_t sign)
{
    to->cpus += sign * shape->cpus;
    to->gpus += sign * shape->gpus;
    to->memory_mib += sign * shape->memory_mib;
}

struct queue_shape ahead_need(const struct queue_ask *ask, const struct queue_node *node)
{
    return ask->whole ? node->has : ask->shape;
}

struct release {
    int64_t time;
    struct queue_shape shape;
};

static int by_time(const void *a, const void *b)
{
    int64_t x = ((const struct release *)a)->time, y = ((const struct release *)b)->time;
    return (x > y) - (x < y);
}

static void add_step(struct queue_node *node, int64_t from, const struct queue_shape *free)
{
    node->steps =
        array_grow(node->steps, node->steps_count, &node->steps_space, sizeof *node->steps);
    node->steps[node->steps_count++] = (struct queue_step){from, *free};
}

static void make_node(const struct queue *queue, struct queue_node *node)
{
    cleanup_free struct release *list = xcalloc(node->jobs_count + 1, sizeof *list);
    struct queue_shape free = node->free;
    for (size_t i = 0; i < node->jobs_count; i++) {
        const struct queue_job *job = queue_job(queue, node->jobs[i]);
        int64_t end = job->started + job->ask.walltime_usec;
        list[i] =
            (struct release){end > queue->now ? end : queue->now + 1, ahead_need(&job->ask, node)};
    }
    qsort(list, node->jobs_count, sizeof *list, by_time);
    node->steps_count = 0;
    add_step(node, queue->now, &free);
    for (size_t i = 0; i < node->jobs_count; i++) {
        shape_add(&free, &list[i].shape, 1);
        if (node->steps[node->steps_count - 1].from == list[i].time)
            node->steps[node->steps_count - 1].free = free;
        else
            add_step(node, list[i].time, &free);
    }
}

void ahead_make(struct queue *queue)
{
    for (size_t n = 0; n < queue->nodes_count; n++)
        make_node(queue, &queue->nodes[n]);
}

int64_t ahead_earliest(const struct queue_node *node, const struct queue_ask *ask)
{
    struct queue_shape need = ahead_need(ask, node);
    size_t first = 0;
    for (size_t i = 0; i < node->steps_count; i++) {
        if (i > first && node->steps[i].from >= node->steps[first].from + ask->walltime_usec)
            return node->steps[first].from;
        if (!shape_fits(&need, &node->steps[i].free))
            first = i + 1;
    }
    return first < node->steps_count ? node->steps[first].from : INT64_MAX;
}

// There is a step that begins at this time.
static size_t split(struct queue_node *node, int64_t time)
{
    size_t at = 0;
    while (at < node->steps_count && node->steps[at].from < time)
        at++;
    if (at < node->steps_count && node->steps[at].from == time)
        return at;
    struct queue_shape free = node->steps[at - 1].free;
    add_step(node, time, &free);
    memmove(node->steps + at + 1, node->steps + at,
            (node->steps_count - 1 - at) * sizeof *node->steps);
    node->steps[at] = (struct queue_step){time, free};
    return at;
}

void ahead_take(struct queue_node *node, const struct queue_ask *ask, int64_t from)
{
    struct queue_shape need = ahead_need(ask, node);
    size_t first = split(node, from), end = split(node, from + ask->walltime_usec);
    for (size_t i = first; i < end; i++)
        shape_add(&node->steps[i].free, &need, -1);
}
