// SPDX-License-Identifier: GPL-2.0-or-later
// What torc graph and torc plan look at: a workflow file, or a workflow of the database in the same
// form.
#ifndef CLI_SUBJECT_H
#define CLI_SUBJECT_H

#include "cli/command.h"
#include "lib/workflow/more.h"

struct subject {
    struct workflow workflow; // from the database: without settings, commands and specs; a barrier
                              // has no class
    uint8_t *states;          // of the jobs (enum job_state); NULL: a file
    int64_t id;               // 0: a file
    char *folder;             // relative paths start here
    struct store *store;      // NULL: a file
    struct read_reply info;   // of the database: the workflow's row
};

// The command's argument: "-" or a file that is there; an id or a name of the database; NULL: its
// last workflow. What is wrong with a file is printed. On success subject_fini is due.
int subject_open(struct subject *subject, const struct cli *cli, struct error *err);
void subject_fini(struct subject *subject);

// The same of the database, with the classes alone. Then the rest of it, or (cli/subject_named.c)
// what a text may mean by these names, of which jobs have nothing but theirs: what has them, whose
// path may be one of the paths, and who writes and reads that, with the values of data; or, where
// one of them is not there, all, without values, and gives 1.
int subject_open_bare(struct subject *subject, const struct cli *cli, struct error *err);
int subject_read_all(struct subject *subject, struct error *err);
int subject_read_named(struct subject *subject, const struct workflow_names *names,
                       struct error *err);

// Is this row a job of the user's, not a barrier?
bool subject_is_job(const struct subject *subject, size_t job);
size_t subject_count_jobs(const struct subject *subject);

#endif
