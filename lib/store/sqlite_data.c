// SPDX-License-Identifier: GPL-2.0-or-later
// User data and events in SQLite: a batch is one transaction, and a change that cannot be made does
// not undo the others.
#include <stdarg.h>

#include "lib/base/mem.h"
#include "lib/base/suggest.h"
#include "lib/store/sqlite_tx.h"

struct batch_state {
    struct tx tx;
    struct arena *arena;
    bool replay; // applied before: nothing is changed, everything is answered
};

static int refuse(struct batch_state *st, struct data_answer *answer, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static int refuse(struct batch_state *st, struct data_answer *answer, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    cleanup_free char *text = xvasprintf(format, ap);
    va_end(ap);
    answer->error = arena_strdup(st->arena, text);
    return 0;
}

static int refuse_name(struct batch_state *st, const char *name, struct data_answer *answer,
                       struct error *err)
{
    enum { NAMES_MOST = 1000 };
    const char *names[NAMES_MOST];
    size_t count = 0;
    int rc = -1;
    sqlite3_stmt *s =
        db_query(st->tx.db, err, SQL_DATA_NAMES, "li", st->tx.workflow_id, (int)NAMES_MOST);
    while (s && (rc = db_step(st->tx.db, s, err)) > 0)
        names[count++] = db_text(st->arena, s, 0);
    if (rc < 0)
        return -1;
    const char *nearest = suggest_nearest(name, names, count);
    if (nearest)
        return refuse(st, answer, "workflow %lld has no user data \"%s\"; did you mean \"%s\"?",
                      (long long)st->tx.workflow_id, name, nearest);
    return refuse(st, answer, "workflow %lld has no user data \"%s\"; %s",
                  (long long)st->tx.workflow_id, name,
                  count ? "'torc data list' shows what there is" : "its file has no \"user_data\"");
}

// 1: it may be stored; 0: refused.
static int check_json(struct batch_state *st, const struct data_change *change,
                      struct data_answer *answer, struct error *err)
{
    int64_t valid = 0;
    if (!change->json)
        return change->op == DATA_POST
                   ? 1
                   : refuse(st, answer, "user data \"%s\": there is no value", change->name);
    if (strlen(change->json) > DATA_MOST_BYTES)
        return refuse(st, answer,
                      "\"%s\": the value has more than 4 MiB; write it to a file, and set its path",
                      change->name);
    if (db_number(st->tx.db, err, &valid, SQL_JSON_VALID, "s", change->json) < 0)
        return -1;
    return valid ? 1 : refuse(st, answer, "\"%s\": the value is no JSON", change->name);
}

static int find_data(struct batch_state *st, const char *name, int64_t *id, struct error *err)
{
    return db_number(st->tx.db, err, id, SQL_DATA_FIND, "ls", st->tx.workflow_id, name);
}

static int apply_set(struct batch_state *st, const struct data_change *change,
                     struct data_answer *answer, struct error *err)
{
    int64_t id = 0;
    int rc = find_data(st, change->name, &id, err);
    if (rc <= 0)
        return rc < 0 ? -1 : refuse_name(st, change->name, answer, err);
    if ((rc = check_json(st, change, answer, err)) <= 0 || st->replay)
        return rc < 0 ? -1 : 0;
    return db_do(st->tx.db, err, SQL_DATA_SET, "ls", id, change->json);
}

static int apply_get(struct batch_state *st, const struct data_change *change,
                     struct data_answer *answer, struct error *err)
{
    sqlite3_stmt *s =
        db_query(st->tx.db, err, SQL_DATA_GET, "ls", st->tx.workflow_id, change->name);
    int rc = s ? db_step(st->tx.db, s, err) : -1;
    if (rc <= 0)
        return rc < 0 ? -1 : refuse_name(st, change->name, answer, err);
    answer->json = db_text(st->arena, s, 0);
    sqlite3_reset(s);
    return 0;
}

static int apply_post(struct batch_state *st, const struct data_change *change,
                      struct data_answer *answer, struct error *err)
{
    struct db *db = st->tx.db;
    int64_t found = 0;
    int rc = check_json(st, change, answer, err);
    if (rc <= 0)
        return rc;
    if (!*change->name)
        return refuse(st, answer, "an event needs a name");
    if (change->job_id && (rc = db_number(db, err, &found, SQL_JOB_EXISTS, "ll", change->job_id,
                                          st->tx.workflow_id)) <= 0)
        return rc < 0 ? -1
                      : refuse(st, answer, "workflow %lld has no job of the id %lld",
                               (long long)st->tx.workflow_id, (long long)change->job_id);
    if (st->replay)
        return 0;
    return db_do(db, err, SQL_EVENT_POST, "lliszss", st->tx.workflow_id, st->tx.now_usec,
                 (int)EVENT_USER, change->name, change->job_id, change->json, change->key);
}

static int apply_none(struct batch_state *st, const struct data_change *change,
                      struct data_answer *answer, struct error *err)
{
    (void)st, (void)change, (void)answer, (void)err;
    return 0;
}

static int (*const appliers[])(struct batch_state *, const struct data_change *,
                               struct data_answer *, struct error *) = {
    [DATA_NONE] = apply_none,
    [DATA_SET] = apply_set,
    [DATA_GET] = apply_get,
    [DATA_POST] = apply_post,
};

// A runner that was declared lost has no jobs any more, so nobody speaks through it.
static int check_runner(struct batch_state *st, const struct data_request *q, bool writes,
                        struct error *err)
{
    struct db *db = st->tx.db;
    if (!q->runner_id)
        return 0;
    sqlite3_stmt *s = db_query(db, err, SQL_DATA_RUNNER, "ll", q->runner_id, q->workflow_id);
    int rc = s ? db_step(db, s, err) : -1;
    if (rc < 0)
        return -1;
    if (rc == 0 || sqlite3_column_int(s, 1))
        return error_set(
            err, ERROR_USAGE, 0,
            "the runner of this job was declared lost, and the job belongs to another one");
    st->replay = q->seq <= sqlite3_column_int64(s, 0);
    sqlite3_reset(s);
    return st->replay || !writes ? 0 : db_do(db, err, SQL_DATA_SEQ, "ll", q->runner_id, q->seq);
}

static int apply(struct batch_state *st, const struct data_request *q, bool writes,
                 struct data_reply *reply, struct error *err)
{
    if (check_runner(st, q, writes, err))
        return -1;
    for (uint32_t i = 0; i < q->changes_count; i++) {
        const struct data_change *change = &q->changes[i];
        if ((unsigned)change->op >= sizeof appliers / sizeof *appliers ||
            (change->op && !change->name))
            refuse(st, &reply->answers[i], "this torc (%s) does not know what is asked for",
                   TORC_VERSION);
        else if (appliers[change->op](st, change, &reply->answers[i], err))
            return -1;
    }
    return 0;
}

int sqlite_data(void *impl, const struct data_request *request, struct data_reply *reply,
                struct error *err)
{
    struct db *db = impl;
    struct batch_state st = {.arena = reply->arena};
    size_t size = request->changes_count * sizeof *reply->answers;
    bool writes = false; // who only asks does not wait for the disk
    for (uint32_t i = 0; i < request->changes_count; i++)
        writes |= request->changes[i].op == DATA_SET || request->changes[i].op == DATA_POST;
    reply->answers = memset(arena_alloc(reply->arena, size + 1), 0, size);
    reply->answers_count = request->changes_count;
    if (db_begin(db, writes, err))
        return -1;
    int rc =
        tx_init(&st.tx, db, request->workflow_id, err) || apply(&st, request, writes, reply, err)
            ? -1
            : 0;
    rc = db_end(db, rc, err);
    if (rc && db->refuses && err)
        err->code = ERROR_INTERNAL; // not to be tried again
    tx_fini(&st.tx);
    return rc;
}
