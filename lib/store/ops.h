// SPDX-License-Identifier: GPL-2.0-or-later
// What an implementation of the store provides: one function per call of store.h, create.h, run.h,
// plan.h, read.h and data.h, with the same contract. store.c hands every call over to one of these
// tables.
#ifndef LIB_STORE_OPS_H
#define LIB_STORE_OPS_H

#include "lib/store/amend.h"
#include "lib/store/create.h"
#include "lib/store/data.h"
#include "lib/store/plan.h"
#include "lib/store/read.h"
#include "lib/store/restart.h"
#include "lib/store/run.h"
#include "lib/store/spawn.h"
#include "lib/store/steer.h"

struct store_ops {
    void *(*open)(const char *where, enum store_mode mode, struct error *err);
    void (*close)(void *impl);
    void (*set_patience)(void *impl, int64_t usec);
    int (*change)(void *impl, int64_t *change, struct error *err);
    int (*create_workflow)(void *impl, const struct workflow *, const struct workflow_origin *,
                           int64_t *, struct error *);
    int (*delete_workflow)(void *impl, int64_t workflow_id, struct error *err);
    int (*enter)(void *impl, const struct runner_entry *, struct runner_grant *, struct error *);
    int (*runner_lost)(void *impl, int64_t workflow_id, int64_t runner_id, int64_t silent_usec,
                       bool *declared, struct error *);
    int (*sync)(void *impl, const struct sync_request *, struct sync_reply *, struct error *);
    int (*demand)(void *impl, int64_t workflow_id, struct demand *, struct error *);
    int (*submissions_create)(void *impl, int64_t workflow_id, struct submission *, uint32_t count,
                              bool force, struct arena *, struct error *);
    int (*submission_answered)(void *impl, int64_t id, int64_t slurm_job_id, const char *error,
                               struct error *);
    int (*allocations_over)(void *impl, int64_t id, const int64_t *ids, uint32_t count,
                            enum allocation_state state, const char *why, struct error *);
    int (*submissions)(void *impl, int64_t workflow_id, struct submissions *, struct error *);
    int (*read)(void *impl, const struct read_request *, struct read_reply *, struct error *);
    int (*data)(void *impl, const struct data_request *, struct data_reply *, struct error *);
    int (*restart_facts)(void *impl, int64_t workflow_id, struct restart_facts *, struct error *);
    int (*restart)(void *impl, const struct restart_request *, struct restart_reply *,
                   struct error *);
    int (*amend)(void *impl, const struct restart_request *, const struct amend_had *,
                 const struct workflow *, const struct workflow_origin *, struct restart_reply *,
                 struct error *);
    int (*spawn_base)(void *impl, int64_t workflow_id, struct spawn_base *, struct error *);
    int (*spawn)(void *impl, const struct spawn_request *, const struct workflow *,
                 struct spawn_reply *, struct error *);
    int (*steer)(void *impl, const struct steer_request *, struct steer_reply *, struct error *);
    int (*update_class)(void *impl, const struct class_update *, int64_t *jobs, struct error *);
    int (*cancel)(void *impl, int64_t workflow_id, struct submissions *, struct error *);
};

extern const struct store_ops store_sqlite_ops;

#endif
