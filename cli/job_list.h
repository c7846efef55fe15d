// SPDX-License-Identifier: GPL-2.0-or-later
// The jobs that a command is to do something to.
#ifndef CLI_JOB_LIST_H
#define CLI_JOB_LIST_H

#include "cli/command.h"
#include "lib/store/steer.h"

struct job_list {
    int64_t workflow_id;
    int64_t *ids;
    size_t count, space;
};

// Those of TARGET (7.work1, '7.sim_*', a name of the last workflow), or, with --class, of that
// class of the workflow that is the argument (NULL: the last). ERROR_USAGE: there are none; a whole
// workflow is no target. job_list_fini is due in any case.
int job_list_find(struct job_list *list, const struct cli *cli, struct store *store,
                  struct error *err);
void job_list_fini(struct job_list *list);

// Asks torc-sbatch for the allocations that the workflow needs now, if it was ever submitted: takes
// the place of this program. 0: it was not. Closes the store.
int job_list_submit(const struct cli *cli, struct store *store, int64_t workflow_id,
                    struct error *err);

#endif
