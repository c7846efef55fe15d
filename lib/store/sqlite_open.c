// SPDX-License-Identifier: GPL-2.0-or-later
// Opening an SQLite database: the file, its schema, its journal; and the table of what the store
// does on it.
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/fs_kind.h"
#include "lib/base/mem.h"
#include "lib/store/sqlite.h"

enum { SCHEMA_VERSION = 5, APPLICATION_ID = 0x746f7263, BUSY_SECS = 60 };

static int execute(struct db *db, const char *sql, struct error *err)
{
    return sqlite3_exec(db->sqlite, sql, NULL, NULL, NULL) == SQLITE_OK ? 0
                                                                        : db_error(db, err, "open");
}

static int read_pragma(struct db *db, const char *sql, int64_t *number, char *text, size_t size,
                       struct error *err)
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
#include "lib/store/schema_sql.h"
        ;
    cleanup_free char *pragmas = xasprintf("PRAGMA user_version = %d; PRAGMA application_id = %d",
                                           SCHEMA_VERSION, APPLICATION_ID);
    return execute(db, schema, err) || execute(db, pragmas, err) ? -1 : 0;
}

static const char *const migrations[SCHEMA_VERSION] = {
// by the version they begin with
#define MIGRATION(from, statements) [from] = statements,
#include "lib/store/migrations.def"
#undef MIGRATION
};

// Ours, of a version that is known? An empty one becomes ours when it may be created.
static int check_schema(struct db *db, enum store_mode mode, int64_t *version, struct error *err)
{
    int64_t application = 0, tables = 0;
    char text[64];
    if (read_pragma(db, "PRAGMA user_version", version, text, sizeof text, err) ||
        read_pragma(db, "PRAGMA application_id", &application, text, sizeof text, err) ||
        read_pragma(db, "SELECT count(*) FROM sqlite_schema", &tables, text, sizeof text, err))
        return -1;
    if (tables == 0 && mode == STORE_CREATE) {
        db->young = true;
        *version = SCHEMA_VERSION;
        return make_schema(db, err);
    }
    if (tables == 0)
        return error_set(err, ERROR_UNREACHABLE, 0,
                         "database %s is empty; torc-sbatch and torc-run fill one", db->path);
    if (application != APPLICATION_ID)
        return error_set(
            err, ERROR_UNREACHABLE, 0,
            "%s is a database of another program, not of torc; give another one with --db",
            db->path);
    if (*version > SCHEMA_VERSION || *version < 0 ||
        (*version < SCHEMA_VERSION && !migrations[*version]))
        return error_set(err, ERROR_UNREACHABLE, 0,
                         "database %s has schema %lld, this torc (%s) knows %d; use the torc that "
                         "made it, or a newer one",
                         db->path, (long long)*version, TORC_VERSION, SCHEMA_VERSION);
    return 0;
}

// ALTER TABLE looks into the views (and runs none).
static int migrate(struct db *db, int64_t version, struct error *err)
{
    static const char work_fill[] =
#include "lib/store/runner_work_sql.h"
        ;
    sqlite3_db_config(db->sqlite, SQLITE_DBCONFIG_ENABLE_VIEW, 1, NULL);
    for (; version < SCHEMA_VERSION; version++) {
        cleanup_free char *pragma = xasprintf("PRAGMA user_version = %lld", (long long)version + 1);
        if (execute(db, migrations[version], err) || execute(db, pragma, err))
            return error_prefix(err, "from schema %lld on", (long long)version);
    }
    sqlite3_db_config(db->sqlite, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
    return execute(db, work_fill, err) || db_do(db, err, SQL_USED_FILL, "z", (int64_t)0) ? -1 : 0;
}

// Made, or brought up to date, in one transaction: it is of one version or of another, whatever
// dies.
static int fit_schema(struct db *db, enum store_mode mode, struct error *err)
{
    int64_t version = 0;
    if (mode != STORE_CREATE && check_schema(db, mode, &version, err))
        return -1;
    if (version == SCHEMA_VERSION)
        return 0;
    if (mode != STORE_CREATE && sqlite3_db_readonly(db->sqlite, "main"))
        return error_set(err, ERROR_UNREACHABLE, 0,
                         "database %s has schema %lld, this torc (%s) reads %d, and it may not be "
                         "written to; copy it, and give the copy with --db",
                         db->path, (long long)version, TORC_VERSION, SCHEMA_VERSION);
    if (db_begin(db, true, err))
        return -1;
    int rc = check_schema(db, mode, &version, err) || migrate(db, version, err) ? -1 : 0;
    return db_end(db, rc, err);
}

// WAL where all who open it share memory, else a rollback journal. Changing it needs the database
// for itself, once. A young one has a rollback journal until its first workflow is in: a large one
// would be written into the log, and from there once more.
int db_set_journal(struct db *db, struct error *err)
{
    char mode[16] = "";
    int64_t number;
    const char *want = db->network ? "delete" : "wal";
    if (read_pragma(db, "PRAGMA journal_mode", &number, mode, sizeof mode, err))
        return -1;
    for (int round = 0; strcmp(mode, want); round++) {
        cleanup_free char *sql = xasprintf("PRAGMA journal_mode = %s", want);
        if (read_pragma(db, sql, &number, mode, sizeof mode, err) && !db_wait_busy(db, round))
            return -1;
        if (!db->network && !strcmp(mode, "delete"))
            break; // this file system cannot do WAL: the rollback journal is right everywhere
    }
    db->young = false;
    return 0;
}

// Anybody may have written the file: nothing in it runs, and its pages are checked. Torc's own
// statements use no views, and only the triggers of db_guard.
static int distrust(struct db *db, struct error *err)
{
    sqlite3_db_config(db->sqlite, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(db->sqlite, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    sqlite3_db_config(db->sqlite, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
    return execute(db, "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON", err);
}

static int set_up(struct db *db, enum store_mode mode, struct error *err)
{
    sqlite3_extended_result_codes(db->sqlite, 1);
    sqlite3_busy_handler(db->sqlite, db_wait_busy, db);
    sqlite3_create_function_v2(db->sqlite, "torc_hash", 1,
                               SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY, NULL,
                               db_hash, NULL, NULL, NULL);
    if (execute(db,
                "PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL; PRAGMA cache_size = -16384;"
                "PRAGMA temp_store = MEMORY",
                err) ||
        distrust(db, err) || fit_schema(db, mode, err))
        return -1;
    if (mode == STORE_READ)
        return execute(db, "PRAGMA query_only = ON", err);
    if (db_guard(db, err))
        return -1;
    return db->young ? 0 : db_set_journal(db, err);
}

// Made with mode 0600 before SQLite sees it: its journals then have the same. Opened only when it
// is new, as closing a file drops the locks that this process may hold on it.
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
    class_cache_fini(&db->classes);
    free(db->path);
    free(db);
}

// An archive: its folder cannot be written to, and nobody has it open, for it has no WAL. SQLite
// reads such a file only when told that it does not change.
static bool is_archive(const char *where)
{
    cleanup_free char *copy = xstrdup(where), *wal = xasprintf("%s-wal", where);
    return access(dirname(copy), W_OK) && access(wal, F_OK);
}

static int open_file(struct db *db, const char *where, enum store_mode mode)
{
    int flags = mode != STORE_READ || access(where, W_OK) == 0 ? SQLITE_OPEN_READWRITE
                                                               : SQLITE_OPEN_READONLY;
    if (mode != STORE_READ || !is_archive(where))
        return sqlite3_open_v2(where, &db->sqlite, flags | SQLITE_OPEN_NOMUTEX, NULL);
    cleanup_free char *uri = xmalloc(strlen(where) * 3 + sizeof "file:?immutable=1");
    char *to = stpcpy(uri, "file:");
    for (const char *c = where; *c; c++)
        to += strchr("%?#", *c) ? sprintf(to, "%%%02x", *c) : sprintf(to, "%c", *c);
    strcpy(to, "?immutable=1");
    return sqlite3_open_v2(uri, &db->sqlite,
                           SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, NULL);
}

static void *db_open(const char *where, enum store_mode mode, struct error *err)
{
    const char *network = NULL;
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS,
                   0); // no lock around every allocation; too late once SQLite runs, which is fine
    if (mode == STORE_CREATE ? make_file(where, err) : access(where, F_OK)) {
        if (mode != STORE_CREATE)
            error_set(err, ERROR_UNREACHABLE, errno,
                      "cannot open the database %s (another one is named by --db or $TORC_DB)",
                      where);
        return NULL;
    }
    struct stat st;
    if (!stat(where, &st) && S_ISDIR(st.st_mode)) {
        error_set(err, ERROR_UNREACHABLE, 0,
                  "%s is a folder, not a database; name a file in it: %s/torc.db", where, where);
        return NULL;
    }
    if (fs_kind(where, &network, err))
        return NULL;
    struct db *db = xcalloc(1, sizeof *db);
    db->path = xstrdup(where);
    db->network = network;
    const char *secs = getenv("TORC_BUSY_SECS");
    db->busy_usec = (secs ? atoll(secs) : BUSY_SECS) * 1000000;
    db_start_clock(db);
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

// The pragma costs a look at shared memory (WAL) or at the first page; only if somebody committed
// is the counter read.
static int db_change(void *impl, int64_t *change, struct error *err)
{
    struct db *db = impl;
    int64_t version = 0;
    db_start_clock(db);
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
    .allocations_over = sqlite_allocations_over,
    .submissions = sqlite_submissions,
    .read = sqlite_read,
    .data = sqlite_data,
    .cancel = sqlite_cancel,
    .restart_facts = sqlite_restart_facts,
    .restart = sqlite_restart,
    .amend = sqlite_amend,
    .spawn_base = sqlite_spawn_base,
    .spawn = sqlite_spawn,
    .steer = sqlite_steer,
    .update_class = sqlite_update_class,
};
