// SPDX-License-Identifier: GPL-2.0-or-later
// Time goes from end to end of jobs. The next class that fits is found in a tree of minima, so that
// a thousand classes that do not fit cost no more than a few.
#include "lib/plan/place.h"

#include <stdbool.h>
#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/base/number.h"

struct run { // jobs of a class that began together
    int64_t end_usec, count;
    size_t jobs;
    uint32_t allocation;
};

struct site {
    const struct place_jobs *jobs;
    int64_t *left;            // by class: jobs that have no place yet
    struct place_room *least; // tree: of the classes below that have some, the least of each
    size_t leaves, count;
    struct run *heap;
    size_t heap_count, heap_space;
    const struct place_room *room;
    int64_t usec;
    struct placed placed;
};

static bool fits(const struct place_room *each, const struct place_room *room)
{
    return each->cpus <= room->cpus && each->gpus_milli <= room->gpus_milli &&
           each->memory_bytes <= room->memory_bytes;
}

int64_t place_side_by_side(const struct place_room *each, const struct place_room *room)
{
    int64_t n = each->cpus > 0 ? room->cpus / each->cpus : INT32_MAX;
    n = each->gpus_milli > 0 ? smaller(n, room->gpus_milli / each->gpus_milli) : n;
    return each->memory_bytes > 0 ? smaller(n, room->memory_bytes / each->memory_bytes) : n;
}

static void take(struct place_room *from, const struct place_room *each, int64_t count)
{
    from->cpus -= (int32_t)(each->cpus * count);
    from->gpus_milli -= (int32_t)(each->gpus_milli * count);
    from->memory_bytes -= each->memory_bytes * count;
}

static struct place_room both(const struct place_room *a, const struct place_room *b)
{
    return (struct place_room){(int32_t)smaller(a->cpus, b->cpus),
                               (int32_t)smaller(a->gpus_milli, b->gpus_milli),
                               smaller(a->memory_bytes, b->memory_bytes)};
}

static const struct place_room none = {INT32_MAX, INT32_MAX, INT64_MAX};

static void set_leaf(struct site *s, size_t jobs)
{
    size_t at = s->leaves + jobs;
    s->least[at] = s->left[jobs] ? s->jobs[jobs].each : none;
    for (at /= 2; at; at /= 2)
        s->least[at] = both(&s->least[2 * at], &s->least[2 * at + 1]);
}

// The first class from `from` on that fits; SIZE_MAX: none.
static size_t next_fit(const struct site *s, size_t from, const struct place_room *free)
{
    size_t at = s->leaves + from;
    if (from >= s->count)
        return SIZE_MAX;
    for (;;) {
        if (!fits(&s->least[at], free)) { // on to what lies right of it
            while (at & 1)
                at /= 2;
            if (!at)
                return SIZE_MAX;
            at++;
        } else if (at < s->leaves) {
            at *= 2;
        } else {
            return at - s->leaves;
        }
    }
}

// The first class short enough.
static size_t first_in_time(const struct site *s, int64_t usec)
{
    size_t low = 0, high = s->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (s->jobs[middle].runtime_usec <= usec)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static bool is_before(const struct run *a, const struct run *b)
{
    return a->end_usec != b->end_usec ? a->end_usec < b->end_usec : a->allocation < b->allocation;
}

static void push(struct site *s, struct run run)
{
    s->heap = array_grow(s->heap, s->heap_count, &s->heap_space, sizeof *s->heap);
    size_t at = s->heap_count++;
    for (; at && is_before(&run, &s->heap[(at - 1) / 2]); at = (at - 1) / 2)
        s->heap[at] = s->heap[(at - 1) / 2];
    s->heap[at] = run;
}

static struct run pop(struct site *s)
{
    struct run first = s->heap[0], last = s->heap[--s->heap_count];
    size_t at = 0;
    for (size_t child; (child = 2 * at + 1) < s->heap_count; at = child) {
        child += child + 1 < s->heap_count && is_before(&s->heap[child + 1], &s->heap[child]);
        if (!is_before(&s->heap[child], &last))
            break;
        s->heap[at] = s->heap[child];
    }
    s->heap[at] = last;
    return first;
}

struct use { // of one allocation now
    struct place_room free;
    int64_t side;
};

static void fill(struct site *s, struct use *use, uint32_t allocation, int64_t now_usec)
{
    size_t i = first_in_time(s, s->usec - now_usec);
    while ((i = next_fit(s, i, &use->free)) != SIZE_MAX) {
        const struct place_jobs *jobs = &s->jobs[i];
        int64_t count = smaller(s->left[i], place_side_by_side(&jobs->each, &use->free));
        take(&use->free, &jobs->each, count);
        use->side += count;
        s->left[i] -= count;
        s->placed.left -= count;
        if (!s->left[i])
            set_leaf(s, i);
        push(s, (struct run){now_usec + jobs->runtime_usec, count, i, allocation});
        s->placed.end_usec = larger(s->placed.end_usec, now_usec + jobs->runtime_usec);
        i++;
    }
    struct place_room *peak = &s->placed.peak;
    const struct place_room *room = s->room, *free = &use->free;
    peak->cpus = (int32_t)larger(peak->cpus, room->cpus - free->cpus);
    peak->gpus_milli = (int32_t)larger(peak->gpus_milli, room->gpus_milli - free->gpus_milli);
    peak->memory_bytes = larger(peak->memory_bytes, room->memory_bytes - free->memory_bytes);
    s->placed.side = (int32_t)larger(s->placed.side, use->side);
}

static void init(struct site *s, const struct place_jobs *jobs, size_t count)
{
    for (s->leaves = 1; s->leaves < count;)
        s->leaves *= 2;
    s->jobs = jobs;
    s->count = count;
    s->left = xcalloc(count + 1, sizeof *s->left);
    s->least = xcalloc(2 * s->leaves, sizeof *s->least);
    for (size_t i = 0; i < 2 * s->leaves; i++)
        s->least[i] = none;
    for (size_t i = 0; i < count; i++) {
        s->left[i] = jobs[i].count;
        s->placed.left += jobs[i].count;
        if (jobs[i].count)
            s->least[s->leaves + i] = jobs[i].each;
    }
    for (size_t i = s->leaves - 1; i; i--)
        s->least[i] = both(&s->least[2 * i], &s->least[2 * i + 1]);
}

struct placed place_jobs(const struct place_jobs *jobs, size_t count, const struct place_room *room,
                         int64_t allocations, int64_t usec)
{
    struct site s = {.room = room, .usec = usec};
    cleanup_free struct use *uses = xcalloc((size_t)allocations + 1, sizeof *uses);
    init(&s, jobs, count);
    for (uint32_t a = 0; a < allocations; a++) {
        uses[a].free = *room;
        fill(&s, &uses[a], a, 0);
    }
    while (s.heap_count && s.placed.left) {
        struct run run = pop(&s);
        struct use *use = &uses[run.allocation];
        for (; run.count && s.placed.left; run.count--) { // each end is a claim of its own
            take(&use->free, &jobs[run.jobs].each, -1);
            use->side--;
            fill(&s, use, run.allocation, run.end_usec);
        }
    }
    free(s.left);
    free(s.least);
    free(s.heap);
    return s.placed;
}
