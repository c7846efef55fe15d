// SPDX-License-Identifier: GPL-2.0-or-later
// From a checked plan to a workflow in the database with its allocations in Slurm.
#ifndef SUBMITTER_CREATE_H
#define SUBMITTER_CREATE_H

#include "lib/store/create.h"
#include "submitter/prepare.h"

struct created {
    int64_t workflow_id;
    struct plan_class *classes; // of the demand that was planned for
    struct demand demand;
    struct plan plan;
    struct submitted_list done;
};

// Where the workflow comes from, for the records; the texts are prepared's.
struct workflow_origin prepared_origin(const struct prepared *prepared,
                                       const struct options *options);

// Creates the workflow and submits what its ready jobs need. When Slurm takes nothing of it the
// workflow is removed again: -1, and nothing is left. created_fini is due in both cases.
int create(struct created *created, struct store *store, struct prepared *prepared,
           const struct options *options, struct error *err);
void created_fini(struct created *created);

#endif
