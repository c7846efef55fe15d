// SPDX-License-Identifier: GPL-2.0-or-later
// What files and user data were when a job used them: what a restart compares with.
#include "lib/store/sqlite_seen.h"

#include "lib/base/hash.h"
#include "lib/workflow/workflow.h"

// torc_hash(value): of JSON text, the same for the same value however it is spaced.
void db_hash(sqlite3_context *context, int count, sqlite3_value **values)
{
    (void)count;
    const char *text = (const char *)sqlite3_value_text(values[0]);
    if (text)
        sqlite3_result_int64(context, hash_json(text));
    else
        sqlite3_result_null(context);
}

int tx_version(struct db *db, int64_t file_id, const struct file_seen *seen, int64_t *version,
               struct error *err)
{
    int rc = 0;
    if (seen->hash == UNKNOWN) // who has read it says what is in it
        rc = db_number(db, err, version, SQL_VERSION_FIND, "lllll", file_id, seen->size_bytes,
                       seen->mtime_usec, seen->ctime_usec, seen->inode);
    if (rc == 0)
        rc = db_number(db, err, version, SQL_VERSION_ADD, "llllln", file_id, seen->size_bytes,
                       seen->mtime_usec, seen->ctime_usec, seen->inode, seen->hash);
    return rc < 0 ? -1 : 0;
}

struct used_file {
    int64_t id;
    int role;
};

static int read_used(struct db *db, struct arena *arena, int64_t job_id, struct used_file **list,
                     uint32_t *count, uint32_t most, struct error *err)
{
    sqlite3_stmt *s = db_query(db, err, SQL_JOB_FILE_IDS, "l", job_id);
    int rc = -1;
    *list = arena_alloc(arena, most * sizeof **list + 1);
    *count = 0;
    while (s && (rc = db_step(db, s, err)) > 0 && *count < most)
        (*list)[(*count)++] =
            (struct used_file){sqlite3_column_int64(s, 0), sqlite3_column_int(s, 1)};
    if (rc > 0)
        sqlite3_reset(s);
    return rc < 0 ? -1 : 0;
}

int tx_wrote_other(struct tx *tx, struct arena *arena, int64_t job_id, const struct file_seen *seen,
                   uint32_t count, bool *other, struct error *err)
{
    struct used_file *used;
    uint32_t used_count = 0;
    int64_t differs = 0;
    if (db_number(tx->db, err, &differs, SQL_DATA_DIFFERS, "l", job_id) < 0 ||
        (count && read_used(tx->db, arena, job_id, &used, &used_count, count, err)))
        return -1;
    for (uint32_t i = 0; used_count == count && i < count && !differs; i++) {
        int64_t version = 0;
        if (used[i].role == ROLE_OUTPUT && seen[i].size_bytes != UNKNOWN &&
            (tx_version(tx->db, used[i].id, &seen[i], &version, err) ||
             db_number(tx->db, err, &differs, SQL_FILE_DIFFERS, "lll", job_id, used[i].id,
                       version) < 0))
            return -1;
    }
    *other = differs != 0;
    return 0;
}

int tx_files_seen(struct tx *tx, struct arena *arena, int64_t job_id, const struct file_seen *seen,
                  uint32_t count, struct error *err)
{
    struct used_file *used;
    uint32_t used_count;
    if (!count)
        return 0;
    if (read_used(tx->db, arena, job_id, &used, &used_count, count, err))
        return -1;
    for (uint32_t i = 0; used_count == count && i < count; i++) {
        int64_t version = 0;
        if (seen[i].size_bytes == UNKNOWN)
            continue;
        if (tx_version(tx->db, used[i].id, &seen[i], &version, err) ||
            db_do(tx->db, err, SQL_JOB_FILE_SEEN, "lill", job_id, used[i].role, used[i].id,
                  version) ||
            db_do(tx->db, err, used[i].role == ROLE_OUTPUT ? SQL_FILE_WRITTEN : SQL_FILE_READ, "ll",
                  used[i].id, version))
            return -1;
    }
    return 0;
}
