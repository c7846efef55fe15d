// SPDX-License-Identifier: GPL-2.0-or-later
// All stages of a workflow at once, for where nobody may submit them later: what each stage needs
// by itself, in allocations that begin when those of the stage before have ended. Pure.
#ifndef LIB_PLAN_UPFRONT_H
#define LIB_PLAN_UPFRONT_H

#include "lib/plan/plan.h"

enum { UPFRONT_STAGES_MOST = 100 }; // each is a request to Slurm, or several

// Like plan_make, with the groups in the order of their stages, all of them `now`. The classes are
// found in the workflow by their names. *stages: how many the workflow has; of those past
// UPFRONT_STAGES_MOST nothing is planned. plan_fini is due.
void plan_upfront(struct plan *plan, const struct plan_request *request,
                  const struct workflow *workflow, uint32_t *stages);

#endif
