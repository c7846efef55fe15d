// SPDX-License-Identifier: GPL-2.0-or-later
// torc show: everything about a job, or where a workflow came from.
#include <jansson.h>
#include <string.h>

#include "cli/command.h"
#include "cli/status_queue.h"
#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/base/stream.h"
#include "lib/base/text.h"
#include "lib/meter/usage.h"
#include "lib/show/action.h"
#include "lib/show/document.h"
#include "lib/show/format.h"
#include "lib/show/waiting.h"
#include "lib/show/why.h"
#include "lib/store/read_each.h"
#include "lib/workflow/workflow.h"

static int run(struct cli *cli, struct error *err);

const struct command cmd_show = {
    .name = "show",
    .argument = "TARGET",
    .need = ARGUMENT_REQUIRED,
    .options = OPTION_JSON,
    .help = "everything about a job, or about a workflow",
    .run = run,
};

enum { LABEL = 11, NEEDS_MOST = 20, TAIL_LINES = 20 };

struct context {
    const struct screen *screen;
    struct store *store;
    const struct workflow_info *workflow;
    struct waiting *waiting;
    bool between; // jobs: one was shown already
};

static void line(const struct screen *screen, const char *label, const char *text)
{
    if (!text || !*text)
        return;
    screen_print(screen, COLOR_DIM, "  %-*s", LABEL, label);
    screen_text(screen, COLOR_NONE, text, 0);
    fputc('\n', screen->out);
}

// JSON of settings as "key: value", one a line; of what lies deeper "key.key: value".
static void show_members(const struct screen *screen, const char *above, json_t *object,
                         const char **label)
{
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value) {
        cleanup_free char *name = xasprintf("%s%s%s", above, *above ? "." : "", key);
        if (json_is_null(value) || json_is_object(value)) {
            show_members(screen, name, value, label);
            continue;
        }
        cleanup_free char *json = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
        size_t length = strlen(name), unit = strlen("_usec");
        bool usec = length > unit && !strcmp(name + length - unit, "_usec");
        char duration[FORMAT_SIZE];
        cleanup_free char *text =
            usec && json_is_integer(value)
                ? xasprintf("%.*s: %s", (int)(length - unit), name,
                            format_duration(duration, json_integer_value(value)))
                : xasprintf("%s: %s", name,
                            json_is_string(value) ? json_string_value(value) : json);
        line(screen, *label, text);
        *label = "";
    }
}

static void show_settings(const struct screen *screen, const char *text)
{
    json_auto_t *object = text ? json_loads(text, 0, NULL) : NULL;
    const char *label = "settings";
    if (object)
        show_members(screen, "", object, &label);
    else
        line(screen, label, text);
}

static void show_class(const struct screen *screen, const struct class_info *class)
{
    char memory[FORMAT_SIZE], runtime[FORMAT_SIZE], gpus[FORMAT_SIZE];
    cleanup_free char *cpus = class->cpus < 0 ? xstrdup("-") : xasprintf("%d", class->cpus);
    cleanup_free char *text = xasprintf(
        "%s: %s %s, %s memory, %s runtime%s%s%s%s%s", class->name, cpus,
        class->cpus == 1 ? "cpu" : "cpus", format_bytes(memory, class->memory_bytes),
        format_duration(runtime, class->runtime_usec), class->gpus_milli ? ", " : "",
        class->gpus_milli ? format_milli(gpus, class->gpus_milli) : "",
        !class->gpus_milli          ? ""
        : class->gpus_milli == 1000 ? " gpu"
                                    : " gpus",
        class->nodes > 1 ? ", several nodes" : "", class->enforced ? "" : " (for planning only)");
    line(screen, "resources", text);
    line(screen, "scheduler", class->scheduler);
    line(screen, "labels", class->labels);
}

static int show_resources(const struct context *context, const struct job_info *job,
                          struct error *err)
{
    struct read_request request = {.what = READ_CLASSES,
                                   .workflow_id = context->workflow->id,
                                   .after_id = job->class_id - 1,
                                   .limit = 1};
    struct read_reply reply = {0};
    if (store_read(context->store, &request, &reply, err))
        return -1;
    if (reply.count)
        show_class(context->screen, reply.classes);
    read_reply_fini(&reply);
    return 0;
}

static void show_needs(const struct screen *screen, const struct job_info *job)
{
    for (uint32_t i = 0; i < job->needs_count && i < NEEDS_MOST; i++)
        line(screen, i ? "" : "needs", job->needs[i]);
    if (job->needs_count > NEEDS_MOST) {
        cleanup_free char *more = xasprintf("and %u more", job->needs_count - NEEDS_MOST);
        line(screen, "", more);
    }
}

struct file_context {
    const struct screen *screen;
    size_t shown[2]; // by role
};

static int each_file(void *pointer, const struct read_reply *reply, uint32_t index,
                     struct error *err)
{
    struct file_context *context = pointer;
    const struct file_info *file = &reply->files[index];
    (void)err;
    for (int role = ROLE_INPUT; role <= ROLE_OUTPUT; role++) {
        if (!(role == ROLE_OUTPUT ? file->writers_count : file->readers_count))
            continue;
        size_t shown = context->shown[role]++;
        cleanup_free char *text =
            file->path ? xstrdup(file->path) : xasprintf("%s (user data)", file->name);
        const char *verb = role == ROLE_OUTPUT ? "writes" : "reads";
        if (shown <= NEEDS_MOST)
            line(context->screen, verb, shown < NEEDS_MOST ? text : "and more");
    }
    return 0;
}

static int show_files(const struct context *context, const struct job_info *job, struct error *err)
{
    struct file_context files = {.screen = context->screen};
    struct read_request request = {
        .what = READ_FILES, .workflow_id = context->workflow->id, .job_id = job->id};
    if (store_read_each(context->store, request, each_file, &files, err))
        return -1;
    request.what = READ_DATA_USES;
    return store_read_each(context->store, request, each_file, &files, err);
}

static void show_usage(const struct context *context, const struct job_info *job,
                       const struct attempt_end *end)
{
    char user[FORMAT_SIZE], system[FORMAT_SIZE], peak[FORMAT_SIZE], low[FORMAT_SIZE],
        anon[FORMAT_SIZE], limit[FORMAT_SIZE];
    char reads[FORMAT_SIZE], writes[FORMAT_SIZE];
    struct usage_record usage;
    if (!usage_total(end, job->flags & JOB_SRUN, &usage))
        return;
    cleanup_free char *cpu =
        xasprintf("%s user, %s system", format_duration(user, usage.cpu_user_usec),
                  format_duration(system, usage.cpu_system_usec));
    line(context->screen, "cpu", cpu);
    bool held = usage.memory_limit_bytes > 0;
    bool known = usage.memory_peak_bytes >= 0, anon_known = usage.memory_anon_bytes >= 0;
    int64_t least = usage_peak_low(end, job->flags & JOB_SRUN);
    bool between = known && least < usage.memory_peak_bytes; // of processes and steps together
    cleanup_free char *memory = xasprintf(
        "%s%s%s%s%s%s%s%s", between ? format_bytes(low, least) : "", between ? " to " : "",
        known ? format_bytes(peak, usage.memory_peak_bytes) : "not known", known ? " at most" : "",
        anon_known ? ", without page cache " : "",
        anon_known ? format_bytes(anon, usage.memory_anon_bytes) : "", held ? "; held to " : "",
        held ? format_bytes(limit, usage.memory_limit_bytes) : "");
    line(context->screen, "memory", memory);
    cleanup_free char *io =
        xasprintf("%s read, %s written", format_bytes(reads, usage.io_read_bytes),
                  format_bytes(writes, usage.io_write_bytes));
    if (usage.io_read_bytes >= 0 || usage.io_write_bytes >= 0)
        line(context->screen, "io", io);
    line(context->screen, "measured", usage_source_names[usage.source]);
}

static void show_attempt(const struct context *context, const struct job_info *job,
                         const struct attempt_info *attempt)
{
    const struct screen *screen = context->screen;
    const struct attempt_end *end = &attempt->end;
    char start[FORMAT_SIZE], wall[FORMAT_SIZE];
    cleanup_free char *why = why_attempt(attempt);
    screen_print(screen, COLOR_BOLD, "  Attempt %d", end->start.attempt_id);
    if (context->workflow->run_id > 1)
        fprintf(screen->out, " of run %d", attempt->run_id);
    fputs(" on ", screen->out);
    screen_text(screen, COLOR_NONE, attempt->node, 0);
    if (attempt->slurm_job_id)
        fprintf(screen->out, " (Slurm job %lld)", (long long)attempt->slurm_job_id);
    fprintf(screen->out, ", %s", format_time(start, end->start.start_usec));
    fprintf(screen->out, end->end_usec ? ", took %s" : ", running for %s",
            format_duration(wall, end->end_usec ? end->wall_usec
                                                : clock_real_usec() - end->start.start_usec));
    fputc('\n', screen->out);
    bool well = end->end_usec && end->state == JOB_COMPLETED;
    line(screen, end->end_usec ? "ended" : "now", why ? why : well ? "well" : "");
    show_usage(context, job, end);
    cleanup_free char *out =
        end->start.stdout_path ? target_path(context->workflow, end->start.stdout_path) : NULL;
    cleanup_free char *errors =
        end->start.stderr_path ? target_path(context->workflow, end->start.stderr_path) : NULL;
    if (end->start.stream_at) {
        line(screen, "stream", end->start.stream_at == STREAM_SILENT ? "it printed nothing" : out);
    } else {
        line(screen, "stdout", out);
        line(screen, "stderr", errors);
    }
    if (end->stderr_tail)
        screen_lines(screen, "    | ", end->stderr_tail, TAIL_LINES);
}

struct attempt_context {
    const struct context *context;
    const struct job_info *job;
};

static int each_attempt(void *pointer, const struct read_reply *reply, uint32_t index,
                        struct error *err)
{
    struct attempt_context *attempts = pointer;
    (void)err;
    show_attempt(attempts->context, attempts->job, &reply->attempts[index]);
    return 0;
}

// What waits is asked of `waiting`; what runs, of its attempt.
static int why_of(const struct context *context, const struct job_info *job, char **why,
                  struct error *err)
{
    const struct attempt_info *last = NULL;
    struct read_reply reply = {0};
    if (waiting_job(context->waiting, job, why, err) ||
        (job->state == JOB_RUNNING &&
         store_read_last_attempt(context->store, job, context->workflow->id, &reply, &last, err)))
        return -1;
    if (!*why)
        *why = why_job(job, last);
    read_reply_fini(&reply);
    return 0;
}

static int each_job(void *pointer, const struct read_reply *jobs, uint32_t index, struct error *err)
{
    struct context *context = pointer;
    const struct screen *screen = context->screen;
    const struct job_info *job = &jobs->jobs[index];
    struct attempt_context attempts = {.context = context, .job = job};
    struct read_request request = {
        .what = READ_ATTEMPTS, .workflow_id = context->workflow->id, .job_id = job->id};
    cleanup_free char *why = NULL;
    if (why_of(context, job, &why, err))
        return -1;
    fputs(context->between ? "\n" : "", screen->out);
    context->between = true;
    screen_print(screen, COLOR_BOLD, "Job %lld.", (long long)context->workflow->id);
    screen_text(screen, COLOR_BOLD, job->name, 0);
    fputs(": ", screen->out);
    screen_print(screen, job_state_color(job->state), "%s", job_state_names[job->state]);
    if (why) {
        fputs(", ", screen->out);
        screen_text(screen, COLOR_NONE, why, 0);
    }
    fputc('\n', screen->out);
    line(screen, "command", job->command);
    if (show_resources(context, job, err))
        return -1;
    show_needs(screen, job);
    if (show_files(context, job, err))
        return -1;
    show_settings(screen, job->spec);
    return store_read_each(context->store, request, each_attempt, &attempts, err);
}

static int show_workflow(const struct screen *screen, struct store *store,
                         const struct workflow_info *workflow, struct error *err)
{
    char created[FORMAT_SIZE], ended[FORMAT_SIZE];
    screen_print(screen, COLOR_BOLD, "Workflow %lld ", (long long)workflow->id);
    screen_text(screen, COLOR_BOLD, workflow->name, 0);
    fputs(": ", screen->out);
    cleanup_free char *state = why_workflow(workflow);
    screen_print(screen, why_workflow_color(workflow), "%s\n", state);
    line(screen, "about", workflow->description);
    line(screen, "user", workflow->user);
    line(screen, "created", format_time(created, workflow->created_usec));
    line(screen, "ended", workflow->ended_usec ? format_time(ended, workflow->ended_usec) : NULL);
    line(screen, "file", workflow->file);
    line(screen, "folder", workflow->folder);
    line(screen, "command", workflow->command_line);
    line(screen, "version", workflow->version);
    show_settings(screen, workflow->settings);
    if (action_show_all(screen, store, workflow->id, err))
        return -1;
    fprintf(screen->out, "Its jobs: torc jobs %lld; how it went: torc-report %lld\n",
            (long long)workflow->id, (long long)workflow->id);
    return 0;
}

static int print_json(struct store *store, const struct target *target, struct waiting *waiting,
                      struct error *err)
{
    struct read_request request = {
        .what = READ_JOBS, .workflow_id = target->workflow->id, .job_glob = target->job_glob};
    struct json_stream json;
    json_stream_init(&json, stdout);
    json_stream_object(&json, NULL);
    document_workflow(&json, target->workflow);
    int result = target->job_glob
                     ? document_jobs(&json, store, target->workflow, request, waiting, err)
                     : document_actions(&json, store, target->workflow, err);
    json_stream_end(&json);
    return result;
}

static int print_jobs(struct cli *cli, struct store *store, const struct target *target,
                      struct waiting *waiting, struct error *err)
{
    struct context context = {
        .screen = &cli->screen, .store = store, .workflow = target->workflow, .waiting = waiting};
    struct read_request request = {
        .what = READ_JOBS, .workflow_id = target->workflow->id, .job_glob = target->job_glob};
    return store_read_each(store, request, each_job, &context, err);
}

// Slurm is asked only where jobs may wait for it.
static int show_jobs(struct cli *cli, struct store *store, const struct target *target,
                     struct error *err)
{
    const struct workflow_info *workflow = target->workflow;
    struct status_queue queue = {0};
    struct waiting *waiting = status_queue_waiting(&queue, store, workflow, err);
    if (!waiting)
        return -1;
    int result = cli->json ? print_json(store, target, waiting, err)
                           : print_jobs(cli, store, target, waiting, err);
    waiting_destroy(waiting);
    status_queue_fini(&queue);
    return result;
}

static int run(struct cli *cli, struct error *err)
{
    struct target target;
    int result = 0;
    struct store *store = target_open(cli->db, STORE_READ, err);
    if (!store)
        return -1;
    if (target_parse(store, cli->argument, target_own(cli->db), &target, err)) {
        store_close(store);
        return -1;
    }
    if (target.job_glob)
        result = show_jobs(cli, store, &target, err);
    else if (cli->json)
        result = print_json(store, &target, NULL, err);
    else
        result = show_workflow(&cli->screen, store, target.workflow, err);
    target_fini(&target);
    store_close(store);
    return result;
}
