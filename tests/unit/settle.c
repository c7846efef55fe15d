// SPDX-License-Identifier: GPL-2.0-or-later
// What was submitted, and a database that cannot be read just then, or a Slurm that says one thing
// and then another: nothing is given back or written off by guess.
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

// squeue answers `first` when it is asked for the first time, then `later`; \n between lines.
static void fake_queue(const struct fixture *f, const char *first, const char *later)
{
    cleanup_free char *text =
        xasprintf("if [ -e %s/asked ]; then printf '%s'; else printf '%s'; fi; : > %s/asked",
                  f->folder, later, first, f->folder);
    cleanup_free char *asked = xasprintf("%s/asked", f->folder);
    unlink(asked);
    fake(f, "squeue", text);
}

// An answer that is not confirmed changes nothing; what Slurm says twice is so.
static void test_twice(struct fixture *f)
{
    static const char *const others[] = {"",
                                         "H",
                                         "H\\n",
                                         "H\\n9|N/A|COMPLETED|None|c\\n",
                                         "H\\n7|N/A|CANCELLED|None|c\\n",
                                         "H\\n7|N/A|RUNN",
                                         "H\\n7|N/A|NONSENSE|None|c\\n"};
    struct settled settled;
    int64_t w = queued(f, "c");
    fake(f, "slurm-query", "echo '{\"job_id\": 7, \"state\": \"PENDING\"}'");
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        fake_queue(f, others[i], "H\\n7|N/A|PENDING|None|c\\n");
        is_int(settle(f->store, w, &settled, &f->err), 0, others[i]);
        ok(settled.alive && !settled.canceled, "it lives");
    }
    fake_queue(f, "H\\n7|N/A|COMPLETED|None|c\\n", "H\\n7|N/A|CANCELLED|None|c\\n");
    is_int(settle(f->store, w, &settled, &f->err), 0, "asked twice, and other things are said");
    ok(settled.alive && !settled.canceled, "it lives");
    is_int(fixture_number(f, "SELECT slurm_job_id FROM submission WHERE tag = 'c'"), 7, "as job 7");
    is_int(in_state(f, ALLOCATION_QUEUED), 2, "and is queued");
    fake(f, "squeue", "printf 'H\\n17|N/A|PENDING|None|c\\n'");
    is_int(settle(f->store, w, &settled, &f->err), 0, "Slurm says twice that it is another job");
    is_int(fixture_number(f, "SELECT slurm_job_id FROM submission WHERE tag = 'c'"), 17, "it is");

    struct submit submit = {.store = f->store, .workflow_id = w};
    is_int(submit_give_back(&submit, NULL, &f->err), -1,
           "scancel says nothing, and it waits still");
    is_int(in_state(f, ALLOCATION_QUEUED), 2, "so it is queued");
    fake_queue(f, "H\\n17|N/A|PENDING|None|c\\n", "H\\n17|N/A|CANCELLED|None|c\\n");
    f->err = (struct error){0};
    is_int(submit_give_back(&submit, NULL, &f->err), 0, "scancel is asked twice");
    is_int(in_state(f, ALLOCATION_QUEUED), 0, "and has canceled it then");
}

// A submission without an answer: Slurm has it not.
static void test_heal(struct fixture *f)
{
    int64_t w = fixture_workflow(f, "a\n");
    struct submit submit = {.store = f->store, .workflow_id = w};
    struct arena *arena = arena_create();
    struct submission rows[2];
    int wait_secs;
    fake(f, "squeue", "echo HEADER");
    setenv("TORC_SLURM_PATIENCE", "180", 1); // of whose length it is how long sbatch may be away
    for (int i = 0; i < 2; i++) {
        rows[i] = (struct submission){.tag = i ? "e" : "d",
                                      .arguments = "[\"--job-name=n\"]",
                                      .script = "s",
                                      .allocations = 1};
        is_int(store_submissions_create(f->store, w, &rows[i], 1, true, arena, &f->err), 0, "made");
    }
    store_submission_answered(f->store, rows[0].id, 0, NULL, &f->err);
    is_int(submit_heal(&submit, &wait_secs, &f->err), 0, "looked for");
    is_int(fixture_number(f, "SELECT state FROM submission WHERE tag = 'd'"), ALLOCATION_CANCELED,
           "one whose sbatch has ended never was");
    is_int(fixture_number(f, "SELECT state FROM submission WHERE tag = 'e'"), ALLOCATION_PLANNED,
           "that of another may be on its way");
    ok(wait_secs > 0, "for a while");
    change(f, "UPDATE submission SET created_usec = created_usec - 301000000");
    is_int(submit_heal(&submit, &wait_secs, &f->err), 0, "looked for later");
    is_int(fixture_number(f, "SELECT state FROM submission WHERE tag = 'e'"), ALLOCATION_CANCELED,
           "it never was");
    is_int(wait_secs, 0, "and all is known");
    setenv("TORC_SLURM_PATIENCE", "1", 1);
    arena_destroy(arena);
}

int main(void)
{
    struct fixture f;
    struct settled settled;
    fixture_open(&f);
    setenv("PATH", f.folder, 1);
    cleanup_free char *query = xasprintf("%s/slurm-query", f.folder);
    setenv("TORC_SLURM_QUERY", query, 1);
    setenv("TORC_SLURM_PATIENCE", "1", 1);
    fake(&f, "scancel", "exit 0");
    fake(&f, "squeue", "echo HEADER");
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
    change(&f, "ALTER TABLE elsewhere RENAME TO allocation");
    is_int(in_state(&f, ALLOCATION_QUEUED), 2, "it is queued as before");

    is_int(submit_give_back(&submit, NULL, &f.err), 0, "what can be read is given back");
    is_int(in_state(&f, ALLOCATION_CANCELED), 2, "and canceled");
    w = queued(&f, "b");
    is_int(settle(f.store, w, &settled, &f.err), 0, "and settled");
    is_int(in_state(&f, ALLOCATION_ENDED), 2, "which ended, as Slurm does not know it");
    test_twice(&f);
    test_heal(&f);
    fixture_close(&f);
    return done_testing();
}
