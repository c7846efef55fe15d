// SPDX-License-Identifier: GPL-2.0-or-later
// The groups of a plan as a table and as JSON: what torc-sbatch and torc plan both show.
#ifndef LIB_SHOW_PLAN_TABLE_H
#define LIB_SHOW_PLAN_TABLE_H

#include <jansson.h>

#include "lib/plan/plan.h"
#include "lib/show/table.h"
#include "lib/workflow/settings.h"

struct table *plan_table_create(const struct screen *screen); // table_destroy is due

// jobs and count: as the group has them, unless fewer were taken; job: "12", "12_[0-3]", "later",
// "now" or what went wrong.
void plan_table_row(struct table *table, const struct plan_group *group, int64_t jobs,
                    int32_t count, const char *job);

// How the output of jobs is kept, if it says anything: "Output: …".
void plan_show_stdio(const struct screen *screen, enum stdio_mode stdio);

// What the columns mean, and what follows when the plan is not room for all.
void plan_table_explain(const struct screen *screen, const struct plan *plan);

// What the same jobs would get with the other --pack, in a line each.
void plan_table_weigh(const struct screen *screen, const struct plan *plan,
                      const struct plan_request *request);

json_t *plan_outlook_json(const struct plan *plan);
json_t *plan_group_json(const struct plan_group *group, int32_t count);

#endif
