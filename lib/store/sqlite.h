// SPDX-License-Identifier: GPL-2.0-or-later
// Shared by the files that keep the store in SQLite: a connection, its prepared statements,
// transactions. Only sqlite*.c include it.
#ifndef LIB_STORE_SQLITE_H
#define LIB_STORE_SQLITE_H

#include <sqlite3.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/store/sqlite_calls.h"

extern const char class_used_fill[]; // class_used.sql: the text of SQL_USED_FILL

enum sql { // every statement there is; the texts are in sql.def
#define SQL(name, text) SQL_##name,
#include "lib/store/sql.def"
#undef SQL
    SQL_COUNT
};

// Classes that claims have met, by id; sqlite_claim_order.c.
struct class_cache {
    int64_t change; // workflow.classes_change when they were read
    struct known_class **slots;
    size_t count, space; // space: 0 or a power of two
};
void class_cache_fini(struct class_cache *cache);

struct db {
    sqlite3 *sqlite;
    sqlite3_stmt *statements[SQL_COUNT];
    // SQL_READY_JOBS once more for each class that is looked at at the same time
    sqlite3_stmt **cursors;
    size_t cursors_count, cursors_space;
    struct class_cache classes;
    char *path;
    bool young;        // made by this process, and nothing is in it yet
    bool network;      // on a network file system: rollback journal
    bool refuses;      // the last failure was of what was said: to say it again does not mend it
    int64_t busy_usec; // how long to wait for a lock
    int64_t deadline_usec; // of the present call, CLOCK_MONOTONIC
    int64_t watched;       // the workflow that this connection works for; 0: none in particular
    int64_t data_version, change;
    int64_t demand_usec; // when demand was computed last
};

// Sets err from SQLite's last error on this connection: what could not be done ("open"), to which
// file, why, what to do about it. Gives -1.
int db_error(struct db *db, struct error *err, const char *verb);

int db_guard(struct db *db, struct error *err);       // states of jobs change only as they may
int db_set_journal(struct db *db, struct error *err); // of a young one, once something is in it

// A call waits for locks until its deadline, db->busy_usec from when its clock was started; 0: it
// is over. SQLite's busy handler.
void db_start_clock(struct db *db);
int db_wait_busy(void *db, int round);

// A transaction: db_begin, then db_end with what became of it (0: commit, else roll back); db_end
// gives 0 or -1, and leaves no statement open and no transaction behind in any case.
int db_begin(struct db *db, bool write, struct error *err);
int db_end(struct db *db, int result, struct error *err);

// A statement with its parameters: types has a letter for each: i int, l int64_t, s text (NULL is
// NULL), n int64_t of which UNKNOWN is NULL, z int64_t of which 0 is NULL. Texts are borrowed until
// the statement is used again. db_query gives NULL on failure; db_step 1: a row, 0: none left, -1;
// db_do runs it to its end; db_number reads the first column of the first row.
sqlite3_stmt *db_query(struct db *db, struct error *err, enum sql which, const char *types, ...);
int db_step(struct db *db, sqlite3_stmt *statement, struct error *err);
int db_do(struct db *db, struct error *err, enum sql which, const char *types, ...);
int db_number(struct db *db, struct error *err, int64_t *number, enum sql which, const char *types,
              ...);
// The same INSERT many times: a statement costs as much as a row, so rows go in sixteens. rows: how
// many will come; their texts are borrowed to the end. Close it also after a failure.
struct bulk {
    struct db *db;
    enum sql one;
    sqlite3_stmt *many, *now; // now: the one that is being filled
    size_t left;
    int filled;
};
int db_bulk_open(struct bulk *bulk, struct db *db, enum sql one, size_t rows, struct error *err);
int db_bulk_row(struct bulk *bulk, struct error *err, const char *types, ...);
void db_bulk_close(struct bulk *bulk);

void db_hash(sqlite3_context *context, int count, sqlite3_value **values); // SQL: torc_hash

// the index-th of SQL_READY_JOBS, not bound
sqlite3_stmt *db_cursor(struct db *db, size_t index, struct error *err);
const char *db_text(struct arena *arena, sqlite3_stmt *statement, int column); // a copy, or NULL
int64_t db_known(sqlite3_stmt *statement, int column);                         // UNKNOWN where NULL

#endif
