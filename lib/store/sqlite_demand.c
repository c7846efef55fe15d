// SPDX-License-Identifier: GPL-2.0-or-later
// Demand: how many jobs of each class wait, and for how many of them the live and queued
// allocations have time and slots.
#include "lib/base/mem.h"
#include "lib/store/sqlite_tx.h"
#include "lib/workflow/settings.h"

// a job may start so late and still count as one of the first round: lib/store/pack.h
enum { FRESH_USEC = 60 * 1000000 };

struct need { // a class whose jobs have not all ended
    struct class_demand demand;
    int64_t busy;     // pending and running
    int64_t unplaced; // of busy + ready + soon, those that no allocation has taken yet
};

struct supply { // a live allocation, or the waiting elements of one submission
    int64_t class_id, memory_bytes, left_usec, count;
    int32_t cpus, gpus_milli, nodes, slots, rounds; // cpus, gpus and memory of a node
    int32_t gone;                                   // of its nodes, those whose runner has ended
    const char *scheduler;
    bool live;
    double free; // share of its time and slots that nobody has taken
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
    struct need *needs;
    struct supply *supplies;
    struct asking *askings;
    size_t needs_count, needs_space, supplies_count, supplies_space, askings_count, askings_space;
    int64_t most; // allocations of one class
};

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
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
    }
    return rc;
}

// Blocked jobs whose unmet needs are all ready or held. Reads every blocked job, so only when
// something is ready.
static int read_soon(struct balance *b, struct error *err)
{
    sqlite3_stmt *s = db_query(b->tx->db, err, SQL_DEMAND_SOON, "l", b->tx->workflow_id);
    int rc = -1;
    while (s && (rc = db_step(b->tx->db, s, err)) > 0)
        for (size_t i = 0; i < b->needs_count; i++)
            if (b->needs[i].demand.class_id == sqlite3_column_int64(s, 0))
                b->needs[i].demand.soon = sqlite3_column_int64(s, 1);
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
    for (size_t i = 0; i < b->needs_count; i++) {
        struct class_demand *d = &b->needs[i].demand;
        for (size_t k = 0; k < b->supplies_count; k++)
            if (b->supplies[k].class_id == d->class_id)
                d->allocations += b->supplies[k].count;
        d->waiting |= d->allocations >= b->most;
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
            .free = 1,
        };
    }
    b->most = settings.max_allocations > 1 ? settings.max_allocations : 1;
    settings_fini(&settings);
    count_allocations(b);
    return rc;
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

// How many jobs of the class an unused supply would run.
static int64_t capacity(const struct supply *s, const struct need *n)
{
    const struct class_row *c = &n->demand.row;
    int64_t nodes = s->nodes - s->gone;
    if (c->labels || nodes <= 0 || (c->nodes > 1 && c->nodes != nodes) ||
        (c->scheduler && (!s->scheduler || strcmp(c->scheduler, s->scheduler))))
        return 0;
    bool own = s->class_id == n->demand.class_id;
    int64_t slots = s->slots;
    if (!own) {
        slots = c->cpus ? s->cpus / c->cpus : INT32_MAX;
        slots = c->memory_bytes ? smaller(slots, s->memory_bytes / c->memory_bytes) : slots;
        slots = c->gpus_milli ? smaller(slots, s->gpus_milli / c->gpus_milli) : slots;
        slots = c->nodes > 1 && c->gpus_milli ? smaller(slots, 1) : slots;
        slots = c->nodes > 1 ? slots : smaller(slots, INT32_MAX) * nodes;
    } else if (c->nodes == 1) {
        slots = slots * nodes / s->nodes;
    }
    int64_t rounds = rounds_left(s, n, own);
    return slots > 0 && rounds > 0 ? slots * rounds * s->count : 0;
}

// First each class takes from the allocations made for it, then what is left over from those of
// others.
static void place(struct balance *b, bool own)
{
    for (size_t i = 0; i < b->needs_count; i++) {
        struct need *n = &b->needs[i];
        for (size_t k = 0; k < b->supplies_count && n->unplaced > 0; k++) {
            struct supply *s = &b->supplies[k];
            int64_t most = (s->class_id == n->demand.class_id) == own ? capacity(s, n) : 0;
            int64_t room = (int64_t)((double)most * s->free + 1e-6);
            int64_t taken = n->unplaced < room ? n->unplaced : room;
            if (taken > 0)
                s->free -= (double)taken / (double)most;
            n->unplaced -= taken;
        }
    }
}

static void set_rooms(struct balance *b)
{
    for (size_t i = 0; i < b->needs_count; i++) {
        struct class_demand *d = &b->needs[i].demand;
        b->needs[i].unplaced = b->needs[i].busy + d->ready + d->soon;
    }
    place(b, true);
    place(b, false);
    for (size_t i = 0; i < b->needs_count; i++) {
        struct class_demand *d = &b->needs[i].demand;
        d->room = d->ready + d->soon - b->needs[i].unplaced;
        for (size_t k = 0; k < b->supplies_count; k++)
            if (b->supplies[k].class_id == d->class_id)
                d->room += (int64_t)((double)capacity(&b->supplies[k], &b->needs[i]) *
                                         b->supplies[k].free +
                                     1e-6);
        d->room = d->room > 0 ? d->room : 0;
    }
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
    set_rooms(b);
    return 0;
}

// A class that has work for which there is no room: do its allocations run jobs at all?
static int read_vain(struct balance *b, struct error *err)
{
    for (size_t i = 0; i < b->needs_count; i++) {
        struct class_demand *d = &b->needs[i].demand;
        if (d->ready > d->room && db_number(b->tx->db, err, &d->vain, SQL_CLASS_NONE_RAN, "ll",
                                            d->class_id, b->tx->workflow_id) < 0)
            return -1;
    }
    return 0;
}

static void balance_fini(struct balance *b)
{
    free(b->needs);
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
        bool waits = false;
        if (d->waiting || d->held || d->row.labels || d->ready == 0 || d->ready <= d->room)
            continue;
        if (tx_class_waits(tx, d->class_id, &waits, err))
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
