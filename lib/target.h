// SPDX-License-Identifier: GPL-2.0-or-later
// What the user points at: a database, a workflow in it, jobs of a workflow.
#ifndef LIB_TARGET_H
#define LIB_TARGET_H

#include "lib/store_read.h"

/* Opens the database that `option` (--db), $TORC_DB or "torc.db" names; when there is none, says what to do. */
struct store *target_open(const char *option, enum store_mode mode, struct error *err);

/* The workflow `text` names: its id, or its name (the last one of that name); NULL: the last of the database. reply holds it
 * alone, and is the caller's to fini. */
int target_workflow(struct store *store, const char *text, struct read_reply *reply, struct error *err);

struct target {
    struct read_reply reply; /* of the workflow */
    const struct workflow_info *workflow;
    char *job_glob;          /* NULL: the workflow as a whole */
};

/* `7` (a workflow), `7.work1` and `7.sim_*` (its jobs), `work1` (of the last workflow). That there is such a job is checked. */
int target_parse(struct store *store, const char *text, struct target *target, struct error *err);
void target_fini(struct target *target);

/* A path as the workflow has it, made absolute: relative ones start in its folder. The caller's to free. */
char *target_path(const struct workflow_info *workflow, const char *path);

/* Calls `each` for every row of `request` (whose after_id is moved on), page by page; row points into an array of the
 * reply's union. Stops early with -1 when `each` gives that. */
typedef int target_each(void *context, const struct read_reply *reply, uint32_t index, struct error *err);
int target_read(struct store *store, struct read_request request, target_each *each, void *context, struct error *err);

/* The newest attempt of the job, in *attempt (all pages of it in reply, the caller's to fini); NULL when it never started. */
int target_last_attempt(struct store *store, const struct job_info *job, int64_t workflow_id, struct read_reply *reply,
                        const struct attempt_info **attempt, struct error *err);

#endif
