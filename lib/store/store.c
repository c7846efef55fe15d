// SPDX-License-Identifier: GPL-2.0-or-later
// Hands every call to the implementation that `where` names. Addresses of a server are known,
// though there is none yet, so that they are refused and do not become names of files.
#include "lib/store/store.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/mem.h"
#include "lib/store/row_codec.h"
#include "lib/store/share.h"

struct store {
    const struct store_ops *ops;
    void *impl;
    char *where; // absolute
};

static const struct {
    const char *prefix;
    const struct store_ops *ops; // NULL: not in this version
} doors[] = {
    {"http://", NULL},
    {"https://", NULL},
    {"unix:", NULL},
    {"", &store_sqlite_ops},
};

struct store *store_open(const char *where, enum store_mode mode, struct error *err)
{
    const struct store_ops *ops = NULL;
    for (size_t i = 0; i < sizeof doors / sizeof *doors; i++) {
        if (!strncmp(where, doors[i].prefix, strlen(doors[i].prefix))) {
            ops = doors[i].ops;
            break;
        }
    }
    if (!ops) {
        error_set(err, ERROR_USAGE, 0,
                  "database %s: this version opens files only; give the path of one", where);
        return NULL;
    }
    const char *loop = getenv("TORC_STORE_CODEC");
    if (loop && !strcmp(loop, "1"))
        ops = &store_loop_ops;
    void *impl = ops->open(where, mode, err);
    if (!impl)
        return NULL;
    struct store *store = xcalloc(1, sizeof *store);
    char *path = realpath(where, NULL);
    *store = (struct store){.ops = ops, .impl = impl, .where = path ? path : xstrdup(where)};
    return store;
}

void store_close(struct store *store)
{
    if (!store)
        return;
    store->ops->close(store->impl);
    free(store->where);
    free(store);
}

const char *store_where(const char *option)
{
    const char *environment = getenv("TORC_DB");
    return option ? option : environment && *environment ? environment : "torc.db";
}

void store_set_patience(struct store *store, int64_t usec)
{
    store->ops->set_patience(store->impl, usec);
}

int store_may_change(struct store *store, int64_t workflow_id, struct error *err)
{
    struct read_request request = {.what = READ_WORKFLOWS, .workflow_id = workflow_id};
    struct read_reply reply;
    struct error missing;
    if (!share_is_shared(store->where) || store_read(store, &request, &reply, &missing))
        return 0; // what it is asked for says so itself
    int rc = reply.count ? share_check_access(reply.workflows, err) : 0;
    read_reply_fini(&reply);
    return rc;
}

int store_change(struct store *store, int64_t *change, struct error *err)
{
    return store->ops->change(store->impl, change, err);
}

int store_create_workflow(struct store *store, const struct workflow *workflow,
                          const struct workflow_origin *origin, int64_t *workflow_id,
                          struct error *err)
{
    return store->ops->create_workflow(store->impl, workflow, origin, workflow_id, err);
}

int store_delete_workflow(struct store *store, int64_t workflow_id, struct error *err)
{
    return store_may_change(store, workflow_id, err)
               ? -1
               : store->ops->delete_workflow(store->impl, workflow_id, err);
}

int store_enter(struct store *store, const struct runner_entry *entry, struct runner_grant *grant,
                struct error *err)
{
    *grant = (struct runner_grant){.arena = arena_create()};
    int rc = store_may_change(store, entry->workflow_id, err)
                 ? -1
                 : store->ops->enter(store->impl, entry, grant, err);
    if (rc)
        runner_grant_fini(grant);
    return rc;
}

int store_runner_lost(struct store *store, int64_t workflow_id, int64_t runner_id,
                      int64_t silent_usec, bool *declared, struct error *err)
{
    return store->ops->runner_lost(store->impl, workflow_id, runner_id, silent_usec, declared, err);
}

int store_sync(struct store *store, const struct sync_request *request, struct sync_reply *reply,
               struct error *err)
{
    *reply = (struct sync_reply){.arena = arena_create()};
    int rc = store->ops->sync(store->impl, request, reply, err);
    if (rc)
        sync_reply_fini(reply);
    return rc;
}

int store_restart_facts(struct store *store, int64_t workflow_id, struct restart_facts *facts,
                        struct error *err)
{
    *facts = (struct restart_facts){.arena = arena_create()};
    int rc = store->ops->restart_facts(store->impl, workflow_id, facts, err);
    if (rc)
        restart_facts_fini(facts);
    return rc;
}

void restart_facts_fini(struct restart_facts *facts)
{
    arena_destroy(facts->arena);
    *facts = (struct restart_facts){0};
}

int store_restart(struct store *store, const struct restart_request *request,
                  struct restart_reply *reply, struct error *err)
{
    *reply = (struct restart_reply){0};
    return store_may_change(store, request->workflow_id, err)
               ? -1
               : store->ops->restart(store->impl, request, reply, err);
}

int store_amend(struct store *store, const struct restart_request *request,
                const struct amend_had *had, const struct workflow *workflow,
                const struct workflow_origin *origin, struct restart_reply *reply,
                struct error *err)
{
    *reply = (struct restart_reply){0};
    return store_may_change(store, request->workflow_id, err)
               ? -1
               : store->ops->amend(store->impl, request, had, workflow, origin, reply, err);
}

int store_steer(struct store *store, const struct steer_request *request, struct steer_reply *reply,
                struct error *err)
{
    *reply = (struct steer_reply){0};
    return store_may_change(store, request->workflow_id, err)
               ? -1
               : store->ops->steer(store->impl, request, reply, err);
}

int store_update_class(struct store *store, const struct class_update *update, int64_t *jobs,
                       struct error *err)
{
    return store_may_change(store, update->workflow_id, err)
               ? -1
               : store->ops->update_class(store->impl, update, jobs, err);
}

int store_demand(struct store *store, int64_t workflow_id, struct demand *demand, struct error *err)
{
    *demand = (struct demand){.arena = arena_create()};
    int rc = store->ops->demand(store->impl, workflow_id, demand, err);
    if (rc)
        demand_fini(demand);
    return rc;
}

int store_submissions_create(struct store *store, int64_t workflow_id, struct submission *list,
                             uint32_t count, bool force, struct arena *arena, struct error *err)
{
    return store_may_change(store, workflow_id, err)
               ? -1
               : store->ops->submissions_create(store->impl, workflow_id, list, count, force, arena,
                                                err);
}

int store_submission_answered(struct store *store, int64_t submission_id, int64_t slurm_job_id,
                              const char *error, struct error *err)
{
    return store->ops->submission_answered(store->impl, submission_id, slurm_job_id, error, err);
}

int store_allocations_over(struct store *store, int64_t submission_id, const int64_t *ids,
                           uint32_t count, enum allocation_state state, const char *why,
                           struct error *err)
{
    return store->ops->allocations_over(store->impl, submission_id, ids, count, state, why, err);
}

int store_submissions(struct store *store, int64_t workflow_id, struct submissions *submissions,
                      struct error *err)
{
    *submissions = (struct submissions){.arena = arena_create()};
    int rc = store->ops->submissions(store->impl, workflow_id, submissions, err);
    if (rc)
        submissions_fini(submissions);
    return rc;
}

int store_read(struct store *store, const struct read_request *request, struct read_reply *reply,
               struct error *err)
{
    *reply = (struct read_reply){.arena = arena_create()};
    int rc = store->ops->read(store->impl, request, reply, err);
    if (rc)
        read_reply_fini(reply);
    return rc;
}

int store_data(struct store *store, const struct data_request *request, struct data_reply *reply,
               struct error *err)
{
    *reply = (struct data_reply){.arena = arena_create()};
    bool writes = false;
    for (uint32_t i = 0; !request->runner_id && i < request->changes_count; i++)
        writes |= request->changes[i].op == DATA_SET || request->changes[i].op == DATA_POST;
    int rc = writes && store_may_change(store, request->workflow_id, err)
                 ? -1
                 : store->ops->data(store->impl, request, reply, err);
    if (rc)
        data_reply_fini(reply);
    return rc;
}

int store_spawn_base(struct store *store, int64_t workflow_id, struct spawn_base *base,
                     struct error *err)
{
    *base = (struct spawn_base){.arena = arena_create()};
    int rc = store->ops->spawn_base(store->impl, workflow_id, base, err);
    if (rc)
        spawn_base_fini(base);
    return rc;
}

void spawn_base_fini(struct spawn_base *base)
{
    arena_destroy(base->arena);
    *base = (struct spawn_base){0};
}

int store_spawn(struct store *store, const struct spawn_request *request,
                const struct workflow *workflow, struct spawn_reply *reply, struct error *err)
{
    *reply = (struct spawn_reply){0};
    return store->ops->spawn(store->impl, request, workflow, reply, err);
}

int store_cancel(struct store *store, int64_t workflow_id, struct submissions *to_cancel,
                 struct error *err)
{
    *to_cancel = (struct submissions){.arena = arena_create()};
    int rc = store_may_change(store, workflow_id, err)
                 ? -1
                 : store->ops->cancel(store->impl, workflow_id, to_cancel, err);
    if (rc)
        submissions_fini(to_cancel);
    return rc;
}

void runner_grant_fini(struct runner_grant *grant)
{
    arena_destroy(grant->arena);
    *grant = (struct runner_grant){0};
}

void sync_reply_fini(struct sync_reply *reply)
{
    arena_destroy(reply->arena);
    *reply = (struct sync_reply){0};
}

void submissions_fini(struct submissions *submissions)
{
    arena_destroy(submissions->arena);
    *submissions = (struct submissions){0};
}

void data_reply_fini(struct data_reply *reply)
{
    arena_destroy(reply->arena);
    *reply = (struct data_reply){0};
}

void read_reply_fini(struct read_reply *reply)
{
    arena_destroy(reply->arena);
    *reply = (struct read_reply){0};
}
