// SPDX-License-Identifier: GPL-2.0-or-later
// The facts of a workflow, as they are when a changed file takes its place: jobs and data are the
// same when their names are, files when their paths are. Pure.
#ifndef LIB_RESTART_AMEND_H
#define LIB_RESTART_AMEND_H

#include "lib/store/amend.h"
#include "lib/workflow/workflow.h"

struct amendment {
    struct restart_facts facts; // in the order of the new workflow, with what its jobs had; ids 0
    bool *edited, *added;       // by job of the new workflow: it changed, it is new
    struct amend_had had;       // for store_amend
    struct file_seen *had_files;
    int64_t *had_data;
    const char **removed; // names of jobs that are no more, in the order of the old
    uint32_t removed_count;
};

// old stays the caller's, and must live as long.
void amendment_make(struct amendment *amendment, const struct restart_facts *old,
                    const struct workflow *workflow);
void amendment_fini(struct amendment *amendment);

#endif
