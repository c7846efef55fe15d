// SPDX-License-Identifier: GPL-2.0-or-later
// Claims in a workflow of many classes: the ready jobs in order, from an index that needs no other
// table, with the classes that were met kept in the connection, as they never change.
#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/store/sqlite_claim.h"
#include "lib/workflow/workflow.h"

enum { LOOK_LEAST = 1000, LOOK_EACH = 4 }; // jobs that are looked at; more for each that is wanted

struct known_class { // what is the same for every runner and claim
    struct claim_class class;
    char *name, *scheduler, *labels;
};

void class_cache_fini(struct class_cache *cache)
{
    for (size_t i = 0; i < cache->space; i++) {
        struct known_class *known = cache->slots[i];
        if (!known)
            continue;
        free(known->name);
        free(known->scheduler);
        free(known->labels);
        free(known);
    }
    free(cache->slots);
    *cache = (struct class_cache){0};
}

static struct known_class **slot_of(const struct class_cache *cache, int64_t id)
{
    size_t i = (size_t)id * 2654435761u & (cache->space - 1);
    while (cache->slots[i] && cache->slots[i]->class.id != id)
        i = (i + 1) & (cache->space - 1);
    return &cache->slots[i];
}

static void make_room(struct class_cache *cache)
{
    if ((cache->count + 1) * 2 <= cache->space)
        return;
    struct class_cache grown = {.space = cache->space ? cache->space * 2 : 64,
                                .count = cache->count,
                                .change = cache->change};
    grown.slots = xcalloc(grown.space, sizeof *grown.slots);
    for (size_t i = 0; i < cache->space; i++)
        if (cache->slots[i])
            *slot_of(&grown, cache->slots[i]->class.id) = cache->slots[i];
    free(cache->slots);
    *cache = grown;
}

static char *copy_text(sqlite3_stmt *s, int column)
{
    const char *text = (const char *)sqlite3_column_text(s, column);
    return text ? xstrdup(text) : NULL;
}

static const struct known_class *find_class(struct db *db, int64_t id, struct error *err)
{
    struct class_cache *cache = &db->classes;
    make_room(cache);
    struct known_class **slot = slot_of(cache, id);
    if (*slot)
        return *slot;
    sqlite3_stmt *s = db_query(db, err, SQL_CLASS_OF_ID, "l", id);
    int rc = s ? db_step(db, s, err) : -1;
    if (rc == 0)
        error_set(err, ERROR_INTERNAL, 0, "the database %s is damaged: there is no class %lld",
                  db->path, (long long)id);
    if (rc <= 0)
        return NULL;
    struct known_class *known = xcalloc(1, sizeof *known);
    *known = (struct known_class){
        .name = copy_text(s, 0), .scheduler = copy_text(s, 7), .labels = copy_text(s, 8)};
    known->class = (struct claim_class){.id = id,
                                        .job = {.class_name = known->name,
                                                .cpus = sqlite3_column_int(s, 1),
                                                .memory_bytes = sqlite3_column_int64(s, 2),
                                                .gpus_milli = sqlite3_column_int(s, 3),
                                                .nodes = sqlite3_column_int(s, 4),
                                                .runtime_usec = sqlite3_column_int64(s, 5),
                                                .enforced = sqlite3_column_int(s, 6) != 0}};
    sqlite3_reset(s);
    cache->count++;
    return *slot = known;
}

struct choice {
    int64_t job_id;
    struct claim_class class;
};

// A job of a class that is for this runner: now, at hand, or not at all.
static void consider(struct pack *pack, const struct choice *job, struct choice *now,
                     size_t *now_count, struct choice *later, size_t *later_count)
{
    struct pack_head head = {.shape = job->class.shape};
    if (pack->max_jobs > 0 && pack_shape_fits(&head.shape, &pack->free)) {
        pack_next(pack, &head, 1);
        now[(*now_count)++] = *job;
    } else if (*later_count < (size_t)pack->prefetch) {
        later[(*later_count)++] = *job;
    }
}

static int take(struct claim_state *state, const struct choice *choices, size_t count,
                struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        struct claim_class class = choices[i].class;
        sqlite3_stmt *s = db_query(state->tx->db, err, SQL_READY_JOB, "l", choices[i].job_id);
        if (!s || db_step(state->tx->db, s, err) <= 0)
            return -1;
        class.job.class_name = arena_strdup(state->reply->arena, class.job.class_name);
        claim_take(state, &class, s);
        sqlite3_reset(s);
    }
    return 0;
}

// Of a class whose time is short only jobs with certain flags are taken. -1, or whether it is one.
static int has_flags(struct db *db, const struct choice *job, struct error *err)
{
    if (!job->class.flags)
        return 1;
    sqlite3_stmt *s = db_query(db, err, SQL_READY_JOB, "l", job->job_id);
    int rc = s ? db_step(db, s, err) : -1;
    bool has = rc > 0 && (sqlite3_column_int(s, 6) & job->class.flags) == job->class.flags;
    if (s)
        sqlite3_reset(s);
    return rc < 0 ? -1 : has;
}

int claim_in_order(struct claim_state *state, enum claim_order *found, struct error *err)
{
    struct pack pack = state->pack;
    struct db *db = state->tx->db;
    int64_t wanted = (int64_t)pack.max_jobs + pack.prefetch,
            looks = LOOK_LEAST + LOOK_EACH * wanted, looked = 0;
    cleanup_free struct choice *now = xcalloc((size_t)pack.max_jobs + 1, sizeof *now);
    cleanup_free struct choice *later = xcalloc((size_t)pack.prefetch + 1, sizeof *later);
    size_t now_count = 0, later_count = 0;
    if (db->classes.change != state->tx->classes_change)
        class_cache_fini(&db->classes);
    db->classes.change = state->tx->classes_change;
    sqlite3_stmt *s = db_query(db, err, SQL_READY_IN_ORDER, "ll", state->tx->workflow_id, looks);
    int rc = -1;
    while (s && (pack.max_jobs > 0 || later_count < (size_t)pack.prefetch) &&
           (rc = db_step(db, s, err)) > 0) {
        looked++;
        const struct known_class *known = find_class(db, sqlite3_column_int64(s, 1), err);
        if (!known)
            return -1;
        struct choice job = {.job_id = sqlite3_column_int64(s, 0), .class = known->class};
        if (claim_class_fits(state, &job.class, known->scheduler, known->labels) == PACK_TIME_NO ||
            claim_is_too_long(state, &job.class))
            continue;
        int has = has_flags(db, &job, err);
        if (has < 0)
            return -1;
        if (has && !now_count && !later_count && !state->reply->passed_usec &&
            pack_passed(&pack, &(struct pack_head){.shape = job.class.shape}, 1) == 0)
            state->reply->passed_usec = job.class.job.runtime_usec;
        if (has)
            consider(&pack, &job, now, &now_count, later, &later_count);
    }
    if (rc < 0)
        return -1;
    sqlite3_reset(s);
    *found = now_count + later_count ? ORDER_TAKEN : looked < looks ? ORDER_NONE : ORDER_DEEP;
    return take(state, now, now_count, err) || take(state, later, later_count, err) ? -1 : 0;
}
