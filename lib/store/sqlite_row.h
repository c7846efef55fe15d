// SPDX-License-Identifier: GPL-2.0-or-later
// Rows that are read for reports: what a column may hold. Only sqlite_read*.c include it.
#ifndef LIB_STORE_SQLITE_ROW_H
#define LIB_STORE_SQLITE_ROW_H

#include "lib/store/sqlite.h"

struct page {
    struct db *db;
    struct arena *arena;
    struct error *err;
    int64_t job_id; // of the request
    int32_t uses;   // readers, writers and needs of a row, at most; -1: all
};

// ---- what a row has: checked here and nowhere else, since anybody may have written it ----

// What an honest one never reaches; sums and differences of such numbers are numbers still.
static const int64_t NUMBER_MOST = INT64_MAX / 64;

static inline int64_t whole(sqlite3_stmt *s, int column, int64_t least, int64_t most,
                            int64_t otherwise)
{
    int64_t value = sqlite3_column_int64(s, column);
    bool good = sqlite3_column_type(s, column) == SQLITE_INTEGER && value >= least && value <= most;
    return good ? value : otherwise;
}

static inline int64_t row_id(sqlite3_stmt *s, int column) // 0: none
{
    return whole(s, column, 0, INT64_MAX, 0);
}

static inline int64_t number(sqlite3_stmt *s, int column) // 0 where NULL
{
    return whole(s, column, 0, NUMBER_MOST, 0);
}

static inline int64_t known(sqlite3_stmt *s, int column) // UNKNOWN where NULL
{
    return whole(s, column, 0, NUMBER_MOST, UNKNOWN);
}

static inline int32_t small(sqlite3_stmt *s, int column)
{
    return (int32_t)whole(s, column, INT32_MIN, INT32_MAX, 0);
}

static inline int32_t small_known(sqlite3_stmt *s, int column)
{
    return (int32_t)whole(s, column, 0, INT32_MAX, UNKNOWN);
}

// Of an enum with `count` names; what is none of them is `count`, whose name is "unknown".
static inline int one_of(sqlite3_stmt *s, int column, int count)
{
    return (int)whole(s, column, 0, count - 1, count);
}

// The same, where NULL means the first, "none".
static inline int none_or_one_of(sqlite3_stmt *s, int column, int count)
{
    return sqlite3_column_type(s, column) == SQLITE_NULL ? 0 : one_of(s, column, count);
}

static inline const char *text(const struct page *p, sqlite3_stmt *s, int column) // never NULL
{
    const char *text = db_text(p->arena, s, column);
    return text ? text : "?";
}

int read_action(struct page *p, void *row, sqlite3_stmt *s);     // sqlite_read_action.c
int read_allocation(struct page *p, void *row, sqlite3_stmt *s); // sqlite_read_runner.c
int read_runner(struct page *p, void *row, sqlite3_stmt *s);

#endif
