// SPDX-License-Identifier: GPL-2.0-or-later
// Every change of a job's state goes through the table of lib/base/transitions.def, and an attempt
// ends once: triggers of this connection, which no file can bring. What they refuse is a mistake of
// torc's, and its transaction changes nothing.
#include <stdio.h>

#include "lib/base/mem.h"
#include "lib/base/states.h"
#include "lib/store/sqlite.h"

// torc_refuse('job' or 'attempt', id, from, to)
static void refuse(sqlite3_context *context, int count, sqlite3_value **values)
{
    const char *state[2];
    (void)count;
    for (int i = 0; i < 2; i++) {
        int number = sqlite3_value_int(values[2 + i]);
        state[i] = sqlite3_value_type(values[2 + i]) == SQLITE_NULL ? "running"
                   : number >= 0 && number < JOB_STATES             ? job_state_names[number]
                                                                    : "unknown";
    }
    cleanup_free char *text =
        xasprintf("%s %lld cannot go from %s to %s", (const char *)sqlite3_value_text(values[0]),
                  (long long)sqlite3_value_int64(values[1]), state[0], state[1]);
    sqlite3_result_error(context, text, -1);
    sqlite3_result_error_code(context, SQLITE_INTERNAL);
}

int db_guard(struct db *db, struct error *err)
{
    char *sql = NULL;
    size_t size;
    FILE *out = open_memstream(&sql, &size);
    sqlite3_create_function_v2(db->sqlite, "torc_refuse", 4, SQLITE_UTF8, NULL, refuse, NULL, NULL,
                               NULL);
    fputs("CREATE TEMP TRIGGER job_goes AFTER UPDATE OF state ON main.job"
          " WHEN new.state <> old.state AND NOT (CASE old.state",
          out);
    for (int from = 0; from < JOB_STATES; from++)
        fprintf(out, " WHEN %d THEN %u", from, job_state_next((enum job_state)from));
    fprintf(out,
            " ELSE 0 END >> new.state & 1)"
            " BEGIN SELECT torc_refuse('job', new.id, old.state, new.state); END;"
            "CREATE TEMP TRIGGER attempt_ends AFTER UPDATE OF state ON main.attempt"
            " WHEN old.state IS NOT NULL OR NOT (%u >> new.state & 1)"
            " BEGIN SELECT torc_refuse('attempt', new.id, old.state, new.state); END",
            job_state_next(JOB_RUNNING));
    fclose(out);
    int rc = sqlite3_exec(db->sqlite, sql, NULL, NULL, NULL);
    free(sql);
    return rc == SQLITE_OK ? 0 : db_error(db, err, "guard");
}
