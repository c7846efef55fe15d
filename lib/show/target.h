// SPDX-License-Identifier: GPL-2.0-or-later
// What the user points at: a database, a workflow in it, jobs of a workflow.
#ifndef LIB_SHOW_TARGET_H
#define LIB_SHOW_TARGET_H

#include "lib/store/read.h"

// Opens the database that `option` (--db), $TORC_DB or "torc.db" names; when there is none, says
// what to do.
struct store *target_open(const char *option, enum store_mode mode, struct error *err);

// The workflow `text` names: its id, or its name (the last one of that name); NULL: the last of the
// database. reply holds it alone, and is the caller's to fini.
int target_workflow(struct store *store, const char *text, struct read_reply *reply,
                    struct error *err);

// Inside a job, and without --db: its own workflow; else NULL.
const char *target_own(const char *option);

struct target {
    struct read_reply reply; // of the workflow
    const struct workflow_info *workflow;
    char *job_glob; // NULL: the workflow as a whole
};

// `7` (a workflow), `7.work1` and `7.sim_*` (its jobs), `work1` (of the workflow `own`; NULL: the
// last one). That there is such a job is checked.
int target_parse(struct store *store, const char *text, const char *own, struct target *target,
                 struct error *err);
void target_fini(struct target *target);

// A path as the workflow has it, made absolute: relative ones start in its folder. The caller's to
// free.
char *target_path(const struct workflow_info *workflow, const char *path);

#endif
