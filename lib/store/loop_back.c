// SPDX-License-Identifier: GPL-2.0-or-later
// A store in front of the SQLite one that turns each request and each reply into JSON text and
// back, as a server will.
#include "lib/store/row_codec.h"

#include <string.h>

#include "lib/base/mem.h"

struct loop {
    void *impl;
    struct arena *arena; // of the present request
};

static const struct store_ops *const inner = &store_sqlite_ops;

static void *loop_open(const char *where, enum store_mode mode, struct error *err)
{
    void *impl = inner->open(where, mode, err);
    if (!impl)
        return NULL;
    struct loop *loop = xcalloc(1, sizeof *loop);
    *loop = (struct loop){impl, NULL};
    return loop;
}

static void loop_close(void *impl)
{
    struct loop *loop = impl;
    inner->close(loop->impl);
    arena_destroy(loop->arena);
    free(loop);
}

// A copy of data, by way of text, in an arena.
static int pass(const struct codec_record *record, const void *data, void *copy,
                struct arena *arena, struct error *err)
{
    json_error_t where;
    json_auto_t *out = codec_encode(record, data);
    cleanup_free char *text = json_dumps(out, JSON_COMPACT);
    json_auto_t *in = text ? json_loads(text, 0, &where) : NULL;
    if (!in)
        return error_set(err, ERROR_INTERNAL, 0, "a message about the database is no JSON: %s",
                         text ? where.text : "cannot be written");
    return codec_decode(record, in, copy, arena, err);
}

static int pass_request(struct loop *loop, const struct codec_record *record, const void *data,
                        void *copy, struct error *err)
{
    arena_destroy(loop->arena);
    loop->arena = arena_create();
    return pass(record, data, copy, loop->arena, err);
}

// The reply takes the place of itself; its arena stays.
static int pass_reply(const struct codec_record *record, void *reply, struct arena **arena,
                      struct error *err)
{
    struct arena *own = *arena;
    cleanup_free void *copy = xcalloc(1, record->size);
    if (pass(record, reply, copy, own, err))
        return -1;
    memcpy(reply, copy, record->size);
    *arena = own;
    return 0;
}

static void loop_set_patience(void *impl, int64_t usec)
{
    inner->set_patience(((struct loop *)impl)->impl, usec);
}

static int loop_change(void *impl, int64_t *change, struct error *err)
{
    return inner->change(((struct loop *)impl)->impl, change, err);
}

static int loop_create(void *impl, const struct workflow *w, const struct workflow_origin *o,
                       int64_t *id, struct error *err)
{
    struct loop *loop = impl;
    struct workflow workflow;
    struct workflow_origin origin;
    if (pass_request(loop, &codec_workflow, w, &workflow, err) ||
        pass(&codec_origin, o, &origin, loop->arena, err))
        return -1;
    return inner->create_workflow(loop->impl, &workflow, &origin, id, err);
}

static int loop_delete(void *impl, int64_t workflow_id, struct error *err)
{
    return inner->delete_workflow(((struct loop *)impl)->impl, workflow_id, err);
}

static int loop_enter(void *impl, const struct runner_entry *e, struct runner_grant *grant,
                      struct error *err)
{
    struct loop *loop = impl;
    struct runner_entry entry;
    return pass_request(loop, &codec_entry, e, &entry, err) ||
                   inner->enter(loop->impl, &entry, grant, err) ||
                   pass_reply(&codec_grant, grant, &grant->arena, err)
               ? -1
               : 0;
}

static int loop_runner_lost(void *impl, int64_t workflow_id, int64_t runner_id, int64_t silent_usec,
                            bool *declared, struct error *err)
{
    return inner->runner_lost(((struct loop *)impl)->impl, workflow_id, runner_id, silent_usec,
                              declared, err);
}

static int loop_sync(void *impl, const struct sync_request *q, struct sync_reply *reply,
                     struct error *err)
{
    struct loop *loop = impl;
    struct sync_request request;
    return pass_request(loop, &codec_sync_request, q, &request, err) ||
                   inner->sync(loop->impl, &request, reply, err) ||
                   pass_reply(&codec_sync_reply, reply, &reply->arena, err)
               ? -1
               : 0;
}

static int loop_demand(void *impl, int64_t workflow_id, struct demand *demand, struct error *err)
{
    struct loop *loop = impl;
    return inner->demand(loop->impl, workflow_id, demand, err) ||
                   pass_reply(&codec_demand, demand, &demand->arena, err)
               ? -1
               : 0;
}

static int loop_submissions_create(void *impl, int64_t workflow_id, struct submission *list,
                                   uint32_t count, bool force, struct arena *arena,
                                   struct error *err)
{
    struct loop *loop = impl;
    struct submissions given = {.list = list, .count = count}, copy;
    if (pass_request(loop, &codec_submissions, &given, &copy, err) ||
        inner->submissions_create(loop->impl, workflow_id, copy.list, copy.count, force, arena,
                                  err))
        return -1;
    for (uint32_t i = 0; i < count; i++)
        if (pass(&codec_submission, &copy.list[i], &list[i], arena, err))
            return -1;
    return 0;
}

static int loop_answered(void *impl, int64_t id, int64_t slurm_job_id, const char *error,
                         struct error *err)
{
    return inner->submission_answered(((struct loop *)impl)->impl, id, slurm_job_id, error, err);
}

static int loop_over(void *impl, int64_t id, const int64_t *ids, uint32_t count,
                     enum allocation_state state, const char *why, struct error *err)
{
    return inner->allocations_over(((struct loop *)impl)->impl, id, ids, count, state, why, err);
}

static int loop_submissions(void *impl, int64_t workflow_id, struct submissions *out,
                            struct error *err)
{
    struct loop *loop = impl;
    return inner->submissions(loop->impl, workflow_id, out, err) ||
                   pass_reply(&codec_submissions, out, &out->arena, err)
               ? -1
               : 0;
}

static int loop_read(void *impl, const struct read_request *q, struct read_reply *reply,
                     struct error *err)
{
    struct loop *loop = impl;
    struct read_request request;
    return pass_request(loop, &codec_read_request, q, &request, err) ||
                   inner->read(loop->impl, &request, reply, err) ||
                   pass_reply(codec_read_replies[request.what], reply, &reply->arena, err)
               ? -1
               : 0;
}

static int loop_data(void *impl, const struct data_request *q, struct data_reply *reply,
                     struct error *err)
{
    struct loop *loop = impl;
    struct data_request request;
    return pass_request(loop, &codec_data_request, q, &request, err) ||
                   inner->data(loop->impl, &request, reply, err) ||
                   pass_reply(&codec_data_reply, reply, &reply->arena, err)
               ? -1
               : 0;
}

static int loop_restart_facts(void *impl, int64_t workflow_id, struct restart_facts *facts,
                              struct error *err)
{
    struct loop *loop = impl;
    return inner->restart_facts(loop->impl, workflow_id, facts, err) ||
                   pass_reply(&codec_restart_facts, facts, &facts->arena, err)
               ? -1
               : 0;
}

static int loop_restart(void *impl, const struct restart_request *q, struct restart_reply *reply,
                        struct error *err)
{
    struct loop *loop = impl;
    struct restart_request request;
    return pass_request(loop, &codec_restart_request, q, &request, err) ||
                   inner->restart(loop->impl, &request, reply, err)
               ? -1
               : 0;
}

static int loop_amend(void *impl, const struct restart_request *q, const struct amend_had *h,
                      const struct workflow *w, const struct workflow_origin *o,
                      struct restart_reply *reply, struct error *err)
{
    struct loop *loop = impl;
    struct restart_request request;
    struct amend_had had;
    struct workflow workflow;
    struct workflow_origin origin;
    return pass_request(loop, &codec_restart_request, q, &request, err) ||
                   pass(&codec_amend_had, h, &had, loop->arena, err) ||
                   pass(&codec_workflow, w, &workflow, loop->arena, err) ||
                   pass(&codec_origin, o, &origin, loop->arena, err) ||
                   inner->amend(loop->impl, &request, &had, &workflow, &origin, reply, err)
               ? -1
               : 0;
}

static int loop_spawn_base(void *impl, int64_t workflow_id, struct spawn_base *base,
                           struct error *err)
{
    struct loop *loop = impl;
    return inner->spawn_base(loop->impl, workflow_id, base, err) ||
                   pass_reply(&codec_spawn_base, base, &base->arena, err)
               ? -1
               : 0;
}

static int loop_spawn(void *impl, const struct spawn_request *q, const struct workflow *w,
                      struct spawn_reply *reply, struct error *err)
{
    struct loop *loop = impl;
    struct spawn_request request;
    struct workflow workflow;
    return pass_request(loop, &codec_spawn_request, q, &request, err) ||
                   pass(&codec_workflow, w, &workflow, loop->arena, err) ||
                   inner->spawn(loop->impl, &request, &workflow, reply, err)
               ? -1
               : 0;
}

static int loop_steer(void *impl, const struct steer_request *q, struct steer_reply *reply,
                      struct error *err)
{
    struct loop *loop = impl;
    struct steer_request request;
    return pass_request(loop, &codec_steer_request, q, &request, err) ||
                   inner->steer(loop->impl, &request, reply, err)
               ? -1
               : 0;
}

static int loop_update_class(void *impl, const struct class_update *u, int64_t *jobs,
                             struct error *err)
{
    struct loop *loop = impl;
    struct class_update update;
    return pass_request(loop, &codec_class_update, u, &update, err) ||
                   inner->update_class(loop->impl, &update, jobs, err)
               ? -1
               : 0;
}

static int loop_cancel(void *impl, int64_t workflow_id, struct submissions *out, struct error *err)
{
    struct loop *loop = impl;
    return inner->cancel(loop->impl, workflow_id, out, err) ||
                   pass_reply(&codec_submissions, out, &out->arena, err)
               ? -1
               : 0;
}

const struct store_ops store_loop_ops = {
    .open = loop_open,
    .close = loop_close,
    .set_patience = loop_set_patience,
    .change = loop_change,
    .create_workflow = loop_create,
    .delete_workflow = loop_delete,
    .enter = loop_enter,
    .runner_lost = loop_runner_lost,
    .sync = loop_sync,
    .demand = loop_demand,
    .submissions_create = loop_submissions_create,
    .submission_answered = loop_answered,
    .allocations_over = loop_over,
    .submissions = loop_submissions,
    .read = loop_read,
    .data = loop_data,
    .cancel = loop_cancel,
    .restart_facts = loop_restart_facts,
    .restart = loop_restart,
    .amend = loop_amend,
    .spawn_base = loop_spawn_base,
    .spawn = loop_spawn,
    .steer = loop_steer,
    .update_class = loop_update_class,
};
