// SPDX-License-Identifier: GPL-2.0-or-later
// Of an allocation for one class the room is known as slots and rounds. Classes that share one fill
// each other's gaps: of these it is counted in CPUs, memory and GPUs times time, in
// O(classes x allocations).
#include "lib/store/room.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/number.h"

// Made for this class and no other: its slots and rounds are known.
static bool is_alone(const struct supply *s, const struct need *n)
{
    return s->class_id == n->demand.class_id && s->classes == 1;
}

// How many rounds of a class are left. In a live allocation of its own, slots are in the middle of
// a round, which counts as a whole one like the job that runs in it; but if none of its jobs runs,
// they are idle for want of time.
static int64_t rounds_left(const struct supply *s, const struct need *n, bool own)
{
    int64_t runtime = n->demand.row.runtime_usec;
    if (runtime <= 0 || (own && !s->live))
        return runtime <= 0 ? 1 : s->rounds;
    int64_t rounds = (s->left_usec + (own && n->busy ? runtime - 1 : 0)) / runtime;
    return own && rounds > s->rounds ? s->rounds : rounds;
}

static int64_t nodes_of(const struct supply *s, const struct class_row *c)
{
    return c->nodes > 1 ? 1 : s->nodes - s->gone;
}

// How many jobs of the class run side by side in an unused supply.
static int64_t slots_of(const struct supply *s, const struct need *n)
{
    const struct class_row *c = &n->demand.row;
    int64_t nodes = s->nodes - s->gone;
    if (c->labels || nodes <= 0 || (c->nodes > 1 && c->nodes != nodes) ||
        (c->scheduler && (!s->scheduler || strcmp(c->scheduler, s->scheduler))))
        return 0;
    if (is_alone(s, n))
        return c->nodes == 1 ? (int64_t)s->slots * nodes / s->nodes : s->slots;
    int64_t slots = c->cpus ? s->cpus / c->cpus : INT32_MAX;
    if (c->memory_bytes && s->memory_bytes) // 0: Slurm does not know it
        slots = smaller(slots, s->memory_bytes / c->memory_bytes);
    slots = c->gpus_milli ? smaller(slots, s->gpus_milli / c->gpus_milli) : slots;
    slots = c->nodes > 1 && c->gpus_milli ? smaller(slots, 1) : slots;
    return smaller(slots, INT32_MAX) * nodes_of(s, c);
}

// How many jobs of the class an unused supply would run.
static int64_t capacity(const struct supply *s, const struct need *n)
{
    int64_t slots = slots_of(s, n), rounds = rounds_left(s, n, is_alone(s, n));
    return slots > 0 && rounds > 0 ? slots * rounds * s->count : 0;
}

// What a job of the class takes of the supply, as a share of each resource times time.
static void shares_of(const struct supply *s, const struct need *n, double shares[RESOURCES])
{
    const struct class_row *c = &n->demand.row;
    double all = (double)s->left_usec * (double)s->count * (double)nodes_of(s, c);
    double time = all > 0 ? (double)c->runtime_usec / all : 0;
    shares[CPUS] = s->cpus > 0 ? time * c->cpus / s->cpus : 0;
    shares[MEMORY] =
        s->memory_bytes > 0 ? time * (double)c->memory_bytes / (double)s->memory_bytes : 0;
    shares[GPUS] = s->gpus_milli > 0 ? time * c->gpus_milli / s->gpus_milli : 0;
    if (is_alone(s, n)) { // all that is in its slots and rounds is its own
        int64_t most = capacity(s, n);
        for (int r = 0; r < RESOURCES; r++)
            shares[r] = most > 0 ? 1 / (double)most : 0;
    }
}

// How many of its jobs have room in what is free yet; with `wanted` at most so many, and takes it.
static int64_t take_room(struct supply *s, const struct need *n, int64_t wanted)
{
    double shares[RESOURCES];
    int64_t room = capacity(s, n);
    if (room <= 0)
        return 0;
    shares_of(s, n, shares);
    for (int r = 0; r < RESOURCES; r++)
        if (shares[r] > 0)
            room = smaller(room, (int64_t)(s->free[r] / shares[r] + 1e-6));
    if (wanted < 0)
        return room;
    room = smaller(room, wanted);
    for (int r = 0; r < RESOURCES; r++)
        s->free[r] -= shares[r] * (double)room;
    return room;
}

static int by_runtime(const void *a, const void *b)
{
    const struct need *x = *(struct need *const *)a, *y = *(struct need *const *)b;
    int64_t longer = y->demand.row.runtime_usec - x->demand.row.runtime_usec;
    return longer ? (longer > 0) - (longer < 0) : (x > y) - (x < y);
}

// First each class takes from the allocations made for its pool, then what is left over from those
// of others. What runs in one of several classes is in the time that has passed.
static void place(struct need **order, size_t count, struct supply *supplies, size_t supplies_count,
                  bool own)
{
    for (size_t i = 0; i < count; i++) {
        struct need *n = order[i];
        int64_t busy = own ? n->busy : 0;
        for (size_t k = 0; k < supplies_count && n->unplaced > 0; k++) {
            struct supply *s = &supplies[k];
            if ((s->pool == n->demand.pool) != own)
                continue;
            if (own && s->live && !is_alone(s, n)) {
                int64_t runs = smaller(smaller(busy, n->unplaced), slots_of(s, n));
                busy -= runs;
                n->unplaced -= runs;
            }
            n->unplaced -= take_room(s, n, n->unplaced);
        }
    }
}

void rooms_set(struct need *needs, size_t count, struct supply *supplies, size_t supplies_count)
{
    cleanup_free struct need **order = xcalloc(count + 1, sizeof *order);
    for (size_t i = 0; i < count; i++) {
        struct need *n = order[i] = &needs[i];
        n->unplaced = n->busy + n->demand.ready + n->demand.soon;
    }
    qsort(order, count, sizeof *order, by_runtime);
    place(order, count, supplies, supplies_count, true);
    place(order, count, supplies, supplies_count, false);
    for (size_t i = 0; i < count; i++) {
        struct class_demand *d = &needs[i].demand;
        d->room = d->ready + d->soon - needs[i].unplaced;
        for (size_t k = 0; k < supplies_count; k++)
            if (supplies[k].pool == d->pool)
                d->room += take_room(&supplies[k], &needs[i], -1);
        d->room = d->room > 0 ? d->room : 0;
    }
}
