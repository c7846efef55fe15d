// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/simulate/queue_event.h"

#include "lib/base/mem.h"

static bool is_before(const struct queue_event *a, const struct queue_event *b)
{
    return a->time != b->time ? a->time < b->time : a->order < b->order;
}

static void swap(struct queue_event *a, struct queue_event *b)
{
    struct queue_event other = *a;
    *a = *b;
    *b = other;
}

void event_put(struct queue *queue, int64_t time, enum event_kind kind, int64_t id)
{
    queue->events =
        array_grow(queue->events, queue->events_count, &queue->events_space, sizeof *queue->events);
    struct queue_event *list = queue->events;
    size_t at = queue->events_count++;
    list[at] = (struct queue_event){.time = time, .order = queue->order++, .id = id, .kind = kind};
    for (; at && is_before(&list[at], &list[(at - 1) / 2]); at = (at - 1) / 2)
        swap(&list[at], &list[(at - 1) / 2]);
}

struct queue_event event_take(struct queue *queue)
{
    struct queue_event *list = queue->events, first = list[0];
    size_t count = --queue->events_count;
    list[0] = list[count];
    for (size_t at = 0;;) {
        size_t next = 2 * at + 1;
        if (next >= count)
            break;
        if (next + 1 < count && is_before(&list[next + 1], &list[next]))
            next++;
        if (!is_before(&list[next], &list[at]))
            break;
        swap(&list[next], &list[at]);
        at = next;
    }
    return first;
}
