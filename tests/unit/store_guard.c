// SPDX-License-Identifier: GPL-2.0-or-later
// A database lets a job go from one state to another as lib/base/transitions.def says, and in no
// other way; and an attempt end once.
#include <stdio.h>

#include "lib/store/sqlite.h"
#include "tests/tap.h"

static const char schema[] =
#include "lib/store/schema_sql.h"
    ;

static int run_sql(struct db *db, const char *sql)
{
    return sqlite3_exec(db->sqlite, sql, NULL, NULL, NULL);
}

static void test_jobs(struct db *db)
{
    bool may[JOB_STATES][JOB_STATES] = {{0}};
    int wrong = 0, ways = 0;
#define TRANSITION(FROM, TO, WHEN) may[JOB_##FROM][JOB_##TO] = true;
#include "lib/base/transitions.def"
#undef TRANSITION
    for (int from = 0; from < JOB_STATES; from++)
        for (int to = 0; to < JOB_STATES; to++) {
            char sql[200];
            snprintf(sql, sizeof sql,
                     "DELETE FROM job; INSERT INTO job (id, workflow, name, state) VALUES"
                     " (7, 1, 'a', %d); UPDATE job SET state = %d",
                     from, to);
            bool goes = run_sql(db, sql) == SQLITE_OK;
            ways += goes && from != to;
            if (goes == (may[from][to] || from == to))
                continue;
            wrong++;
            printf("# %s to %s: %s\n", job_state_names[from], job_state_names[to],
                   goes ? "goes" : sqlite3_errmsg(db->sqlite));
        }
    ok(!wrong, "a job goes as the table says");
    ok(ways >= 30, "%d ways", ways);
    run_sql(db, "UPDATE job SET state = 3");
    is_text(sqlite3_errmsg(db->sqlite), "job 7 cannot go from pending_failed to pending",
            "what is refused is said");
}

static void test_attempts(struct db *db)
{
    static const char make[] =
        "DELETE FROM attempt; INSERT INTO attempt (id, job, run_id, attempt_id, runner, start_usec)"
        " VALUES (3, 7, 1, 1, 1, 1)";
    is_int(run_sql(db, make), SQLITE_OK, "an attempt begins");
    ok(run_sql(db, "UPDATE attempt SET state = 1") != SQLITE_OK, "it does not end blocked");
    is_int(run_sql(db, "UPDATE attempt SET state = 6"), SQLITE_OK, "it fails");
    ok(run_sql(db, "UPDATE attempt SET state = 5") != SQLITE_OK, "and does not end again");
    is_text(sqlite3_errmsg(db->sqlite), "attempt 3 cannot go from failed to completed", "said too");
}

int main(void)
{
    struct error err = {0};
    char path[] = ":memory:";
    struct db db = {.path = path};
    sqlite3_open(path, &db.sqlite);
    is_int(run_sql(&db, schema), SQLITE_OK, "the schema");
    ok(db_guard(&db, &err) == 0, "is guarded");
    test_jobs(&db);
    test_attempts(&db);
    sqlite3_close(db.sqlite);
    return done_testing();
}
