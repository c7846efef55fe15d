// SPDX-License-Identifier: GPL-2.0-or-later
// Which jobs a restart runs again, and why: for people, and as JSON.
#ifndef LIB_SHOW_RESTART_TABLE_H
#define LIB_SHOW_RESTART_TABLE_H

#include "lib/restart/restart.h"
#include "lib/show/screen.h"

// The table and a line that counts; dry_run: nothing is done, and all jobs are listed.
void restart_print(const struct screen *screen, const struct restart *restart, bool dry_run);

// {"workflow_id", "run_id", "dry_run", "jobs": [{"name", "reason"}], "if_changed": [the same],
// "removed": [names],
// "escalated": [{"class", "to", "jobs", "memory_bytes", "runtime_s", "capped"}]}; run_id: of the
// new run.
void restart_print_json(const struct restart *restart, bool dry_run, int32_t run_id);

#endif
