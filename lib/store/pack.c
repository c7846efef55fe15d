// SPDX-License-Identifier: GPL-2.0-or-later
// Choosing jobs for a runner. Here and not in lib/plan, because it happens inside of the claim's
// transaction; without SQL, so that a table can test it.
#include "lib/store/pack.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/comma_list.h"

bool pack_shape_fits(const struct pack_shape *shape, const struct pack_shape *room)
{
    return shape->cpus <= room->cpus && shape->gpus_milli <= room->gpus_milli &&
           shape->memory_bytes <= room->memory_bytes;
}

void pack_shape_limit(struct pack_shape *shape, const struct pack_shape *most)
{
    shape->cpus = shape->cpus < most->cpus ? shape->cpus : most->cpus;
    shape->gpus_milli = shape->gpus_milli < most->gpus_milli ? shape->gpus_milli : most->gpus_milli;
    if (shape->memory_bytes > most->memory_bytes)
        shape->memory_bytes = most->memory_bytes;
}

static bool is_before(const struct pack_head *a, const struct pack_head *b)
{
    if (a->priority != b->priority)
        return a->priority > b->priority;
    if (a->rank != b->rank)
        return a->rank > b->rank;
    return a->id < b->id;
}

static int first_that_fits(const struct pack_head *heads, size_t count,
                           const struct pack_shape *room)
{
    int best = -1;
    for (size_t i = 0; i < count; i++)
        if (!heads[i].empty && pack_shape_fits(&heads[i].shape, room) &&
            (best < 0 || is_before(&heads[i], &heads[best])))
            best = (int)i;
    return best;
}

int pack_next(struct pack *pack, const struct pack_head *heads, size_t count)
{
    int best = pack->max_jobs > 0 ? first_that_fits(heads, count, &pack->free) : -1;
    if (best >= 0) {
        pack->max_jobs--;
        pack->free.cpus -= heads[best].shape.cpus;
        pack->free.gpus_milli -= heads[best].shape.gpus_milli;
        pack->free.memory_bytes -= heads[best].shape.memory_bytes;
        return best;
    }
    pack->max_jobs = 0;
    best = pack->prefetch > 0 ? first_that_fits(heads, count, &pack->capacity) : -1;
    pack->prefetch -= best >= 0;
    return best;
}

int pack_passed(const struct pack *pack, const struct pack_head *heads, size_t count)
{
    int first = pack->max_jobs > 0 ? first_that_fits(heads, count, &pack->capacity) : -1;
    return first >= 0 && !pack_shape_fits(&heads[first].shape, &pack->free) ? first : -1;
}

static int compare_ends(const void *a, const void *b)
{
    const struct pack_end *x = a, *y = b;
    return (x->usec > y->usec) - (x->usec < y->usec);
}

int64_t pack_fits_at(const struct pack_shape *free, const struct pack_shape *need, int64_t now_usec,
                     struct pack_end *ends, size_t count)
{
    struct pack_shape room = *free;
    int64_t at = now_usec;
    qsort(ends, count, sizeof *ends, compare_ends);
    for (size_t i = 0; i < count && !pack_shape_fits(need, &room); i++) {
        room.cpus += ends[i].shape.cpus;
        room.gpus_milli += ends[i].shape.gpus_milli;
        room.memory_bytes += ends[i].shape.memory_bytes;
        at = ends[i].usec > at ? ends[i].usec : at;
    }
    return pack_shape_fits(need, &room) ? at : INT64_MAX;
}

bool pack_labels_fit(const char *runner_labels, const char *class_labels)
{
    if (!runner_labels || !class_labels)
        return !runner_labels && !class_labels;
    return comma_list_has_all(runner_labels, class_labels);
}

enum pack_time_fit pack_time_fits(const struct pack_time *time, int64_t runtime_usec, bool enforced)
{
    static const int64_t minute = 60 * 1000000ll;
    if (time->left_usec == 0 || runtime_usec <= time->left_usec)
        return PACK_TIME_YES;
    if (!enforced)
        return time->left_usec > 0 ? PACK_TIME_YES : PACK_TIME_NO;
    int64_t fresh = time->walltime_usec / 10 < minute ? time->walltime_usec / 10 : minute;
    if (!time->of_others && runtime_usec <= time->walltime_usec && time->elapsed_usec <= fresh &&
        time->left_usec > 0)
        return PACK_TIME_YES;
    int64_t least = runtime_usec / 10 > 5 * minute ? runtime_usec / 10 : 5 * minute;
    return time->left_usec >= least ||
                   (time->left_usec > 0 && time->left_usec >= time->elapsed_usec)
               ? PACK_TIME_TERMINABLE
               : PACK_TIME_NO;
}
