// SPDX-License-Identifier: GPL-2.0-or-later
// What was submitted, and a database that cannot be read just then: nothing is given back or
// written off by guess.
#include "lib/slurm/settle.h"

#include <sys/stat.h>

#include "lib/slurm/submit.h"
#include "tests/unit/store_fixture.h"

static void fake(const struct fixture *f, const char *name, const char *text)
{
    cleanup_free char *path = xasprintf("%s/%s", f->folder, name);
    FILE *file = fopen(path, "we");
    fprintf(file, "#!/bin/sh\n%s\n", text);
    fclose(file);
    chmod(path, 0755);
}

static void change(const struct fixture *f, const char *sql)
{
    sqlite3 *db;
    sqlite3_open(f->path, &db);
    is_int(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK, sql);
    sqlite3_close(db);
}

// A workflow with a submission that waits in Slurm as job 7.
static int64_t queued(struct fixture *f, const char *tag)
{
    int64_t w = fixture_workflow(f, "a\n");
    struct arena *arena = arena_create();
    struct submission row = {.class_id = fixture_number(f, "SELECT max(id) FROM resource_class"),
                             .tag = tag,
                             .partition = "main",
                             .arguments = "[\"--job-name=torc-wf1-small\"]",
                             .script = "s",
                             .allocations = 1,
                             .cpus = 1,
                             .nodes = 1,
                             .slots = 1,
                             .rounds = 1};
    is_int(store_submissions_create(f->store, w, &row, 1, true, arena, &f->err), 0, "submitted");
    is_int(store_submission_answered(f->store, row.id, 7, NULL, &f->err), 0, "and taken");
    arena_destroy(arena);
    return w;
}

static int64_t in_state(struct fixture *f, enum allocation_state state)
{
    cleanup_free char *sql = xasprintf("SELECT (SELECT count(*) FROM submission WHERE state = %d)"
                                       " + (SELECT count(*) FROM allocation WHERE state = %d)",
                                       state, state);
    return fixture_number(f, sql);
}

int main(void)
{
    struct fixture f;
    struct settled settled;
    fixture_open(&f);
    setenv("PATH", f.folder, 1);
    cleanup_free char *query = xasprintf("%s/slurm-query", f.folder);
    setenv("TORC_SLURM_QUERY", query, 1);
    fake(&f, "scancel", "exit 0");
    fake(&f, "squeue", "exit 0");
    fake(&f, "slurm-query", "echo '{\"job_id\": 7, \"state\": null}'");
    int64_t w = queued(&f, "a");
    struct submit submit = {.store = f.store, .workflow_id = w};

    change(&f, "ALTER TABLE allocation RENAME TO elsewhere");
    f.err = (struct error){0};
    is_int(submit_give_back(&submit, NULL, &f.err), -1, "what cannot be read is not given back");
    ok(*f.err.text, "and it is said: %s", f.err.text);
    f.err = (struct error){0};
    is_int(settle(f.store, w, &settled, &f.err), -1, "nor settled");
    ok(*f.err.text, "and it is said: %s", f.err.text);
    settled_fini(&settled);
    change(&f, "ALTER TABLE elsewhere RENAME TO allocation");
    is_int(in_state(&f, ALLOCATION_QUEUED), 2, "it is queued as before");

    is_int(submit_give_back(&submit, NULL, &f.err), 0, "what can be read is given back");
    is_int(in_state(&f, ALLOCATION_CANCELED), 2, "and canceled");
    w = queued(&f, "b");
    is_int(settle(f.store, w, &settled, &f.err), 0, "and settled");
    settled_fini(&settled);
    is_int(in_state(&f, ALLOCATION_ENDED), 2, "which ended, as Slurm does not know it");
    fixture_close(&f);
    return done_testing();
}
