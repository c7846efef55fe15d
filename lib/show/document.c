// SPDX-License-Identifier: GPL-2.0-or-later
// Rows of the database as members of the JSON document.
#include "lib/show/document.h"

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/meter/usage.h"
#include "lib/show/action.h"
#include "lib/show/estimate.h"
#include "lib/show/job_table.h"
#include "lib/show/node_time.h"
#include "lib/show/target.h"
#include "lib/show/waiting.h"
#include "lib/show/why.h"
#include "lib/store/read_each.h"
#include "lib/workflow/workflow.h"

static void put(json_t *object, const char *key, json_t *value)
{
    json_object_set_new(object, key, value);
}

static json_t *counts_json(const int64_t *counts)
{
    json_t *object = json_object();
    for (int i = 0; i < JOB_STATES; i++)
        put(object, job_state_names[i], json_integer(counts[i]));
    return object;
}

void document_workflow_members(struct json_stream *json, const struct workflow_info *workflow)
{
    json_stream_value(json, "id", json_integer(workflow->id));
    json_stream_value(json, "name", json_text(workflow->name));
    json_stream_value(json, "user", json_text(workflow->user));
    json_stream_value(json, "description", json_text(workflow->description));
    json_stream_value(json, "run_id", json_integer(workflow->run_id));
    json_stream_value(json, "state", json_text(workflow_state_names[workflow->state]));
    json_stream_value(json, "created", json_time(workflow->created_usec));
    json_stream_value(json, "ended", json_time(workflow->ended_usec));
    json_stream_value(json, "counts", counts_json(workflow->counts));
    json_stream_value(json, "runners_alive", json_integer(workflow->runners_alive));
    json_stream_value(json, "file", json_text(workflow->file));
    json_stream_value(json, "folder", json_text(workflow->folder));
    json_stream_value(json, "command_line", json_text(workflow->command_line));
    json_stream_value(json, "version", json_text(workflow->version));
}

void document_workflow(struct json_stream *json, const struct workflow_info *workflow)
{
    json_stream_object(json, "workflow");
    document_workflow_members(json, workflow);
    json_stream_end(json);
}

static json_t *usage_json(const struct usage_record *usage)
{
    json_t *object = json_object();
    put(object, "source", json_or_null(usage_source_names[usage->source]));
    put(object, "cpu_user_s", json_seconds(usage->cpu_user_usec));
    put(object, "cpu_system_s", json_seconds(usage->cpu_system_usec));
    put(object, "throttled_s", json_seconds(usage->throttled_usec));
    put(object, "memory_peak_bytes", json_known(usage->memory_peak_bytes));
    put(object, "memory_anon_bytes", json_known(usage->memory_anon_bytes));
    put(object, "memory_anon_low_bytes", json_known(usage->memory_anon_low_bytes));
    put(object, "memory_anon_high_bytes", json_known(usage->memory_anon_high_bytes));
    put(object, "memory_limit_bytes", json_known(usage->memory_limit_bytes));
    put(object, "swap_peak_bytes", json_known(usage->swap_peak_bytes));
    put(object, "io_read_bytes", json_known(usage->io_read_bytes));
    put(object, "io_write_bytes", json_known(usage->io_write_bytes));
    put(object, "oom_kills", json_known(usage->oom_kills));
    put(object, "processes_peak", json_known(usage->processes_peak));
    put(object, "gpus", usage->gpus ? json_parsed(usage->gpus) : json_array());
    return object;
}

static json_t *attempt_usage_json(const struct attempt_end *end, bool srun_step)
{
    struct usage_record total;
    if (!usage_total(end, srun_step, &total))
        return json_null();
    json_t *object = usage_json(&total), *nodes = json_array();
    put(object, "memory_peak_low_bytes", json_known(usage_peak_low(end, srun_step)));
    for (uint32_t i = 0; i < end->usages_count; i++) {
        json_t *node = usage_json(&end->usages[i]);
        put(node, "node", json_text(end->usages[i].node));
        put(node, "step", json_text(end->usages[i].step));
        json_array_append_new(nodes, node);
    }
    put(object, "nodes", nodes);
    return object;
}

static json_t *path_json(const struct workflow_info *workflow, const char *path)
{
    cleanup_free char *absolute = path ? target_path(workflow, path) : NULL;
    return json_text(absolute);
}

static json_t *warnings_json(int32_t warnings)
{
    json_t *list = json_array();
    for (int i = 0; i < WARNINGS; i++)
        if (warnings & 1 << i)
            json_array_append_new(list, json_string(attempt_warning_names[i]));
    return list;
}

static json_t *attempt_json(const struct workflow_info *workflow,
                            const struct attempt_info *attempt, bool srun_step)
{
    const struct attempt_end *end = &attempt->end;
    struct usage_record total;
    bool running = !end->end_usec;
    usage_total(end, srun_step, &total);
    json_t *object = json_object();
    put(object, "run_id", json_integer(attempt->run_id));
    put(object, "attempt_id", json_integer(end->start.attempt_id));
    put(object, "node", json_text(attempt->node));
    put(object, "slurm_job_id",
        attempt->slurm_job_id ? json_integer(attempt->slurm_job_id) : json_null());
    put(object, "start", json_time(end->start.start_usec));
    put(object, "end", json_time(end->end_usec));
    put(object, "wall_s", running ? json_null() : json_seconds(end->wall_usec));
    put(object, "state",
        json_string(running ? job_state_names[JOB_RUNNING] : job_state_names[end->state]));
    put(object, "exit_code", running ? json_null() : json_known(end->exit_code));
    put(object, "signal", running || end->signal <= 0 ? json_null() : json_integer(end->signal));
    put(object, "core", json_boolean(end->core));
    put(object, "reason", running ? json_null() : json_or_null(attempt_reason_names[end->reason]));
    put(object, "warnings", warnings_json(end->warnings));
    put(object, "message", json_text(end->message));
    put(object, "stdout", path_json(workflow, end->start.stdout_path));
    put(object, "stderr", path_json(workflow, end->start.stderr_path));
    put(object, "stream_at",
        end->start.stream_at ? json_integer(end->start.stream_at) : json_null());
    put(object, "stderr_tail", json_text(end->stderr_tail));
    put(object, "memory_limit_bytes", json_known(total.memory_limit_bytes));
    put(object, "usage", attempt_usage_json(end, srun_step));
    return object;
}

struct job_context {
    struct json_stream *json;
    struct store *store;
    const struct workflow_info *workflow;
    struct waiting *waiting;
};

// The attempts of a job, and in *last the newest, borrowed from the reply that the caller
// finishes.
static int attempts_json(const struct job_context *context, const struct job_info *job,
                         json_t *list, struct read_reply *reply, const struct attempt_info **last,
                         struct error *err)
{
    struct read_request request = {
        .what = READ_ATTEMPTS, .workflow_id = context->workflow->id, .job_id = job->id};
    *last = NULL;
    for (bool more = true; more; request.after_id = reply->last_id) {
        read_reply_fini(reply);
        *reply = (struct read_reply){0};
        if (store_read(context->store, &request, reply, err))
            return -1;
        for (uint32_t i = 0; i < reply->count; i++)
            json_array_append_new(
                list, attempt_json(context->workflow, &reply->attempts[i], job->flags & JOB_SRUN));
        if (reply->count)
            *last = &reply->attempts[reply->count - 1];
        more = reply->more;
    }
    return 0;
}

static int write_job(void *pointer, const struct read_reply *jobs, uint32_t index,
                     struct error *err)
{
    const struct job_context *context = pointer;
    const struct job_info *job = &jobs->jobs[index];
    const struct attempt_info *last;
    struct read_reply reply = {0};
    json_t *attempts = json_array(), *needs = json_array(), *object = json_object();
    int result = attempts_json(context, job, attempts, &reply, &last, err);
    cleanup_free char *why = NULL;
    if (!result)
        result = waiting_job(context->waiting, job, &why, err);
    if (!result && !why)
        why = why_job(job, last);
    for (uint32_t i = 0; i < job->needs_count; i++)
        json_array_append_new(needs, json_text(job->needs[i]));
    put(object, "id", json_integer(job->id));
    put(object, "name", json_text(job->name));
    put(object, "state", json_text(job_state_names[job->state]));
    put(object, "why", json_text(why));
    put(object, "class", json_text(job->class_name));
    put(object, "command", json_text(job->command));
    put(object, "priority", json_integer(job->priority));
    put(object, "needs", needs);
    put(object, "stdout",
        result || !last ? json_null() : path_json(context->workflow, last->end.start.stdout_path));
    put(object, "stderr",
        result || !last ? json_null() : path_json(context->workflow, last->end.start.stderr_path));
    put(object, "attempts", attempts);
    read_reply_fini(&reply);
    if (result)
        json_decref(object);
    else
        json_stream_value(context->json, NULL, object);
    return result;
}

int document_jobs(struct json_stream *json, struct store *store,
                  const struct workflow_info *workflow, struct read_request request,
                  struct waiting *waiting, struct error *err)
{
    struct waiting *own = waiting ? NULL : waiting_create(store, workflow, err);
    struct job_context context = {
        .json = json, .store = store, .workflow = workflow, .waiting = waiting ? waiting : own};
    if (!context.waiting)
        return -1;
    request.workflow_id = workflow->id;
    json_stream_array(json, "jobs");
    int result = store_read_each(store, request, write_job, &context, err);
    json_stream_end(json);
    waiting_destroy(own);
    return result;
}

int document_all_jobs(struct json_stream *json, struct store *store,
                      const struct workflow_info *workflow, struct error *err)
{
    return document_jobs(json, store, workflow, (struct read_request){.what = READ_JOBS}, NULL,
                         err);
}

static json_t *class_used_json(const struct class_info *class)
{
    json_t *object = json_object();
    bool any = class->attempts > 0;
    int64_t asked = any ? job_table_held_usec(class, class->wall_sum_usec) : 0;
    put(object, "attempts", json_integer(class->attempts));
    put(object, "wall_max_s", any ? json_seconds(class->wall_max_usec) : json_null());
    put(object, "wall_mean_s",
        any && class->wall_sum_usec >= 0 ? json_seconds(class->wall_sum_usec / class->attempts)
                                         : json_null());
    put(object, "cpu_s", any ? json_seconds(class->cpu_sum_usec) : json_null());
    put(object, "cpu_efficiency",
        asked > 0 && class->cpu_sum_usec >= 0
            ? json_real((double)class->cpu_sum_usec / (double)asked)
            : json_null());
    put(object, "memory_peak_bytes", any ? json_known(class->memory_peak_max_bytes) : json_null());
    put(object, "memory_anon_bytes", any ? json_known(class->memory_anon_max_bytes) : json_null());
    return object;
}

static int write_class(void *pointer, const struct read_reply *reply, uint32_t index,
                       struct error *err)
{
    const struct class_info *class = &reply->classes[index];
    json_t *object = json_object();
    (void)err;
    put(object, "id", json_integer(class->id));
    put(object, "name", json_text(class->name));
    put(object, "cpus", json_known(class->cpus));
    put(object, "memory_bytes", json_known(class->memory_bytes));
    put(object, "gpus",
        class->gpus_milli < 0      ? json_null()
        : class->gpus_milli % 1000 ? json_real(class->gpus_milli / 1000.0)
                                   : json_integer(class->gpus_milli / 1000));
    put(object, "nodes", json_known(class->nodes));
    put(object, "runtime_s", json_seconds(class->runtime_usec));
    put(object, "enforced", json_boolean(class->enforced));
    put(object, "scheduler", json_text(class->scheduler));
    put(object, "labels", json_text(class->labels));
    put(object, "jobs", json_integer(class->jobs));
    put(object, "counts", counts_json(class->counts));
    put(object, "used", class_used_json(class));
    put(object, "advice", json_null());
    json_stream_value(pointer, NULL, object);
    return 0;
}

struct allocation_context {
    struct json_stream *json;
    struct node_times times;
    struct node_time sum;
};

static int write_allocation(void *pointer, const struct read_reply *reply, uint32_t index,
                            struct error *err)
{
    struct allocation_context *context = pointer;
    const struct allocation_info *allocation = &reply->allocations[index];
    struct node_time time = node_times_of(&context->times, allocation);
    json_t *object = json_object();
    (void)err;
    put(object, "id", json_integer(allocation->id));
    put(object, "slurm_job_id",
        allocation->slurm_job_id ? json_integer(allocation->slurm_job_id) : json_null());
    put(object, "array_task_id", json_known(allocation->array_task_id));
    put(object, "partition", json_text(allocation->partition));
    put(object, "nodes", json_known(allocation->nodes));
    put(object, "node_list", json_text(allocation->node_list));
    put(object, "cpus", json_known(allocation->cpus));
    put(object, "gpus", json_known(allocation->gpus));
    put(object, "memory_bytes", json_known(allocation->memory_bytes));
    put(object, "state", json_text(allocation_state_names[allocation->state]));
    put(object, "submitted", json_time(allocation->submitted_usec));
    put(object, "start", json_time(allocation->start_usec));
    put(object, "end", json_time(allocation->end_usec));
    put(object, "limit", json_time(allocation->limit_usec));
    put(object, "walltime_s", json_seconds(allocation->walltime_usec));
    put(object, "jobs_run", json_known(allocation->jobs_run));
    put(object, "submission", json_integer(allocation->submission_id));
    put(object, "tag", json_text(allocation->tag));
    put(object, "error", json_text(allocation->error));
    put(object, "node_time", node_time_json(&time));
    node_time_add(&context->sum, &time);
    json_stream_value(context->json, NULL, object);
    return 0;
}

static int write_runner(void *pointer, const struct read_reply *reply, uint32_t index,
                        struct error *err)
{
    const struct runner_info *runner = &reply->runners[index];
    json_t *object = json_object();
    (void)err;
    put(object, "id", json_integer(runner->id));
    put(object, "allocation",
        runner->allocation_id ? json_integer(runner->allocation_id) : json_null());
    put(object, "host", json_text(runner->host));
    put(object, "node", json_text(runner->node));
    put(object, "pid", json_integer(runner->pid));
    put(object, "cpus", json_known(runner->cpus));
    put(object, "memory_bytes", json_known(runner->memory_bytes));
    put(object, "labels", json_text(runner->labels));
    put(object, "accounting", json_or_null(usage_source_names[runner->accounting]));
    put(object, "started", json_time(runner->started_usec));
    put(object, "heartbeat", json_time(runner->heartbeat_usec));
    put(object, "end", json_time(runner->end_usec));
    put(object, "lost", json_boolean(runner->lost));
    put(object, "jobs_run", json_known(runner->jobs_run));
    json_stream_value(pointer, NULL, object);
    return 0;
}

static json_t *id_json(int64_t id)
{
    return id ? json_integer(id) : json_null();
}

json_t *document_event(const struct event_info *event)
{
    json_t *object = json_object();
    put(object, "id", json_integer(event->id));
    put(object, "time", json_time(event->time_usec));
    put(object, "kind", json_text(event->kind));
    put(object, "name", json_or_null(event->name));
    put(object, "job", json_text(event->job_name));
    put(object, "runner", id_json(event->runner_id));
    put(object, "allocation", id_json(event->allocation_id));
    put(object, "submission", id_json(event->submission_id));
    put(object, "data", json_parsed(event->data));
    return object;
}

static int write_event(void *pointer, const struct read_reply *reply, uint32_t index,
                       struct error *err)
{
    (void)err;
    json_stream_value(pointer, NULL, document_event(&reply->events[index]));
    return 0;
}

static int write_data(void *pointer, const struct read_reply *reply, uint32_t index,
                      struct error *err)
{
    const struct data_info *data = &reply->data[index];
    json_t *object = json_object();
    (void)err;
    put(object, "id", json_integer(data->id));
    put(object, "name", json_text(data->name));
    put(object, "data", json_parsed(data->data));
    put(object, "ephemeral", json_boolean(data->ephemeral));
    json_stream_value(pointer, NULL, object);
    return 0;
}

static int write_sample(void *pointer, const struct read_reply *reply, uint32_t index,
                        struct error *err)
{
    const struct sample_info *sample = &reply->samples[index];
    json_t *object = json_object();
    (void)err;
    put(object, "time", json_time(sample->time_usec));
    put(object, "job", json_or_null(sample->job_name));
    put(object, "run_id", sample->job_name ? json_integer(sample->run_id) : json_null());
    put(object, "attempt_id", sample->job_name ? json_integer(sample->attempt_id) : json_null());
    put(object, "node", json_text(sample->node));
    put(object, "cpu_s", json_seconds(sample->cpu_usec));
    put(object, "memory_bytes", json_known(sample->memory_bytes));
    put(object, "gpus", sample->gpus ? json_parsed(sample->gpus) : json_array());
    json_stream_value(pointer, NULL, object);
    return 0;
}

static int write_array(struct json_stream *json, struct store *store, const char *key,
                       enum read_what what, const struct workflow_info *workflow, read_visit *each,
                       struct error *err)
{
    struct read_request request = {.what = what, .workflow_id = workflow->id};
    json_stream_array(json, key);
    int result = store_read_each(store, request, each, json, err);
    json_stream_end(json);
    return result;
}

static int write_action(void *pointer, const struct read_reply *reply, uint32_t index,
                        struct error *err)
{
    (void)err;
    json_stream_value(pointer, NULL, action_json(&reply->actions[index]));
    return 0;
}

int document_actions(struct json_stream *json, struct store *store,
                     const struct workflow_info *workflow, struct error *err)
{
    return write_array(json, store, "actions", READ_ACTIONS, workflow, write_action, err);
}

int document_classes(struct json_stream *json, struct store *store,
                     const struct workflow_info *workflow, struct error *err)
{
    return write_array(json, store, "classes", READ_CLASSES, workflow, write_class, err);
}

int document_allocations(struct json_stream *json, struct store *store,
                         const struct workflow_info *workflow, struct error *err)
{
    struct allocation_context context = {.json = json};
    struct read_request request = {.what = READ_ALLOCATIONS, .workflow_id = workflow->id};
    if (node_times_read(&context.times, store, workflow->id, clock_real_usec(), err))
        return -1;
    json_stream_array(json, "allocations");
    int result = store_read_each(store, request, write_allocation, &context, err);
    json_stream_end(json);
    json_stream_value(json, "node_time", node_time_json(&context.sum));
    node_times_fini(&context.times);
    return result;
}

int document_runners(struct json_stream *json, struct store *store,
                     const struct workflow_info *workflow, struct error *err)
{
    return write_array(json, store, "runners", READ_RUNNERS, workflow, write_runner, err);
}

int document_estimate(struct json_stream *json, struct store *store,
                      const struct workflow_info *workflow, struct error *err)
{
    struct estimate estimate;
    if (estimate_read(store, workflow->id, &estimate, err))
        return -1;
    json_t *object = estimate.known ? json_object() : json_null();
    if (estimate.known) {
        cleanup_free char *basis = estimate_basis(&estimate);
        put(object, "left_s", json_seconds(estimate.left_usec));
        put(object, "basis", json_text(basis));
    }
    json_stream_value(json, "estimate", object);
    return 0;
}

int document_events(struct json_stream *json, struct store *store,
                    const struct workflow_info *workflow, struct error *err)
{
    return write_array(json, store, "events", READ_EVENTS, workflow, write_event, err);
}

int document_some_events(struct json_stream *json, struct store *store, struct read_request request,
                         struct error *err)
{
    json_stream_array(json, "events");
    int result = store_read_each(store, request, write_event, json, err);
    json_stream_end(json);
    return result;
}

int document_data(struct json_stream *json, struct store *store,
                  const struct workflow_info *workflow, struct error *err)
{
    return write_array(json, store, "data", READ_DATA, workflow, write_data, err);
}

int document_samples(struct json_stream *json, struct store *store,
                     const struct workflow_info *workflow, struct error *err)
{
    return write_array(json, store, "samples", READ_SAMPLES, workflow, write_sample, err);
}
