// SPDX-License-Identifier: GPL-2.0-or-later
// What sqlite*.c provide to the table of store.c, with the contracts of ops.h.
#ifndef LIB_STORE_SQLITE_CALLS_H
#define LIB_STORE_SQLITE_CALLS_H

#include "lib/store/ops.h"

// By file: sqlite_create.c, _enter.c, _run.c, _demand.c, _plan.c, _read.c, _data.c.
int sqlite_create_workflow(void *impl, const struct workflow *, const struct workflow_origin *,
                           int64_t *, struct error *);
int sqlite_delete_workflow(void *impl, int64_t workflow_id, struct error *err);
int sqlite_enter(void *impl, const struct runner_entry *, struct runner_grant *, struct error *);
int sqlite_runner_lost(void *impl, int64_t workflow_id, int64_t runner_id, int64_t silent_usec,
                       bool *declared, struct error *);
int sqlite_sync(void *impl, const struct sync_request *, struct sync_reply *, struct error *);
int sqlite_demand(void *impl, int64_t workflow_id, struct demand *, struct error *);
int sqlite_submissions_create(void *impl, int64_t workflow_id, struct submission *, uint32_t, bool,
                              struct arena *, struct error *);
int sqlite_submission_answered(void *impl, int64_t id, int64_t slurm_job_id, const char *error,
                               struct error *);
int sqlite_allocations_over(void *impl, int64_t id, const int64_t *ids, uint32_t count,
                            enum allocation_state state, const char *why, struct error *);
int sqlite_submissions(void *impl, int64_t workflow_id, struct submissions *, struct error *);
int sqlite_read(void *impl, const struct read_request *, struct read_reply *, struct error *);
int sqlite_data(void *impl, const struct data_request *, struct data_reply *, struct error *);
int sqlite_restart_facts(void *impl, int64_t workflow_id, struct restart_facts *, struct error *);
int sqlite_restart(void *impl, const struct restart_request *, struct restart_reply *,
                   struct error *);
int sqlite_amend(void *impl, const struct restart_request *, const struct amend_had *,
                 const struct workflow *, const struct workflow_origin *, struct restart_reply *,
                 struct error *);
int sqlite_spawn_base(void *impl, int64_t workflow_id, struct spawn_base *, struct error *);
int sqlite_spawn(void *impl, const struct spawn_request *, const struct workflow *,
                 struct spawn_reply *, struct error *);
int sqlite_steer(void *impl, const struct steer_request *, struct steer_reply *, struct error *);
int sqlite_update_class(void *impl, const struct class_update *, int64_t *jobs, struct error *);
int sqlite_cancel(void *impl, int64_t workflow_id, struct submissions *, struct error *);

#endif
