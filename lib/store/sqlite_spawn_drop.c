// SPDX-License-Identifier: GPL-2.0-or-later
// What jobs added that run again: it goes, and they add it anew. Only in a restart; a job that is
// tried again makes the same call, which changes nothing. Foreign keys are not followed, as when a
// workflow is deleted.
#include "lib/store/sqlite_seen.h"

static int refuse_busy(struct tx *tx, enum sql which, const char *format, struct error *err)
{
    sqlite3_stmt *s = db_query(tx->db, err, which, "l", tx->workflow_id);
    int rc = s ? db_step(tx->db, s, err) : -1;
    if (rc > 0)
        rc = error_set(err, ERROR_USAGE, 0, "job \"%s\" %s",
                       (const char *)sqlite3_column_text(s, 0), format);
    if (s)
        sqlite3_reset(s);
    return rc;
}

static int do_each(struct tx *tx, const enum sql *which, size_t count, struct error *err)
{
    for (size_t i = 0; i < count; i++)
        if (db_do(tx->db, err, which[i], "l", tx->workflow_id))
            return -1;
    return 0;
}

// All jobs that were added are gone with the links of the old file.
static int forget_all(struct tx *tx, struct error *err)
{
    static const enum sql drops[] = {SQL_DELETE_SPAWNED, SQL_DELETE_SPAWNS};
    return refuse_busy(tx, SQL_SPAWN_KEPT,
                       "has added jobs, which a changed file does not have: they would be lost, as "
                       "it is running or would not run again; wait until it has ended, and leave "
                       "out --failed, or restart without a file",
                       err) ||
                   do_each(tx, drops, sizeof drops / sizeof *drops, err)
               ? -1
               : 0;
}

int tx_drop_spawned(struct tx *tx, bool amended, struct error *err)
{
    static const enum sql drops[] = {
        SQL_SPAWN_DROP_NEEDS,    SQL_SPAWN_DROP_NEEDED,   SQL_SPAWN_DROP_JOB_FILES,
        SQL_SPAWN_DROP_JOB_DATA, SQL_AMEND_DROP_SAMPLES,  SQL_AMEND_DROP_USAGE,
        SQL_AMEND_DROP_ATTEMPTS, SQL_AMEND_DROP_EVENTS,   SQL_SPAWN_DROP_FILES,
        SQL_SPAWN_DROP_DATA,     SQL_SPAWN_DROP_VERSIONS, SQL_SPAWN_DROP,
        SQL_SPAWN_DROP_SPAWNED,  SQL_AMEND_DROP_JOBS,     SQL_DELETE_USED,
        SQL_USED_FILL,
    };
    int64_t any = 0;
    if (db_number(tx->db, err, &any, SQL_SPAWN_ANY, "l", tx->workflow_id) < 0)
        return -1;
    if (!any)
        return 0;
    if (amended)
        return forget_all(tx, err);
    if (db_do(tx->db, err, SQL_SPAWN_MARK, "l", tx->workflow_id))
        return -1;
    if (!sqlite3_changes(tx->db->sqlite))
        return 0;
    return refuse_busy(tx, SQL_AMEND_BUSY,
                       "is running, and was added by a job that is to run again; wait until it has "
                       "ended, or cancel it first",
                       err) ||
                   do_each(tx, drops, sizeof drops / sizeof *drops, err)
               ? -1
               : 0;
}
