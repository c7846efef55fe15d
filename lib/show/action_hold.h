// SPDX-License-Identifier: GPL-2.0-or-later
// What ready jobs wait for that wait for an action: its commands, or the allocations that it asks
// for. Texts are the caller's to free.
#ifndef LIB_SHOW_ACTION_HOLD_H
#define LIB_SHOW_ACTION_HOLD_H

#include "lib/store/read.h"

struct action_holds;

// Reads the actions of the workflow; NULL: it failed.
struct action_holds *action_holds_create(struct store *store, int64_t workflow_id,
                                         struct error *err);
void action_holds_destroy(struct action_holds *holds);

// The commands that end before the runner starts a job: "the commands of action 1
// (on_workflow_start), which nid01 has run since 2026-11-28 07:55:12"; NULL: none.
char *action_holds_runner(const struct action_holds *holds, int64_t runner_id);

// Of jobs that the action at this position covers (0: none does) why its allocations have not been
// asked for: "its allocations are those of action 3 (on_jobs_complete), which waits for …"; NULL:
// they have, or are not needed.
char *action_holds_class(const struct action_holds *holds, int32_t position);

#endif
