// SPDX-License-Identifier: GPL-2.0-or-later
// Plays a case: a database, files in a folder, a runner that does what real ones do but for the
// processes. Remembers in plain texts what each job read and wrote.
#ifndef TESTS_UNIT_RESTART_WORLD_H
#define TESTS_UNIT_RESTART_WORLD_H

#include <sqlite3.h>

#include "lib/restart/restart.h"
#include "tests/unit/restart_case.h"

struct job_memory {
    enum job_state state;
    int runs;
    enum attempt_reason reason; // of its last run
    bool left; // an earlier restart decided that it writes what is missing, and it has not yet
    // when it last completed
    content read[FILES_MOST], read_data[DATA_MOST], wrote[FILES_MOST], set[DATA_MOST];
};

struct world {
    const struct oracle_case *c;         // &now
    struct oracle_case plan, now, filed; // with absent jobs; as the file is; as torc has it
    char folder[80], files_folder[96], database[96];
    int files_fd;
    struct store *store, *creator; // creating expires the statements of its connection
    sqlite3 *db;                   // a connection of its own
    sqlite3_stmt *statements[16];
    const char *texts[16];
    int64_t workflow_id;
    struct job_memory jobs[JOBS_MOST];
    int ran[JOBS_MOST]; // how often, in this round
    int ended, entries;
    bool stopped;                 // jobs are left to run
    int64_t again, maybe, hashed; // of the last world_restart or world_look
    bool more[JOBS_MOST];         // got more by it
    char problem[300];            // the first thing that went wrong; "": nothing
};

void world_problem(struct world *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

void world_open(struct world *w);
void world_close(struct world *w);

void world_create(struct world *w, const struct oracle_case *c); // with its sources; no job has run
void world_delete(struct world *w);

void world_edit(struct world *w, const struct edit *edit);
void world_take_file(struct world *w); // when it has been edited
void world_restart(struct world *w, const struct round *round);
void world_look(struct world *w); // what a restart would do
void world_run(struct world *w, const struct round *round);

void world_files(struct world *w, content *files); // as they are now
void world_data(struct world *w, content *data);
void world_set(struct world *w, int d, const char *value); // user data, as `torc data set` does
void world_states(struct world *w); // reads the jobs' states; and checks what must always hold

#endif
