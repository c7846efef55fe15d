// SPDX-License-Identifier: GPL-2.0-or-later
// Demand: how many jobs of each class wait, and for how many of them the live and queued
// allocations have time and slots. That arithmetic is lib/store/room.c.
#include "lib/base/mem.h"
#include "lib/base/number.h"
#include "lib/store/room.h"
#include "lib/store/sqlite_tx.h"
#include "lib/workflow/settings.h"

// a job may start so late and still count as one of the first round: lib/store/pack.h
enum { FRESH_USEC = 60 * 1000000 };

enum { ASKED_MOST = 16 };

struct pool {
    int64_t id, allocations, vain;
    bool waiting, vain_known;
    int32_t asked; // classes of it of which each was found to wait
};

struct asking { // an action that gives nodes to the classes that it covers
    struct action_demand demand;
    enum action_state state;
    bool open;    // it has allocations, live or queued
    bool refused; // a moment ago: not yet again
};

struct balance {
    struct tx *tx;
    struct arena *arena;
    struct need *needs; // by id
    struct pool *pools;
    struct supply *supplies;
    struct asking *askings;
    size_t pools_count, pools_space, needs_count, needs_space, supplies_count, supplies_space,
        askings_count, askings_space;
    int64_t most; // allocations of one pool
};

// Classes that follow each other are mostly of one pool.
static size_t pool_of(struct balance *b, int64_t id, size_t last)
{
    if (last < b->pools_count && b->pools[last].id == id)
        return last;
    for (size_t i = 0; i < b->pools_count; i++)
        if (b->pools[i].id == id)
            return i;
    b->pools = array_grow(b->pools, b->pools_count, &b->pools_space, sizeof *b->pools);
    b->pools[b->pools_count] = (struct pool){.id = id};
    return b->pools_count++;
}

static int read_needs(struct balance *b, enum sql which, struct error *err)
{
    sqlite3_stmt *s = db_query(b->tx->db, err, which, "l", b->tx->workflow_id);
    int rc = -1;
    while (s && (rc = db_step(b->tx->db, s, err)) > 0) {
        b->needs = array_grow(b->needs, b->needs_count, &b->needs_space, sizeof *b->needs);
        b->needs[b->needs_count++] = (struct need){
            .demand =
                {
                    .class_id = sqlite3_column_int64(s, 0),
                    .row = {.name = db_text(b->arena, s, 1),
                            .cpus = sqlite3_column_int(s, 2),
                            .nodes = sqlite3_column_int(s, 3),
                            .gpus_milli = sqlite3_column_int(s, 4),
                            .memory_bytes = sqlite3_column_int64(s, 5),
                            .runtime_usec = sqlite3_column_int64(s, 6),
                            .tmp_bytes = sqlite3_column_int64(s, 7),
                            .enforced = sqlite3_column_int(s, 8) != 0,
                            .scheduler = db_text(b->arena, s, 9),
                            .labels = db_text(b->arena, s, 10),
                            .action = sqlite3_column_int(s, 16),
                            .asks_with = db_text(b->arena, s, 17)},
                    .waiting = sqlite3_column_int(s, 11) != 0,
                    .ready = sqlite3_column_int64(s, 12),
                    .blocked = sqlite3_column_int64(s, 13),
                    .ended = sqlite3_column_int64(s, 15),
                },
            .busy = sqlite3_column_int64(s, 14),
        };
        struct need *n = &b->needs[b->needs_count - 1];
        n->demand.pool = sqlite3_column_int64(s, 18);
        n->pool = pool_of(b, n->demand.pool, b->needs_count > 1 ? n[-1].pool : 0);
        b->pools[n->pool].waiting |= n->demand.waiting;
    }
    return rc;
}

// Blocked jobs whose unmet needs are all ready or held. Reads every blocked job, so only when
// something is ready.
static int read_soon(struct balance *b, struct error *err)
{
    sqlite3_stmt *s = db_query(b->tx->db, err, SQL_DEMAND_SOON, "l", b->tx->workflow_id);
    int rc = -1;
    size_t i = 0; // both come by id
    while (s && (rc = db_step(b->tx->db, s, err)) > 0) {
        while (i < b->needs_count && b->needs[i].demand.class_id < sqlite3_column_int64(s, 0))
            i++;
        if (i < b->needs_count && b->needs[i].demand.class_id == sqlite3_column_int64(s, 0))
            b->needs[i].demand.soon = sqlite3_column_int64(s, 1);
    }
    return rc;
}

static int read_margin(struct balance *b, struct settings *settings, struct error *err)
{
    sqlite3_stmt *s = db_query(b->tx->db, err, SQL_WORKFLOW_SETTINGS, "l", b->tx->workflow_id);
    if (!s || db_step(b->tx->db, s, err) < 0)
        return -1;
    int rc = settings_parse(settings, (const char *)sqlite3_column_text(s, 0), err);
    sqlite3_reset(s);
    return rc;
}

static void count_allocations(struct balance *b)
{
    for (size_t k = 0; k < b->supplies_count; k++)
        for (size_t p = 0; p < b->pools_count; p++)
            if (b->supplies[k].pool == b->pools[p].id)
                b->pools[p].allocations += b->supplies[k].count;
    for (size_t i = 0; i < b->needs_count; i++) {
        struct class_demand *d = &b->needs[i].demand;
        const struct pool *pool = &b->pools[b->needs[i].pool];
        d->allocations = pool->allocations;
        d->waiting = pool->waiting || pool->allocations >= b->most;
    }
}

static int read_supplies(struct balance *b, struct error *err)
{
    struct settings settings = {0};
    int rc = read_margin(b, &settings, err);
    sqlite3_stmt *s =
        rc ? NULL : db_query(b->tx->db, err, SQL_DEMAND_ALLOCATIONS, "l", b->tx->workflow_id);
    rc = -1;
    while (s && (rc = db_step(b->tx->db, s, err)) > 0) {
        int64_t walltime = sqlite3_column_int64(s, 8), limit = sqlite3_column_int64(s, 10);
        bool live = sqlite3_column_int(s, 9) == ALLOCATION_RUNNING;
        int64_t left =
            live && limit ? smaller(limit - b->tx->now_usec + FRESH_USEC, walltime) : walltime;
        b->supplies =
            array_grow(b->supplies, b->supplies_count, &b->supplies_space, sizeof *b->supplies);
        b->supplies[b->supplies_count++] = (struct supply){
            .class_id = sqlite3_column_int64(s, 0),
            .scheduler = db_text(b->arena, s, 1),
            .cpus = sqlite3_column_int(s, 2),
            .memory_bytes = sqlite3_column_int64(s, 3),
            .gpus_milli = sqlite3_column_int(s, 4) * 1000,
            .nodes = sqlite3_column_int(s, 5),
            .slots = sqlite3_column_int(s, 6),
            .rounds = sqlite3_column_int(s, 7),
            .left_usec = left - settings_end_times(&settings, walltime).margin_usec,
            .live = live,
            .count = sqlite3_column_int64(s, 11),
            .gone = live && sqlite3_column_int(s, 5) > 1 ? sqlite3_column_int(s, 12) : 0,
            .pool = sqlite3_column_int64(s, 13),
            .classes = sqlite3_column_int(s, 14),
            .free = {1, 1, 1},
        };
    }
    b->most = settings.max_allocations > 1 ? settings.max_allocations : 1;
    settings_fini(&settings);
    count_allocations(b);
    return rc;
}

static int read_askings(struct balance *b, struct error *err)
{
    sqlite3_stmt *s = db_query(b->tx->db, err, SQL_DEMAND_ACTIONS, "ll", b->tx->workflow_id,
                               b->tx->now_usec - SUBMISSION_PAUSE_USEC);
    int rc = -1;
    while (s && (rc = db_step(b->tx->db, s, err)) > 0) {
        b->askings =
            array_grow(b->askings, b->askings_count, &b->askings_space, sizeof *b->askings);
        struct asking *a = &b->askings[b->askings_count++];
        *a = (struct asking){.demand = {.position = sqlite3_column_int(s, 0),
                                        .num_allocations = sqlite3_column_int(s, 1),
                                        .scheduler = db_text(b->arena, s, 2),
                                        .again = sqlite3_column_int(s, 5) != 0},
                             .state = (enum action_state)sqlite3_column_int(s, 3),
                             .open = sqlite3_column_int(s, 4) != 0,
                             .refused = sqlite3_column_int(s, 6) != 0};
        a->demand.due = a->state == ACTION_FIRED;
    }
    return rc;
}

static void hold(struct balance *b, enum action_state state, bool open)
{
    for (size_t i = 0; i < b->needs_count; i++)
        for (size_t k = 0; k < b->askings_count; k++) {
            const struct asking *a = &b->askings[k];
            if (a->demand.position == b->needs[i].demand.row.action &&
                (a->state == state || (open && a->open)))
                b->needs[i].demand.held = true;
        }
}

// May anything happen without the jobs of actions that have not fired? *moves
static int look_for_moves(struct balance *b, int64_t *moves, struct error *err)
{
    if (db_number(b->tx->db, err, moves, SQL_CLAIM_ELSEWHERE, "l", b->tx->workflow_id) < 0)
        return -1;
    for (size_t i = 0; i < b->needs_count; i++) {
        const struct class_demand *d = &b->needs[i].demand;
        *moves |= d->ready && !d->row.labels && (!d->row.action || d->held);
    }
    return 0;
}

// Classes get their nodes from the action that covers them, as long as it has some or will ask for
// some; one that waits for what only they could bring is not waited for.
static int hold_covered(struct balance *b, struct error *err)
{
    int64_t moves = 0, left = 0, alive = 0;
    if (!b->tx->actions)
        return 0;
    if (read_askings(b, err))
        return -1;
    hold(b, ACTION_FIRED, true);
    if (look_for_moves(b, &moves, err))
        return -1;
    if (moves)
        hold(b, ACTION_WAITING, false);
    if (b->needs_count)
        return 0;
    if (db_number(b->tx->db, err, &left, SQL_ACTIONS_OPEN, "li", b->tx->workflow_id, 0) < 0 ||
        db_number(b->tx->db, err, &alive, SQL_RUNNERS_ALIVE, "l", b->tx->workflow_id) < 0)
        return -1;
    return left && !alive ? read_needs(b, SQL_DEMAND_ANY, err) : 0;
}

static bool any_ready(const struct balance *b)
{
    for (size_t i = 0; i < b->needs_count; i++)
        if (b->needs[i].demand.ready)
            return true;
    return false;
}

static int compute(struct balance *b, bool soon, struct error *err)
{
    if (read_needs(b, SQL_DEMAND_CLASSES, err) || hold_covered(b, err) ||
        (soon && any_ready(b) && read_soon(b, err)) || read_supplies(b, err))
        return -1;
    rooms_set(b->needs, b->needs_count, b->supplies, b->supplies_count);
    return 0;
}

// A class that has work for which there is no room: do the allocations of its pool run jobs at all?
static int read_vain(struct balance *b, struct error *err)
{
    for (size_t i = 0; i < b->needs_count; i++) {
        struct class_demand *d = &b->needs[i].demand;
        struct pool *pool = &b->pools[b->needs[i].pool];
        if (d->ready <= d->room)
            continue;
        if (!pool->vain_known && db_number(b->tx->db, err, &pool->vain, SQL_POOL_NONE_RAN, "ll",
                                           d->class_id, b->tx->workflow_id) < 0)
            return -1;
        pool->vain_known = true;
        d->vain = pool->vain;
    }
    return 0;
}

static void balance_fini(struct balance *b)
{
    free(b->needs);
    free(b->pools);
    free(b->supplies);
    free(b->askings);
}

int sqlite_demand(void *impl, int64_t workflow_id, struct demand *demand, struct error *err)
{
    struct db *db = impl;
    struct tx tx;
    struct balance b = {.tx = &tx, .arena = demand->arena};
    if (db_begin(db, false, err))
        return -1;
    int rc = db_end(
        db,
        tx_init(&tx, db, workflow_id, err) || compute(&b, true, err) || read_vain(&b, err) ? -1 : 0,
        err);
    if (rc == 0) {
        demand->classes = arena_alloc(demand->arena, b.needs_count * sizeof *demand->classes + 1);
        demand->classes_count = (uint32_t)b.needs_count;
        for (size_t i = 0; i < b.needs_count; i++)
            demand->classes[i] = b.needs[i].demand;
        demand->actions = arena_alloc(demand->arena, b.askings_count * sizeof *demand->actions + 1);
        demand->actions_count = 0;
        for (size_t i = 0; i < b.askings_count; i++)
            if (b.askings[i].state == ACTION_WAITING || b.askings[i].state == ACTION_FIRED)
                demand->actions[demand->actions_count++] = b.askings[i].demand;
    }
    balance_fini(&b);
    tx_fini(&tx);
    return rc;
}

static int find_due(struct tx *tx, struct balance *b, bool *due, struct error *err)
{
    if (compute(b, false, err))
        return -1;
    for (size_t i = 0; i < b->askings_count; i++)
        *due |= b->askings[i].demand.due && !b->askings[i].refused;
    for (size_t i = 0; i < b->needs_count && !*due; i++) {
        const struct class_demand *d = &b->needs[i].demand;
        struct pool *pool = &b->pools[b->needs[i].pool];
        if (d->waiting || d->held || d->row.labels || d->ready == 0 || d->ready <= d->room)
            continue;
        bool waits = true; // of many classes not each is looked at
        if (pool->asked++ < ASKED_MOST && tx_pool_waits(tx, d->class_id, &waits, err))
            return -1;
        *due = !waits;
    }
    return 0;
}

// When jobs became ready or a runner left; and every 10 s, as a class may have had to pause, or
// time has become short.
int tx_demand_due(struct tx *tx, bool *due, struct error *err)
{
    enum { AGAIN_USEC = 10 * 1000000 };
    int64_t any = 0;
    *due = false;
    if (tx->state != WORKFLOW_RUNNING ||
        (!tx->made_ready && tx->now_usec < tx->db->demand_usec + AGAIN_USEC))
        return 0;
    tx->db->demand_usec = tx->now_usec;
    if (db_number(tx->db, err, &any, SQL_HAS_SUBMISSION, "l", tx->workflow_id) < 0)
        return -1;
    if (!any)
        return 0;
    struct balance b = {.tx = tx, .arena = arena_create()};
    int rc = find_due(tx, &b, due, err);
    balance_fini(&b);
    arena_destroy(b.arena);
    return rc;
}
