// SPDX-License-Identifier: GPL-2.0-or-later
// Slurm takes the list of the nodes that a job keeps, and only one of nodes that it has: who has
// asked for it at the same time for another node is refused, and asks again, as after "Job update
// not available right now".
#include "lib/slurm/leave.h"

#include <stdlib.h>
#include <unistd.h>

#include "lib/base/mem.h"
#include "lib/base/program.h"
#include "lib/slurm/slurm.h"

enum { WAIT_MSEC = 10 * 1000, TRIES = 3 };

static int keep(int64_t job_id, const char *nodes, struct error *err)
{
    cleanup_free char *job = xasprintf("JobId=%lld", (long long)job_id),
                      *list = xasprintf("NodeList=%s", nodes);
    const char *const argv[] = {"scontrol", "update", job, list, NULL};
    struct program_result result;
    if (slurm_command(argv, WAIT_MSEC, &result, err))
        return -1;
    int rc = result.exit_code || result.timed_out
                 ? error_set(err, ERROR_UNREACHABLE, 0, "scontrol update %s %s: %s", job, list,
                             result.timed_out ? "no answer" : result.err)
                 : 0;
    program_result_fini(&result);
    return rc;
}

int slurm_leave_node(int64_t job_id, const char *node, struct error *err)
{
    if (chdir("/")) // scontrol writes scripts for a shell of the job into the folder it is in
        return error_set(err, ERROR_INTERNAL, 0, "cannot change to /");
    for (int i = 0;; i++) {
        char *others = NULL;
        if (slurm_job_other_nodes(job_id, node, &others, err))
            return -1;
        int rc = keep(job_id, others, err);
        free(others);
        if (!rc || i == TRIES)
            return rc;
        sleep(1);
    }
}
