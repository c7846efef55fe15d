// SPDX-License-Identifier: GPL-2.0-or-later
// Demand, and the submissions that meet it.
#include "lib/mem.h"
#include "lib/store_sqlite.h"

int sqlite_demand(void *impl, int64_t workflow_id, struct demand *demand, struct error *err)
{
    (void)impl; (void)workflow_id; (void)demand;
    return error_set(err, ERROR_INTERNAL, 0, "not built yet");
}

int tx_demand_due(struct tx *tx, bool *due, struct error *err)
{
    (void)tx; (void)err;
    *due = false;
    return 0;
}

int sqlite_submissions_create(void *impl, int64_t workflow_id, struct submission *list, uint32_t count, bool force,
                              struct arena *arena, struct error *err)
{
    (void)impl; (void)workflow_id; (void)list; (void)count; (void)force; (void)arena;
    return error_set(err, ERROR_INTERNAL, 0, "not built yet");
}

int sqlite_submission_answered(void *impl, int64_t id, int64_t slurm_job_id, const char *error, struct error *err)
{
    (void)impl; (void)id; (void)slurm_job_id; (void)error;
    return error_set(err, ERROR_INTERNAL, 0, "not built yet");
}

int sqlite_submissions(void *impl, int64_t workflow_id, struct submissions *submissions, struct error *err)
{
    (void)impl; (void)workflow_id; (void)submissions;
    return error_set(err, ERROR_INTERNAL, 0, "not built yet");
}
