// SPDX-License-Identifier: GPL-2.0-or-later
// Actions for people: what they do, when, what they wait for and how they ended.
#ifndef LIB_SHOW_ACTION_H
#define LIB_SHOW_ACTION_H

#include "lib/show/json_stream.h"
#include "lib/show/table.h"
#include "lib/store/read.h"
#include "lib/workflow/workflow.h"

// What it waits for, or how it ended; NULL: nothing to say. The caller's to free.
char *action_why(const struct action_info *action);

// Its table; with the file's only, what they do and when. A row of it.
struct table *action_table_create(const struct screen *screen, enum table_style style, bool file);
void action_table_row(struct table *table, const struct action_info *action, bool file);

// All of them after an empty line; nothing, if there are none.
int action_show_all(const struct screen *screen, struct store *store, int64_t workflow_id,
                    struct error *err);
// The same of a file that is in no database.
void action_show_file(const struct screen *screen, const struct workflow *workflow);

json_t *action_json(const struct action_info *action);

#endif
