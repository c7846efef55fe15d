// SPDX-License-Identifier: GPL-2.0-or-later
// The connection to an SQLite database: opening, statements, transactions, errors.
#include "lib/store_sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdarg.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>

#include "lib/fs_kind.h"
#include "lib/mem.h"

enum { SCHEMA_VERSION = 1, APPLICATION_ID = 0x746f7263, BUSY_SECS = 60 };

static const char *const texts[SQL_COUNT] = {
#define SQL(name, text) [SQL_##name] = text,
#include "lib/store_sql.def"
#undef SQL
};

static const struct {
    int sqlite; /* primary result code */
    enum error_code code;
    const char *remedy;
} failures[] = {
    {SQLITE_BUSY, ERROR_UNREACHABLE, "another program holds it locked; `fuser` on the file names it"},
    {SQLITE_FULL, ERROR_UNREACHABLE, "the disk or the quota is full; make room and it goes on"},
    {SQLITE_READONLY, ERROR_UNREACHABLE, "the file or its folder is read-only for this user"},
    {SQLITE_CANTOPEN, ERROR_UNREACHABLE, "check that the folder exists and that file and folder are yours"},
    {SQLITE_PERM, ERROR_UNREACHABLE, "check the permissions of the file and its folder"},
    {SQLITE_IOERR, ERROR_UNREACHABLE, "the file system failed; check space, quota and the mount"},
    {SQLITE_PROTOCOL, ERROR_UNREACHABLE, "locking failed; a network file system may not support it"},
    {SQLITE_NOTADB, ERROR_UNREACHABLE, "this file is no database; give another one with --db"},
    {SQLITE_CORRUPT, ERROR_UNREACHABLE, "the file is damaged; `sqlite3 FILE .recover` saves what can be saved"},
};

int db_error(struct db *db, struct error *err, const char *what)
{
    int code = sqlite3_errcode(db->sqlite) & 0xff;
    const char *text = sqlite3_errmsg(db->sqlite);
    for (size_t i = 0; i < sizeof failures / sizeof *failures; i++)
        if (failures[i].sqlite == code)
            return error_set(err, failures[i].code, 0, "database %s: %s: %s; %s", db->path, what, text, failures[i].remedy);
    return error_set(err, ERROR_INTERNAL, 0, "database %s: %s: %s", db->path, what, text);
}

static int64_t usec_of(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t usec_now(void)
{
    return usec_of(CLOCK_REALTIME);
}

// Waits a random while, longer with each round, so that many runners do not come back in step.
static int wait_busy(void *argument, int round)
{
    struct db *db = argument;
    int64_t left = db->deadline_usec - usec_of(CLOCK_MONOTONIC);
    if (left <= 0)
        return 0;
    uint32_t random = 0;
    if (getrandom(&random, sizeof random, GRND_NONBLOCK) < 0)
        random = (uint32_t)left;
    int64_t most = 500 << (round < 6 ? round : 6);
    int64_t usec = most / 4 + random % most;
    usec = usec < left ? usec : left;
    nanosleep(&(struct timespec){.tv_sec = usec / 1000000, .tv_nsec = usec % 1000000 * 1000}, NULL);
    return 1;
}

static void start_clock(struct db *db)
{
    db->deadline_usec = usec_of(CLOCK_MONOTONIC) + db->busy_usec;
}

// ---- statements ----

static sqlite3_stmt *prepare(struct db *db, enum sql which, struct error *err)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v3(db->sqlite, texts[which], -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) != SQLITE_OK) {
        db_error(db, err, texts[which]);
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

/* The parameters of one row, from the first-th on. */
static void bind_row(sqlite3_stmt *s, int first, const char *types, va_list ap)
{
    for (int i = first; *types; i++, types++) {
        if (*types == 's') {
            sqlite3_bind_text(s, i, va_arg(ap, const char *), -1, SQLITE_STATIC);
        } else if (*types == 'i') {
            sqlite3_bind_int64(s, i, va_arg(ap, int));
        } else {
            int64_t number = va_arg(ap, int64_t);
            bind_number(s, i, number, (*types == 'n' && number == UNKNOWN) || (*types == 'z' && number == 0));
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

static sqlite3_stmt *bind(struct db *db, struct error *err, enum sql which, const char *types, va_list ap)
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
        db_error(db, err, sqlite3_sql(statement));
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

int db_number(struct db *db, struct error *err, int64_t *number, enum sql which, const char *types, ...)
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
            fputs(i ? ", ?" : ", (?", text); /* the parameter behind the last one */
        fputc(')', text);
    }
    fclose(text);
    int rc = sqlite3_prepare_v3(db->sqlite, sql, -1, SQLITE_PREPARE_PERSISTENT, &bulk->many, NULL);
    free(sql);
    return rc == SQLITE_OK ? 0 : db_error(db, err, texts[one]);
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
        db->cursors = array_grow(db->cursors, db->cursors_count, &db->cursors_space, sizeof *db->cursors);
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
    return sqlite3_column_type(statement, column) == SQLITE_NULL ? UNKNOWN : sqlite3_column_int64(statement, column);
}

// ---- transactions ----

/* SQLite itself would go on with a file that nobody else can see any more. */
static int check_place(struct db *db, struct error *err)
{
    int moved = 0;
    if (sqlite3_file_control(db->sqlite, NULL, SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK && moved)
        return error_set(err, ERROR_UNREACHABLE, 0, "database %s: the file was removed or replaced after it had been opened; put "
                                                    "the same file back and it goes on", db->path);
    return 0;
}

int db_begin(struct db *db, bool write, struct error *err)
{
    if (check_place(db, err))
        return -1;
    start_clock(db);
    return db_do(db, err, write ? SQL_BEGIN_IMMEDIATE : SQL_BEGIN, "");
}

static void reset_all(struct db *db)
{
    for (sqlite3_stmt *s = sqlite3_next_stmt(db->sqlite, NULL); s; s = sqlite3_next_stmt(db->sqlite, s))
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

// ---- opening ----

static int execute(struct db *db, const char *sql, struct error *err)
{
    return sqlite3_exec(db->sqlite, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : db_error(db, err, "open");
}

static int read_pragma(struct db *db, const char *sql, int64_t *number, char *text, size_t size, struct error *err)
{
    sqlite3_stmt *s = NULL;
    int rc = sqlite3_prepare_v2(db->sqlite, sql, -1, &s, NULL);
    if (rc == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW) {
        *number = sqlite3_column_int64(s, 0);
        snprintf(text, size, "%s", (const char *)sqlite3_column_text(s, 0));
    }
    rc = sqlite3_finalize(s);
    return rc == SQLITE_OK ? 0 : db_error(db, err, "open");
}

static int make_schema(struct db *db, struct error *err)
{
    static const char schema[] =
#include "lib/schema_sql.h"
        ;
    cleanup_free char *pragmas = xasprintf("PRAGMA user_version = %d; PRAGMA application_id = %d", SCHEMA_VERSION, APPLICATION_ID);
    return execute(db, schema, err) || execute(db, pragmas, err) ? -1 : 0;
}

// Ours, of our version? An empty one becomes ours when it may be created.
static int check_schema(struct db *db, enum store_mode mode, struct error *err)
{
    int64_t version = 0, application = 0, tables = 0;
    char text[64];
    if (read_pragma(db, "PRAGMA user_version", &version, text, sizeof text, err) ||
        read_pragma(db, "PRAGMA application_id", &application, text, sizeof text, err) ||
        read_pragma(db, "SELECT count(*) FROM sqlite_schema", &tables, text, sizeof text, err))
        return -1;
    if (tables == 0 && mode == STORE_CREATE) {
        db->young = true;
        return make_schema(db, err);
    }
    if (tables == 0)
        return error_set(err, ERROR_UNREACHABLE, 0, "database %s is empty; torc-sbatch and torc-run fill one", db->path);
    if (application != APPLICATION_ID)
        return error_set(err, ERROR_UNREACHABLE, 0, "%s is a database of another program, not of torc; give another one with --db",
                         db->path);
    if (version != SCHEMA_VERSION)
        return error_set(err, ERROR_UNREACHABLE, 0, "database %s has schema %lld, this torc (%s) knows %d; use the torc that made it",
                         db->path, (long long)version, TORC_VERSION, SCHEMA_VERSION);
    return 0;
}

// WAL where all who open it share memory, else a rollback journal. Changing it needs the database for itself, once. A young one has
// a rollback journal until its first workflow is in: a large one would be written into the log, and from there once more.
int db_set_journal(struct db *db, struct error *err)
{
    char mode[16] = "";
    int64_t number;
    const char *want = db->network ? "delete" : "wal";
    if (read_pragma(db, "PRAGMA journal_mode", &number, mode, sizeof mode, err))
        return -1;
    for (int round = 0; strcmp(mode, want); round++) {
        cleanup_free char *sql = xasprintf("PRAGMA journal_mode = %s", want);
        if (read_pragma(db, sql, &number, mode, sizeof mode, err) && !wait_busy(db, round))
            return -1;
        if (!db->network && !strcmp(mode, "delete"))
            break; // this file system cannot do WAL: the rollback journal is right everywhere
    }
    db->young = false;
    return 0;
}

static int set_up(struct db *db, enum store_mode mode, struct error *err)
{
    sqlite3_extended_result_codes(db->sqlite, 1);
    sqlite3_busy_handler(db->sqlite, wait_busy, db);
    if (execute(db, "PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL; PRAGMA cache_size = -16384;"
                    "PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF", err))
        return -1;
    if (mode == STORE_READ)
        return check_schema(db, mode, err);
    struct error first = {0};
    if (mode == STORE_CREATE) {
        if (db_begin(db, true, err) || db_end(db, check_schema(db, mode, err), err))
            return -1;
    } else if (check_schema(db, mode, &first)) {
        *err = first;
        return -1;
    }
    return db->young ? 0 : db_set_journal(db, err);
}

// Made with mode 0600 before SQLite sees it: its journals then have the same. Opened only when it is new, as closing a file
// drops the locks that this process may hold on it.
static int make_file(const char *path, struct error *err)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0)
        close(fd);
    else if (errno != EEXIST)
        return error_set(err, ERROR_UNREACHABLE, errno, "cannot create the database %s", path);
    return 0;
}

static void db_close(void *impl)
{
    struct db *db = impl;
    if (db->young)
        db_set_journal(db, NULL);
    for (size_t i = 0; i < SQL_COUNT; i++)
        sqlite3_finalize(db->statements[i]);
    for (size_t i = 0; i < db->cursors_count; i++)
        sqlite3_finalize(db->cursors[i]);
    sqlite3_close(db->sqlite);
    free(db->cursors);
    free(db->path);
    free(db);
}

// An archive: its folder cannot be written to, and nobody has it open, for it has no WAL. SQLite reads such a file only when told
// that it does not change.
static bool is_archive(const char *where)
{
    cleanup_free char *copy = xstrdup(where), *wal = xasprintf("%s-wal", where);
    return access(dirname(copy), W_OK) && access(wal, F_OK);
}

static int open_file(struct db *db, const char *where, enum store_mode mode)
{
    int flags = mode != STORE_READ || access(where, W_OK) == 0 ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
    if (mode != STORE_READ || !is_archive(where))
        return sqlite3_open_v2(where, &db->sqlite, flags | SQLITE_OPEN_NOMUTEX, NULL);
    cleanup_free char *uri = xmalloc(strlen(where) * 3 + sizeof "file:?immutable=1");
    char *to = stpcpy(uri, "file:");
    for (const char *c = where; *c; c++)
        to += strchr("%?#", *c) ? sprintf(to, "%%%02x", *c) : sprintf(to, "%c", *c);
    strcpy(to, "?immutable=1");
    return sqlite3_open_v2(uri, &db->sqlite, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, NULL);
}

static void *db_open(const char *where, enum store_mode mode, struct error *err)
{
    const char *network = NULL;
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); // no lock around every allocation; too late once SQLite runs, which is fine
    if (mode == STORE_CREATE ? make_file(where, err) : access(where, F_OK)) {
        if (mode != STORE_CREATE)
            error_set(err, ERROR_UNREACHABLE, errno, "cannot open the database %s (another one is named by --db or $TORC_DB)", where);
        return NULL;
    }
    struct stat st;
    if (!stat(where, &st) && S_ISDIR(st.st_mode)) {
        error_set(err, ERROR_UNREACHABLE, 0, "%s is a folder, not a database; name a file in it: %s/torc.db", where, where);
        return NULL;
    }
    if (fs_kind(where, &network, err))
        return NULL;
    struct db *db = xcalloc(1, sizeof *db);
    db->path = xstrdup(where);
    db->network = network;
    const char *secs = getenv("TORC_BUSY_SECS");
    db->busy_usec = (secs ? atoll(secs) : BUSY_SECS) * 1000000;
    start_clock(db);
    if (open_file(db, where, mode) != SQLITE_OK)
        db_error(db, err, "open");
    else if (set_up(db, mode, err) == 0)
        return db;
    db_close(db);
    return NULL;
}

static void db_set_patience(void *impl, int64_t usec)
{
    ((struct db *)impl)->busy_usec = usec;
}

// The pragma costs a look at shared memory (WAL) or at the first page; only if somebody committed is the counter read.
static int db_change(void *impl, int64_t *change, struct error *err)
{
    struct db *db = impl;
    int64_t version = 0;
    start_clock(db);
    if (db_number(db, err, &version, SQL_DATA_VERSION, "") < 0)
        return -1;
    if (version != db->data_version) {
        int rc = db->watched ? db_number(db, err, &db->change, SQL_CHANGE_OF, "l", db->watched)
                             : db_number(db, err, &db->change, SQL_CHANGE_OF_ALL, "");
        if (rc < 0)
            return -1;
        db->data_version = version;
    }
    *change = db->change;
    return 0;
}

const struct store_ops store_sqlite_ops = {
    .open = db_open,
    .close = db_close,
    .set_patience = db_set_patience,
    .change = db_change,
    .create_workflow = sqlite_create_workflow,
    .delete_workflow = sqlite_delete_workflow,
    .enter = sqlite_enter,
    .runner_lost = sqlite_runner_lost,
    .sync = sqlite_sync,
    .demand = sqlite_demand,
    .submissions_create = sqlite_submissions_create,
    .submission_answered = sqlite_submission_answered,
    .submissions = sqlite_submissions,
    .read = sqlite_read,
    .data = sqlite_data,
    .cancel = sqlite_cancel,
};
