// SPDX-License-Identifier: GPL-2.0-or-later
// In which order the jobs of a workflow go: stages, and the longest chain of jobs. Pure, O(jobs +
// needs).
#ifndef LIB_PLAN_STAGES_H
#define LIB_PLAN_STAGES_H

#include "lib/workflow/workflow.h"

struct stages {
    uint32_t *of_job; // by job: its stage, from 1: one more than the last of its needs; a barrier
                      // has that of its needs
    uint32_t count;
    uint32_t *path; // the critical path: jobs, first to last, without barriers
    size_t path_count;
    int64_t path_usec; // as long as the jobs on it may take: the sum of their runtimes
};

// The needs must have no circle: what a workflow_load or a database gives. stages_fini is due.
void stages_make(struct stages *stages, const struct workflow *workflow);
void stages_fini(struct stages *stages);

#endif
