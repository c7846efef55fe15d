// SPDX-License-Identifier: GPL-2.0-or-later
// A restart with a changed file.
#ifndef LIB_STORE_AMEND_H
#define LIB_STORE_AMEND_H

#include "lib/store/create.h"
#include "lib/store/restart.h"

// As store_restart, and the workflow becomes `workflow`, its jobs and data matched by name,
// its files by path. In the request jobs, maybe and seen.file_id are indices into its lists. had:
// what is kept of what its jobs have seen, a file_seen per workflow->job_files (size UNKNOWN: none)
// and a hash per workflow->job_data (or UNKNOWN). Jobs that are not in it any more are deleted,
// with their attempts. ERROR_USAGE too: a job that is running was changed or removed.
struct amend_had {
    const struct file_seen *files;
    const int64_t *data;
    uint32_t files_count, data_count;
};
int store_amend(struct store *store, const struct restart_request *request,
                const struct amend_had *had, const struct workflow *workflow,
                const struct workflow_origin *origin, struct restart_reply *reply,
                struct error *err);

#endif
