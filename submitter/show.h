// SPDX-License-Identifier: GPL-2.0-or-later
// What torc-sbatch prints: the plan and the scripts, and what was submitted; for people and as
// JSON.
#ifndef SUBMITTER_SHOW_H
#define SUBMITTER_SHOW_H

#include "submitter/prepare.h"

// --dry-run.
void show_plan(const struct prepared *prepared, bool explain);
void show_plan_json(const struct prepared *prepared);

// After submission: workflow, Slurm jobs, what comes later, what to type next. db NULL: the default
// one.
void show_submitted(const struct prepared *prepared, int64_t workflow_id,
                    const struct submitted_list *done);
void show_submitted_json(int64_t workflow_id, const struct submitted_list *done);

// What sbatch itself said, and what was refused, on stderr.
void show_complaints(const struct submitted_list *done);

#endif
