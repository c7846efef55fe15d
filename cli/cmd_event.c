// SPDX-License-Identifier: GPL-2.0-or-later
// torc event: posts an event of the user's own; lists what happened in a workflow, once or as it
// happens.
#include <poll.h>
#include <string.h>
#include <time.h>

#include "cli/data_client.h"
#include "lib/base/clock.h"
#include "lib/base/duration.h"
#include "lib/base/mem.h"
#include "lib/base/suggest.h"
#include "lib/base/text.h"
#include "lib/show/document.h"
#include "lib/show/format.h"
#include "lib/slurm/lost_runner.h"
#include "lib/store/read_each.h"

static int run(struct cli *cli, struct error *err);

const struct command cmd_event = {
    .name = "event",
    .argument = "post NAME [JSON|@FILE|-] | list",
    .need = ARGUMENT_SEVERAL,
    .options = OPTION_JSON | OPTION_WORKFLOW | OPTION_EVENTS,
    .help = "posts an event of your own, lists what happened",
    .run = run,
};

enum { WAIT_LEAST_MS = 20, WAIT_MOST_MS = 500, KINDS_MOST = 100 };

static int post(struct cli *cli, struct error *err)
{
    cleanup_free char *value = NULL, *answer = NULL;
    if (cli->arguments_count > 2 && !(value = data_client_value(cli->arguments[2], err)))
        return error_prefix(err, "event post %s", cli->arguments[1]);
    struct data_change change = {
        .op = DATA_POST, .name = cli->arguments[1], .json = value, .job_id = data_client_job()};
    return data_client_send(cli, &change, &answer, err);
}

// --since: a time, or how long ago.
static int read_since(const char *text, int64_t *usec, struct error *err)
{
    struct tm time = {0};
    if (!duration_parse(text, usec)) {
        *usec = clock_real_usec() - *usec;
        return 0;
    }
    char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &time);
    if (!rest)
        rest = strptime(text, "%Y-%m-%d", &time);
    double fraction = rest && *rest == '.' ? strtod(rest, &rest) : 0;
    rest += rest && *rest == 'Z';
    if (!rest || *rest)
        return error_set(err, ERROR_USAGE, 0,
                         "--since: \"%s\" is no time; write 2026-01-31T12:00:00Z (UTC), or how "
                         "long ago: 10m, 2h",
                         text);
    *usec = (int64_t)timegm(&time) * 1000000 + (int64_t)(fraction * 1e6 + 0.5);
    return 0;
}

static int print_event(void *context, const struct read_reply *reply, uint32_t index,
                       struct error *err)
{
    const struct event_info *event = &reply->events[index];
    char time[FORMAT_SIZE];
    cleanup_free char *line =
        xasprintf("%-20s %-16s %s", event->name ? event->name : event->kind,
                  event->job_name ? event->job_name : "-", event->data ? event->data : "");
    cleanup_free char *safe = text_safe(line);
    (void)context, (void)err;
    printf("%s  %s\n", format_iso(time, event->time_usec), safe);
    return 0;
}

// A line of JSON each, for programs that follow.
static int print_event_json(void *context, const struct read_reply *reply, uint32_t index,
                            struct error *err)
{
    json_auto_t *object = document_event(&reply->events[index]);
    (void)context, (void)err;
    json_dumpf(object, stdout, JSON_COMPACT | JSON_REAL_PRECISION(15));
    putchar('\n');
    return 0;
}

// Its runners still say how its jobs and they themselves ended.
static int has_ended(struct store *store, int64_t id, bool *ended, struct error *err)
{
    int alive;
    struct read_request request = {.what = READ_WORKFLOWS, .workflow_id = id};
    struct read_reply reply;
    if (store_read(store, &request, &reply, err))
        return -1;
    *ended = !reply.count || reply.workflows->state == WORKFLOW_COMPLETE ||
             reply.workflows->state == WORKFLOW_CANCELED;
    read_reply_fini(&reply);
    if (!*ended)
        return 0;
    int result = lost_runner_count_alive(store, id, &alive, err);
    *ended = !result && !alive;
    return result;
}

// Pages until there is none left; then waits for more, until the workflow has ended.
static int follow(struct cli *cli, struct store *store, struct read_request request,
                  struct error *err)
{
    read_visit *each = cli->json ? print_event_json : print_event;
    bool ended = false;
    for (int pause = WAIT_LEAST_MS;;) {
        struct read_reply reply;
        bool was_ended = ended;
        if (store_read(store, &request, &reply, err))
            return -1;
        for (uint32_t i = 0; i < reply.count; i++)
            each(NULL, &reply, i, err);
        if (reply.count)
            request.after_id = reply.last_id;
        bool some = reply.count > 0;
        read_reply_fini(&reply);
        if (fflush(stdout) || (!some && was_ended))
            return 0;
        if (!some && (has_ended(store, request.workflow_id, &ended, err)))
            return -1;
        pause = some ? WAIT_LEAST_MS : pause * 2 < WAIT_MOST_MS ? pause * 2 : WAIT_MOST_MS;
        if (!some && !ended)
            poll(NULL, 0, pause);
    }
}

struct kinds {
    char *names[KINDS_MOST];
    size_t count;
};

static int add_kind(void *context, const struct read_reply *reply, uint32_t index,
                    struct error *err)
{
    struct kinds *kinds = context;
    const char *name =
        reply->events[index].name ? reply->events[index].name : reply->events[index].kind;
    (void)err;
    for (size_t i = 0; i < kinds->count; i++)
        if (!strcmp(kinds->names[i], name))
            return 0;
    if (kinds->count < KINDS_MOST)
        kinds->names[kinds->count++] = xstrdup(name);
    return 0;
}

// Nothing of that kind is no mistake, for it may come yet; but it may be a slip.
static int warn_if_none(const struct cli *cli, struct store *store, int64_t id, struct error *err)
{
    struct kinds kinds = {0};
    struct read_request request = {
        .what = READ_EVENTS, .workflow_id = id, .event_kind = cli->kind, .limit = 1};
    struct read_reply reply;
    if (store_read(store, &request, &reply, err))
        return -1;
    bool some = reply.count > 0;
    read_reply_fini(&reply);
    if (some)
        return 0;
    request = (struct read_request){.what = READ_EVENTS, .workflow_id = id};
    int result = store_read_each(store, request, add_kind, &kinds, err);
    cleanup_free char *near =
        suggest_phrase(cli->kind, (const char *const *)kinds.names, kinds.count);
    if (!result)
        cli_warn("workflow %lld has no event \"%s\" so far%s", (long long)id, cli->kind, near);
    for (size_t i = 0; i < kinds.count; i++)
        free(kinds.names[i]);
    return result;
}

static int print_json(struct store *store, const struct workflow_info *workflow,
                      struct read_request request, struct error *err)
{
    struct json_stream json;
    json_stream_init(&json, stdout);
    json_stream_object(&json, NULL);
    document_workflow(&json, workflow);
    int result = document_some_events(&json, store, request, err);
    json_stream_end(&json);
    return result;
}

static int print_list(struct cli *cli, struct store *store, const struct workflow_info *workflow,
                      struct error *err)
{
    struct target jobs = {0};
    struct read_request request = {
        .what = READ_EVENTS, .workflow_id = workflow->id, .event_kind = cli->kind};
    cleanup_free char *job =
        xasprintf("%lld.%s", (long long)workflow->id, cli->job ? cli->job : "");
    if ((cli->since && read_since(cli->since, &request.since_usec, err)) ||
        (cli->kind && warn_if_none(cli, store, workflow->id, err)) ||
        (cli->job && target_parse(store, job, NULL, &jobs, err)))
        return -1;
    request.job_glob = jobs.job_glob;
    int result = cli->follow ? follow(cli, store, request, err)
                 : cli->json ? print_json(store, workflow, request, err)
                             : store_read_each(store, request, print_event, NULL, err);
    target_fini(&jobs);
    return result;
}

static int list(struct cli *cli, struct error *err)
{
    struct read_reply reply;
    struct store *store = target_open(cli->db, STORE_READ, err);
    int result = store ? data_client_workflow(cli, store, &reply, err) : -1;
    if (!result) {
        result = print_list(cli, store, reply.workflows, err);
        read_reply_fini(&reply);
    }
    store_close(store);
    return result;
}

static const struct verb verbs[] = {{"post", 2, 3, post}, {"list", 1, 1, list}};

static int run(struct cli *cli, struct error *err)
{
    return cli_run_verb(cli, verbs, sizeof verbs / sizeof *verbs, err);
}
