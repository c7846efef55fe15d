// SPDX-License-Identifier: GPL-2.0-or-later
// By trial: jobs are placed in more and more allocations until all have a place; these are then
// made as short, and as narrow, as that permits.
#include "lib/plan/shape.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/number.h"

static const double WASTE = 1.25; // of the node time that is needed at least
// jobs end in another order than was thought, so there is a little more time: one part in so many
enum { SPARE = 32 };
static const double WORTH = 3; // another shape: so many of the shortest allocations

static double share_of(double part, double whole)
{
    return whole > 0 ? part / whole : 0;
}

double shape_share(const struct place_room *each, const struct place_room *room)
{
    return fmax(fmax(share_of(each->cpus, room->cpus),
                     share_of((double)each->memory_bytes, (double)room->memory_bytes)),
                share_of(each->gpus_milli, room->gpus_milli));
}

double shape_bound_usec(const struct place_jobs *jobs, size_t count, const struct place_room *room)
{
    double cpus = 0, memory = 0, gpus = 0;
    for (size_t i = 0; i < count; i++) {
        double usec = (double)jobs[i].runtime_usec * (double)jobs[i].count;
        cpus += usec * jobs[i].each.cpus;
        memory += usec * (double)jobs[i].each.memory_bytes;
        gpus += usec * jobs[i].each.gpus_milli;
    }
    return fmax(fmax(share_of(cpus, room->cpus), share_of(memory, (double)room->memory_bytes)),
                share_of(gpus, room->gpus_milli));
}

struct part { // some of the classes, on one type of node; the others have a count of 0
    const struct shape_ask *ask;
    struct place_jobs *jobs, *soon; // soon NULL: none follow
    int64_t most;
    const struct shape_type *type;
};

static double bound_of(const struct part *p)
{
    size_t count = p->ask->jobs_count;
    return shape_bound_usec(p->jobs, count, &p->type->room) +
           (p->soon ? shape_bound_usec(p->soon, count, &p->type->room) : 0);
}

static struct place_room most_of(struct place_room a, struct place_room b)
{
    return (struct place_room){(int32_t)larger(a.cpus, b.cpus),
                               (int32_t)larger(a.gpus_milli, b.gpus_milli),
                               larger(a.memory_bytes, b.memory_bytes)};
}

// Those that follow begin when all others have ended: nothing says which of them wait for which.
static struct placed place(const struct part *p, const struct place_room *room, int64_t count,
                           int64_t usec)
{
    size_t jobs = p->ask->jobs_count;
    struct placed now = place_jobs(p->jobs, jobs, room, count, usec);
    if (!p->soon)
        return now;
    struct placed then = place_jobs(p->soon, jobs, room, count, larger(usec - now.end_usec, 0));
    return (struct placed){.left = now.left + then.left,
                           .end_usec = now.end_usec + then.end_usec,
                           .peak = most_of(now.peak, then.peak),
                           .side = (int32_t)larger(now.side, then.side)};
}

// As few allocations as hold all.
static int64_t fewest(const struct part *p, struct placed *placed)
{
    int64_t longest = p->ask->longest_usec - p->ask->longest_usec / (SPARE + 1);
    for (size_t i = 0; i < p->ask->jobs_count; i++)
        longest = larger(longest, p->jobs[i].count ? p->jobs[i].runtime_usec : 0);
    double least = ceil(bound_of(p) / (double)longest);
    int64_t count = least < (double)p->most ? larger((int64_t)least, 1) : p->most;
    for (;; count = smaller(p->most, count + larger(count / 16, 1))) {
        *placed = place(p, &p->type->room, count, longest);
        if (!placed->left)
            return count;
        if (count == p->most) {
            *placed = place(p, &p->type->room, count, p->ask->longest_usec);
            return count;
        }
    }
}

// So many that all are done about as soon as with as many as could start now.
static int64_t widest(const struct part *p, int64_t fewest, struct placed *placed,
                      enum shape_limit *limit)
{
    const struct shape_ask *ask = p->ask;
    int64_t worth = (int64_t)(bound_of(p) / (double)larger(ask->least_usec, 1));
    int64_t low = fewest, high = smaller(smaller(p->most, p->type->idle), worth);
    *limit = p->type->idle <= fewest && p->most > fewest ? SHAPE_LIMIT_TIGHT
             : high == p->most                           ? SHAPE_LIMIT_MOST
             : high == p->type->idle                     ? SHAPE_LIMIT_IDLE
                                                         : SHAPE_LIMIT_LEAST;
    if (high <= fewest)
        return fewest;
    struct placed best = place(p, &p->type->room, high, ask->longest_usec);
    int64_t enough = best.end_usec + best.end_usec / 20, widest = high;
    while (low < high) {
        int64_t middle = (low + high) / 2;
        struct placed tried = place(p, &p->type->room, middle, ask->longest_usec);
        if (tried.left || tried.end_usec > enough) {
            low = middle + 1;
        } else {
            high = middle;
            best = tried;
        }
    }
    if (high < widest)
        *limit = SHAPE_LIMIT_LONGEST;
    *placed = best;
    return high;
}

static struct place_room part_of(const struct place_room *room, int64_t part, int64_t of)
{
    int64_t gpus = (room->gpus_milli / 1000 * part + of - 1) / of;
    return (struct place_room){.cpus = (int32_t)((room->cpus * part + of - 1) / of),
                               .gpus_milli = (int32_t)(gpus * 1000),
                               .memory_bytes = room->memory_bytes / of * part +
                                               (room->memory_bytes % of * part + of - 1) / of};
}

// The narrowest that takes no longer.
static void narrow(const struct part *p, int64_t count, struct placed *placed)
{
    enum { PARTS = 64 };
    int64_t low = 1, high = PARTS, usec = placed->end_usec, left = placed->left;
    while (low < high) {
        int64_t middle = (low + high) / 2;
        struct place_room room = part_of(&p->type->room, middle, PARTS);
        struct placed tried = place(p, &room, count, usec);
        if (tried.left > left) {
            low = middle + 1;
        } else {
            high = middle;
            *placed = tried;
        }
    }
}

static double asked_of(const struct shape_ask *ask, const struct shape *s, bool extra)
{
    const struct place_room *room = &ask->types[s->type].room;
    double share = ask->whole_nodes ? 1 : shape_share(&s->each, room);
    return share * (double)s->count * (double)(s->work_usec + (extra ? ask->extra_usec : 0));
}

static struct shape shape_of(const struct part *p, int64_t count, const struct placed *placed)
{
    const struct shape_ask *ask = p->ask;
    return (struct shape){.left = placed->left,
                          .count = count,
                          .work_usec = smaller(placed->end_usec + placed->end_usec / SPARE,
                                               larger(ask->longest_usec, placed->end_usec)),
                          .each = placed->peak,
                          .side = placed->side,
                          .type = (size_t)(p->type - ask->types),
                          .soon = p->soon != NULL};
}

// On that type of node; wide only as far as that does not waste.
static struct shape solve(const struct part *p)
{
    const struct shape_ask *ask = p->ask;
    struct placed few, wide;
    enum shape_limit limit = SHAPE_LIMIT_TIGHT;
    int64_t least = fewest(p, &few), count = least;
    if (few.left)
        limit = SHAPE_LIMIT_MOST;
    else if (ask->wide)
        count = widest(p, least, &few, &limit);
    for (;;) {
        wide = few;
        if (!ask->whole_nodes)
            narrow(p, count, &wide);
        struct shape shape = shape_of(p, count, &wide);
        shape.limit = limit;
        if (count == least || asked_of(ask, &shape, false) <= WASTE * bound_of(p))
            return shape;
        count = larger(least, count - larger(count / 4, 1));
        few = place(p, &p->type->room, count, ask->longest_usec);
    }
}

// The jobs of the classes that are of that shape.
static struct place_jobs *jobs_of(const struct shape_ask *ask, const struct place_jobs *all,
                                  const unsigned char *of, int which)
{
    struct place_jobs *jobs = xcalloc(ask->jobs_count + 1, sizeof *jobs);
    for (size_t i = 0; i < ask->jobs_count; i++) {
        jobs[i] = all[i];
        jobs[i].count = of[i] == which ? all[i].count : 0;
    }
    return jobs;
}

// The narrowest type of node on which so many are allowed as are needed, else the widest.
static struct shape solve_types(const struct shape_ask *ask, const unsigned char *of, int which,
                                bool soon, int64_t most)
{
    struct shape shape = {0};
    cleanup_free struct place_jobs *now = jobs_of(ask, ask->jobs, of, which),
                                   *then = soon ? jobs_of(ask, ask->soon, of, which) : NULL;
    struct part p = {ask, now, then, larger(most, 1), NULL};
    for (size_t t = 0; t < ask->types_count; t++) {
        p.type = &ask->types[t];
        if (t + 1 < ask->types_count && bound_of(&p) > (double)p.most * (double)ask->longest_usec)
            continue;
        shape = solve(&p);
        shape.bound_usec = bound_of(&p);
        if (!shape.left)
            break;
    }
    return shape;
}

// What is little, beside what a request costs, is no waste.
static bool wastes(const struct shape_ask *ask, const struct shape *s)
{
    double asked = asked_of(ask, s, true);
    return !s->left && asked > WASTE * s->bound_usec &&
           asked - s->bound_usec > WORTH * (double)ask->least_usec;
}

static double key_of(const struct shape_ask *ask, const struct shape *s, size_t i, bool by_share)
{
    return by_share ? shape_share(&ask->jobs[i].each, &ask->types[s->type].room)
                    : (double)ask->jobs[i].runtime_usec;
}

static int compare_keys(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x < y) - (x > y);
}

enum { CUTS = 4 };

// Where to divide them: at the largest steps of runtimes, or of shares of a node. Gives how many.
static size_t find_cuts(const struct shape_ask *ask, const unsigned char *of, int which,
                        const struct shape *s, bool by_share, double cuts[CUTS])
{
    double steps[CUTS + 1], at[CUTS + 1];
    cleanup_free double *keys = xcalloc(ask->jobs_count + 1, sizeof *keys);
    size_t count = 0, found = 0;
    for (size_t i = 0; i < ask->jobs_count; i++)
        if (of[i] == which && ask->jobs[i].count)
            keys[count++] = key_of(ask, s, i, by_share);
    qsort(keys, count, sizeof *keys, compare_keys);
    for (size_t i = 1; i < count; i++) {
        double step = keys[i] > 0 ? keys[i - 1] / keys[i] : 1;
        size_t to = found;
        for (; to && steps[to - 1] < step; to--) {
            steps[to] = steps[to - 1];
            at[to] = at[to - 1];
        }
        steps[to] = step;
        at[to] = keys[i - 1];
        found += found < CUTS;
    }
    for (size_t i = 0; i < found; i++)
        cuts[i] = at[i];
    return found;
}

// The large ones apart from the others, where that saves a tenth.
static bool divide(const struct shape_ask *ask, unsigned char *of, int which, int other,
                   int64_t most, struct shape *whole, struct shape *half)
{
    double cuts[CUTS], best = 0.9 * asked_of(ask, whole, true);
    cleanup_free unsigned char *tried = xcalloc(ask->jobs_count + 1, 1),
                               *old = memcpy(xcalloc(ask->jobs_count + 1, 1), of, ask->jobs_count);
    struct shape before = *whole;
    bool found = false;
    for (int by_share = 0; by_share < 2; by_share++) {
        size_t count = find_cuts(ask, old, which, &before, by_share, cuts);
        for (size_t c = 0; c < count; c++) {
            for (size_t i = 0; i < ask->jobs_count; i++)
                tried[i] = old[i] == which && key_of(ask, &before, i, by_share) >= cuts[c]
                               ? (unsigned char)other
                               : old[i];
            struct shape a = solve_types(ask, tried, which, before.soon, most - 1);
            struct shape b = solve_types(ask, tried, other, before.soon, most - a.count);
            double asked = asked_of(ask, &a, true) + asked_of(ask, &b, true);
            if (a.left || b.left || a.count + b.count > most || asked >= best)
                continue;
            best = asked;
            *whole = a;
            *half = b;
            memcpy(of, tried, ask->jobs_count);
            found = true;
        }
    }
    return found;
}

// Room for what follows, too, if that does not waste, and if the jobs before it need as many
// allocations: the runners of others would have left by then, for want of work.
static bool follows_well(const struct shape_ask *ask, const unsigned char *of,
                         const struct shape *before, struct shape *shape)
{
    bool any = false;
    for (size_t i = 0; ask->soon && i < ask->jobs_count; i++)
        any |= ask->soon[i].count > 0;
    if (!any || before->left)
        return false;
    *shape = solve_types(ask, of, 0, true, ask->most);
    return !shape->left && shape->count <= before->count &&
           asked_of(ask, shape, true) <= WASTE * shape->bound_usec;
}

size_t shapes_make(struct shape shapes[SHAPES_MOST], unsigned char *of, const struct shape_ask *ask)
{
    size_t count = 1;
    memset(of, 0, ask->jobs_count);
    struct shape both;
    shapes[0] = solve_types(ask, of, 0, false, ask->most);
    if (follows_well(ask, of, &shapes[0], &both)) {
        shapes[0] = both;
        return 1;
    }
    for (size_t i = 0; i < count && count < SHAPES_MOST;) {
        int64_t others = 0;
        for (size_t k = 0; k < count; k++)
            others += k == i ? 0 : shapes[k].count;
        if (wastes(ask, &shapes[i]) &&
            divide(ask, of, (int)i, (int)count, ask->most - others, &shapes[i], &shapes[count]))
            count++;
        else
            i++;
    }
    return count;
}
