// SPDX-License-Identifier: GPL-2.0-or-later
// The connection to an SQLite database: statements, transactions, errors.
#include "lib/store/sqlite.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "lib/base/clock.h"
#include "lib/base/mem.h"

const char class_used_fill[] =
#include "lib/store/class_used_sql.h"
    ;
static const char *const texts[SQL_COUNT] = {
#define SQL(name, text) [SQL_##name] = text,
#include "lib/store/sql.def"
#undef SQL
};

static const struct {
    int sqlite; // primary result code
    const char *remedy;
} failures[] = {
    {SQLITE_INTERNAL, "nothing was changed; this is a mistake in torc, please report it"},
    {SQLITE_BUSY, "another program holds it locked; `fuser` on the file names it"},
    {SQLITE_FULL, "the disk or the quota is full; make room and it goes on"},
    {SQLITE_READONLY, "the file or its folder is read-only for this user"},
    {SQLITE_CANTOPEN, "check that the folder exists and that file and folder are yours"},
    {SQLITE_PERM, "check the permissions of the file and its folder"},
    {SQLITE_IOERR, "the file system failed; check space, quota and the mount"},
    {SQLITE_PROTOCOL, "locking failed; a network file system may not support it"},
    {SQLITE_NOTADB, "this file is no database; give another one with --db"},
    {SQLITE_CORRUPT, "the file is damaged; `sqlite3 FILE .recover` saves what can be saved"},
    {SQLITE_NOMEM, "memory is full on this machine"},
};

int db_error(struct db *db, struct error *err, const char *verb)
{
    int code = sqlite3_errcode(db->sqlite) & 0xff;
    const char *remedy = "it is damaged or was written by another program; give another one with "
                         "--db, or the copy of it that is good";
    for (size_t i = 0; i < sizeof failures / sizeof *failures; i++)
        if (failures[i].sqlite == code)
            remedy = failures[i].remedy;
    db->refuses = code == SQLITE_CONSTRAINT || code == SQLITE_MISMATCH || code == SQLITE_TOOBIG;
    return error_set(err, code == SQLITE_INTERNAL ? ERROR_INTERNAL : ERROR_UNREACHABLE, 0,
                     "cannot %s the database %s: %s; %s", verb, db->path,
                     sqlite3_errmsg(db->sqlite), remedy);
}

static const char *verb_of(const char *sql)
{
    static const char *const verbs[][2] = {{"SELECT", "read"},     {"WITH", "read"},
                                           {"INSERT", "write to"}, {"UPDATE", "write to"},
                                           {"DELETE", "write to"}, {"COMMIT", "write to"}};
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (!strncmp(sql, verbs[i][0], strlen(verbs[i][0])))
            return verbs[i][1];
    return "use";
}

// Waits a random while, longer with each round, so that many runners do not come back in step.
int db_wait_busy(void *argument, int round)
{
    struct db *db = argument;
    int64_t left = db->deadline_usec - clock_mono_usec();
    if (left <= 0)
        return 0;
    uint32_t random = 0;
    if (getrandom(&random, sizeof random, GRND_NONBLOCK) < 0)
        random = (uint32_t)left;
    int64_t most = 500 << (round < 6 ? round : 6);
    int64_t usec = most / 4 + random % most;
    usec = usec < left ? usec : left;
    struct timespec pause = clock_timespec(usec);
    nanosleep(&pause, NULL);
    return 1;
}

void db_start_clock(struct db *db)
{
    db->deadline_usec = clock_mono_usec() + db->busy_usec;
}

// ---- statements ----

static sqlite3_stmt *prepare(struct db *db, enum sql which, struct error *err)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v3(db->sqlite, texts[which], -1, SQLITE_PREPARE_PERSISTENT, &statement,
                           NULL) != SQLITE_OK) {
        db_error(db, err, verb_of(texts[which]));
        return NULL;
    }
    return statement;
}

static void bind_number(sqlite3_stmt *s, int index, int64_t number, bool null)
{
    if (null)
        sqlite3_bind_null(s, index);
    else
        sqlite3_bind_int64(s, index, number);
}

// The parameters of one row, from the first-th on.
static void bind_row(sqlite3_stmt *s, int first, const char *types, va_list ap)
{
    for (int i = first; *types; i++, types++) {
        if (*types == 's') {
            sqlite3_bind_text(s, i, va_arg(ap, const char *), -1, SQLITE_STATIC);
        } else if (*types == 'i') {
            sqlite3_bind_int64(s, i, va_arg(ap, int));
        } else {
            int64_t number = va_arg(ap, int64_t);
            bind_number(s, i, number,
                        (*types == 'n' && number == UNKNOWN) || (*types == 'z' && number == 0));
        }
    }
}

static sqlite3_stmt *statement_of(struct db *db, struct error *err, enum sql which)
{
    sqlite3_stmt *s = db->statements[which];
    if (!s && !(s = db->statements[which] = prepare(db, which, err)))
        return NULL;
    sqlite3_reset(s);
    return s;
}

static sqlite3_stmt *bind(struct db *db, struct error *err, enum sql which, const char *types,
                          va_list ap)
{
    sqlite3_stmt *s = statement_of(db, err, which);
    if (s)
        bind_row(s, 1, types, ap);
    return s;
}

sqlite3_stmt *db_query(struct db *db, struct error *err, enum sql which, const char *types, ...)
{
    va_list ap;
    va_start(ap, types);
    sqlite3_stmt *s = bind(db, err, which, types, ap);
    va_end(ap);
    return s;
}

int db_step(struct db *db, sqlite3_stmt *statement, struct error *err)
{
    int rc = sqlite3_step(statement);
    if (rc == SQLITE_ROW)
        return 1;
    if (rc != SQLITE_DONE)
        db_error(db, err, verb_of(sqlite3_sql(statement)));
    sqlite3_reset(statement);
    return rc == SQLITE_DONE ? 0 : -1;
}

int db_do(struct db *db, struct error *err, enum sql which, const char *types, ...)
{
    va_list ap;
    va_start(ap, types);
    sqlite3_stmt *s = bind(db, err, which, types, ap);
    va_end(ap);
    int rc = s ? 1 : -1;
    while (rc > 0)
        rc = db_step(db, s, err);
    return rc;
}

int db_number(struct db *db, struct error *err, int64_t *number, enum sql which, const char *types,
              ...)
{
    va_list ap;
    va_start(ap, types);
    sqlite3_stmt *s = bind(db, err, which, types, ap);
    va_end(ap);
    int rc = s ? db_step(db, s, err) : -1;
    if (rc == 1) {
        *number = sqlite3_column_int64(s, 0);
        sqlite3_reset(s);
    }
    return rc;
}

enum { BULK_ROWS = 16 };

int db_bulk_open(struct bulk *bulk, struct db *db, enum sql one, size_t rows, struct error *err)
{
    *bulk = (struct bulk){.db = db, .one = one, .left = rows};
    sqlite3_stmt *s = statement_of(db, err, one);
    if (!s || rows < BULK_ROWS)
        return s ? 0 : -1;
    size_t size;
    char *sql;
    FILE *text = open_memstream(&sql, &size);
    if (!text)
        return error_set(err, ERROR_INTERNAL, errno, "make a statement");
    fputs(sqlite3_sql(s), text);
    for (int row = 1; row < BULK_ROWS; row++) {
        for (int i = 0; i < sqlite3_bind_parameter_count(s); i++)
            fputs(i ? ", ?" : ", (?", text); // the parameter behind the last one
        fputc(')', text);
    }
    fclose(text);
    int rc = sqlite3_prepare_v3(db->sqlite, sql, -1, SQLITE_PREPARE_PERSISTENT, &bulk->many, NULL);
    free(sql);
    return rc == SQLITE_OK ? 0 : db_error(db, err, verb_of(texts[one]));
}

int db_bulk_row(struct bulk *bulk, struct error *err, const char *types, ...)
{
    int rows = BULK_ROWS, columns = (int)strlen(types);
    if (bulk->filled == 0) {
        bulk->now = bulk->left >= BULK_ROWS ? bulk->many : statement_of(bulk->db, err, bulk->one);
        if (!bulk->now)
            return -1;
    }
    va_list ap;
    va_start(ap, types);
    bind_row(bulk->now, bulk->filled * columns + 1, types, ap);
    va_end(ap);
    if (bulk->now != bulk->many)
        rows = 1;
    if (++bulk->filled < rows)
        return 0;
    bulk->left -= (size_t)rows;
    bulk->filled = 0;
    return db_step(bulk->db, bulk->now, err);
}

void db_bulk_close(struct bulk *bulk)
{
    sqlite3_finalize(bulk->many);
    bulk->many = NULL;
}

sqlite3_stmt *db_cursor(struct db *db, size_t index, struct error *err)
{
    while (index >= db->cursors_count) {
        sqlite3_stmt *s = prepare(db, SQL_READY_JOBS, err);
        if (!s)
            return NULL;
        db->cursors =
            array_grow(db->cursors, db->cursors_count, &db->cursors_space, sizeof *db->cursors);
        db->cursors[db->cursors_count++] = s;
    }
    sqlite3_reset(db->cursors[index]);
    return db->cursors[index];
}

const char *db_text(struct arena *arena, sqlite3_stmt *statement, int column)
{
    return arena_strdup(arena, (const char *)sqlite3_column_text(statement, column));
}

int64_t db_known(sqlite3_stmt *statement, int column)
{
    return sqlite3_column_type(statement, column) == SQLITE_NULL
               ? UNKNOWN
               : sqlite3_column_int64(statement, column);
}

// ---- transactions ----

// SQLite itself would go on with a file that nobody else can see any more.
static int check_place(struct db *db, struct error *err)
{
    int moved = 0;
    if (sqlite3_file_control(db->sqlite, NULL, SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK &&
        moved)
        return error_set(
            err, ERROR_UNREACHABLE, 0,
            "database %s: the file was removed or replaced after it had been opened; put "
            "the same file back and it goes on",
            db->path);
    return 0;
}

int db_begin(struct db *db, bool write, struct error *err)
{
    db->refuses = false;
    if (check_place(db, err))
        return -1;
    db_start_clock(db);
    return db_do(db, err, write ? SQL_BEGIN_IMMEDIATE : SQL_BEGIN, "");
}

static void reset_all(struct db *db)
{
    for (sqlite3_stmt *s = sqlite3_next_stmt(db->sqlite, NULL); s;
         s = sqlite3_next_stmt(db->sqlite, s))
        if (sqlite3_stmt_busy(s))
            sqlite3_reset(s);
}

int db_end(struct db *db, int result, struct error *err)
{
    reset_all(db);
    if (result == 0)
        result = db_do(db, err, SQL_COMMIT, "");
    if (result != 0 && !sqlite3_get_autocommit(db->sqlite))
        db_do(db, NULL, SQL_ROLLBACK, "");
    return result ? -1 : 0;
}
