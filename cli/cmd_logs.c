// SPDX-License-Identifier: GPL-2.0-or-later
// torc logs: what jobs wrote to standard output and standard error, once or as they write it.
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>

#include "cli/command.h"
#include "lib/base/mem.h"
#include "lib/base/stream.h"
#include "lib/base/text.h"
#include "lib/base/text_file.h"
#include "lib/show/json_stream.h"
#include "lib/show/why.h"
#include "lib/store/read_each.h"

static int run(struct cli *cli, struct error *err);

const struct command cmd_logs = {
    .name = "logs",
    .argument = "TARGET",
    .need = ARGUMENT_OPTIONAL,
    .options = OPTION_JSON | OPTION_FOLLOW | OPTION_STREAMS | OPTION_LOGS,
    .help = "what a job wrote to its standard output and error",
    .run = run,
};

enum { STREAMS = 2, FOLLOW_MS = 200 };

static const char *const stream_names[STREAMS] = {"stdout", "stderr"};

struct stream { // of the last attempt
    char *path;
    int fd;                       // -1: not open (yet)
    struct stream_reader *reader; // of a stream file, when it is open; NULL: the file is its alone
};

struct logs {
    struct cli *cli;
    struct store *store;
    const struct target *target;
    struct stream streams[STREAMS];
    char *job_name;
    int64_t attempt; // whose files the streams are; 0: none
    enum job_state state;
    int shown;          // stream whose heading was printed last; -1: none
    bool headings, any; // any: something was printed
    int32_t attempt_id; // of that attempt
    struct stream_key key;
    int64_t stream_at;    // of attempt_start
    bool silent;          // it printed nothing: there may be no file
    bool lost, has_ended; // lost: not all that it printed was written
    struct json_stream json;
    uint32_t jobs, attempts; // attempts: of the job, that were shown
    int32_t wanted;          // --attempt; 0: the last one
};

static void close_streams(struct logs *logs)
{
    for (int i = 0; i < STREAMS; i++) {
        free(logs->streams[i].path);
        stream_reader_destroy(logs->streams[i].reader);
        if (logs->streams[i].fd >= 0)
            close(logs->streams[i].fd);
        logs->streams[i] = (struct stream){.fd = -1};
    }
    logs->shown = -1;
}

static bool wants(const struct cli *cli, int stream)
{
    return stream == 0 ? !cli->only_stderr || cli->only_stdout
                       : !cli->only_stdout || cli->only_stderr;
}

static void set_streams(struct logs *logs, const struct attempt_info *attempt)
{
    const char *paths[STREAMS] = {attempt->end.start.stdout_path, attempt->end.start.stderr_path};
    bool both_in_one =
        !attempt->end.start.stream_at && paths[0] && paths[1] && !strcmp(paths[0], paths[1]);
    close_streams(logs);
    logs->attempt = attempt->id;
    logs->attempt_id = attempt->end.start.attempt_id;
    logs->key = (struct stream_key){attempt->job_id, attempt->run_id, logs->attempt_id};
    logs->stream_at = attempt->end.start.stream_at;
    logs->silent = logs->stream_at == STREAM_SILENT;
    logs->lost = attempt->end.warnings & WARNING_OUTPUT_LOST;
    logs->has_ended = attempt->end.end_usec != 0;
    logs->any = false;
    for (int i = 0; i < STREAMS; i++)
        if (paths[i] && wants(logs->cli, i) && !(i == 1 && both_in_one && wants(logs->cli, 0)))
            logs->streams[i].path = target_path(logs->target->workflow, paths[i]);
    logs->headings = logs->headings || (logs->streams[0].path && logs->streams[1].path);
}

static void print_heading(const struct logs *logs, int stream)
{
    cleanup_free char *name = text_safe(logs->job_name);
    printf("==> %s %s", name, stream_names[stream]);
    if (logs->wanted || logs->cli->attempt)
        printf(", attempt %d", logs->attempt_id);
    puts(" <==");
}

static void open_stream(struct logs *logs, int index)
{
    struct stream *stream = &logs->streams[index];
    if (stream->fd < 0)
        stream->fd = text_file_open_plain(stream->path);
    if (stream->fd >= 0 && logs->stream_at && !stream->reader)
        stream->reader = stream_reader_create(stream->fd, logs->stream_at, logs->key,
                                              index ? STREAM_ERR : STREAM_OUT);
}

static ssize_t read_stream(struct stream *stream, char *buffer, size_t room)
{
    return stream->fd < 0   ? 0
           : stream->reader ? stream_reader_read(stream->reader, buffer, room)
                            : read(stream->fd, buffer, room);
}

// Prints what the stream has and was not printed yet; true when there was something.
static bool copy_stream(struct logs *logs, int index)
{
    struct stream *stream = &logs->streams[index];
    char buffer[65536];
    bool any = false;
    if (!stream->path || logs->silent)
        return false;
    open_stream(logs, index);
    for (ssize_t n; (n = read_stream(stream, buffer, sizeof buffer)) > 0; any = true) {
        if (logs->headings && logs->shown != index)
            print_heading(logs, index);
        logs->shown = index;
        logs->any = true;
        fwrite(buffer, 1, (size_t)n, stdout);
    }
    return any;
}

static bool copy_streams(struct logs *logs)
{
    bool any = false;
    for (int i = 0; i < STREAMS; i++)
        any |= copy_stream(logs, i);
    fflush(stdout);
    return any;
}

// The whole of it, the caller's to free; NULL: it is not there, or is no text that JSON can hold.
static char *read_all(struct logs *logs, int index)
{
    enum { ROOM = 65536 };
    struct stream *stream = &logs->streams[index];
    struct error ignored;
    char *text = NULL;
    size_t length = 0;
    if (!logs->stream_at)
        return text_file_read_plain(stream->path, &text, &length, &ignored) ? NULL : text;
    if (logs->silent)
        return xstrdup("");
    open_stream(logs, index);
    if (stream->fd < 0)
        return NULL;
    for (ssize_t n = 1; n > 0; length += n > 0 ? (size_t)n : 0) {
        text = xrealloc(text, length + ROOM + 1, 1);
        n = read_stream(stream, text + length, ROOM);
    }
    text[length] = '\0';
    return text;
}

// {"job", "attempt_id", "stdout": {"path", "text"}, "stderr": …}; what is not there is null.
static void write_json(struct logs *logs, const struct job_info *job)
{
    json_t *object = json_object();
    json_object_set_new(object, "job", json_text(job->name));
    json_object_set_new(object, "attempt_id", json_integer(logs->attempt_id));
    for (int i = 0; i < STREAMS; i++) {
        const char *path = logs->streams[i].path;
        cleanup_free char *text = path ? read_all(logs, i) : NULL;
        json_object_set_new(
            object, stream_names[i],
            path ? json_pack("{s:o, s:o}", "path", json_text(path), "text", json_text(text))
                 : json_null());
    }
    json_stream_value(&logs->json, NULL, object);
}

// Of a stream file: what is missing in it.
static void warn_missing(const struct logs *logs, const char *job)
{
    const struct stream *of = logs->streams[0].reader ? &logs->streams[0] : &logs->streams[1];
    if (!of->reader)
        return;
    struct stream_found found = stream_reader_found(of->reader);
    if (found.lost_bytes)
        cli_warn("%lld bytes that %s printed are missing, as they could not be written",
                 (long long)found.lost_bytes, job);
    else if (logs->lost)
        cli_warn("not all that %s printed could be written", job);
    if (found.torn_at != STREAM_NONE && logs->has_ended)
        cli_warn("%s: what begins at byte %lld is torn or damaged and is not shown", of->path,
                 (long long)found.torn_at);
    else if (logs->has_ended && !found.any)
        cli_warn("%s: nothing of %s is in it", of->path, job);
    else if (logs->has_ended && !found.ended && !logs->lost)
        cli_warn("the output of %s has no end: its runner died, with what it had not read yet",
                 job);
}

static void warn_streams(const struct logs *logs, const struct job_info *job)
{
    for (int i = 0; i < STREAMS; i++)
        if (logs->streams[i].path && logs->streams[i].fd < 0 && !logs->silent)
            cli_warn("%s of %s is not there any more: %s: %s", stream_names[i], job->name,
                     logs->streams[i].path, strerror(errno));
    bool there = logs->silent || logs->streams[0].fd >= 0 || logs->streams[1].fd >= 0;
    warn_missing(logs, job->name);
    if (there && !logs->any)
        cli_warn("%s has written nothing%s", job->name,
                 logs->cli->only_stdout == logs->cli->only_stderr ? ""
                 : logs->cli->only_stdout                         ? " to standard output"
                                                                  : " to standard error");
    if (!logs->streams[0].path && !logs->streams[1].path)
        cli_warn("no output of %s was kept; the workflow says so with \"stdio\"", job->name);
}

static void show_streams(struct logs *logs, const struct job_info *job)
{
    if (logs->cli->json) {
        write_json(logs, job);
        warn_missing(logs, job->name);
        return;
    }
    copy_streams(logs);
    warn_streams(logs, job);
}

static void warn_not_started(const struct job_info *job)
{
    cleanup_free char *why = why_job(job, NULL);
    cli_warn("%s has not started: it is %s%s%s%s", job->name, job_state_names[job->state],
             why ? " (" : "", why ? why : "", why ? ")" : "");
}

// Looks at the job anew: its state, and its newest attempt's files.
static int look(struct logs *logs, const struct job_info *job, bool quiet, struct error *err)
{
    const struct attempt_info *last;
    struct read_reply reply = {0};
    if (store_read_last_attempt(logs->store, job, logs->target->workflow->id, &reply, &last, err))
        return -1;
    logs->state = job->state;
    free(logs->job_name);
    logs->job_name = xstrdup(job->name);
    if (last && last->id != logs->attempt) {
        if (logs->cli->follow)
            copy_streams(logs); // the rest of the attempt before
        set_streams(logs, last);
    } else if (!last && !quiet) {
        warn_not_started(job);
    }
    read_reply_fini(&reply);
    return 0;
}

struct attempts { // of one job, with --attempt
    struct logs *logs;
    const struct job_info *job;
};

static int each_attempt(void *pointer, const struct read_reply *reply, uint32_t index,
                        struct error *err)
{
    struct attempts *attempts = pointer;
    struct logs *logs = attempts->logs;
    const struct attempt_info *attempt = &reply->attempts[index];
    (void)err;
    if (logs->wanted && attempt->end.start.attempt_id != logs->wanted)
        return 0;
    logs->attempts++;
    set_streams(logs, attempt);
    show_streams(logs, attempts->job);
    close_streams(logs);
    return 0;
}

static int show_attempts(struct logs *logs, const struct job_info *job, struct error *err)
{
    struct attempts attempts = {.logs = logs, .job = job};
    struct read_request request = {
        .what = READ_ATTEMPTS, .workflow_id = logs->target->workflow->id, .job_id = job->id};
    free(logs->job_name);
    logs->job_name = xstrdup(job->name);
    logs->attempts = 0;
    logs->headings = true;
    if (store_read_each(logs->store, request, each_attempt, &attempts, err))
        return -1;
    if (!job->attempts && !logs->attempts)
        warn_not_started(job);
    else if (!logs->attempts)
        cli_warn("%s has no attempt %d; 'torc show' lists them", job->name, logs->wanted);
    logs->attempt = 0;
    return 0;
}

static int each_job(void *pointer, const struct read_reply *jobs, uint32_t index, struct error *err)
{
    struct logs *logs = pointer;
    const struct job_info *job = &jobs->jobs[index];
    logs->jobs++;
    if (logs->cli->attempt)
        return show_attempts(logs, job, err);
    if (look(logs, job, false, err))
        return -1;
    if (logs->attempt)
        show_streams(logs, job);
    close_streams(logs);
    logs->attempt = 0;
    return 0;
}

static int each_look(void *pointer, const struct read_reply *jobs, uint32_t index,
                     struct error *err)
{
    struct logs *logs = pointer;
    if (++logs->jobs > 1)
        return error_set(err, ERROR_USAGE, 0, "--follow follows one job, and this names several");
    return look(logs, &jobs->jobs[index], true, err);
}

static int follow(struct logs *logs, struct read_request request, struct error *err)
{
    int64_t seen = -1, change;
    for (;;) {
        if (store_change(logs->store, &change, err))
            return -1;
        logs->jobs = 0;
        if (change != seen && store_read_each(logs->store, request, each_look, logs, err))
            return -1;
        seen = change;
        bool ended = job_state_is_final(logs->state);
        bool any = copy_streams(logs);
        if (ended && !any) {
            warn_missing(logs, logs->job_name);
            return 0;
        }
        if (!any)
            poll(NULL, 0, FOLLOW_MS);
    }
}

static int read_attempt(const struct cli *cli, int32_t *wanted, struct error *err)
{
    const char *text = cli->attempt;
    if (!text || !strcmp(text, "all"))
        return 0;
    bool number = *text && strspn(text, "0123456789") == strlen(text) && strlen(text) < 9;
    *wanted = number ? (int32_t)strtol(text, NULL, 10) : 0;
    return *wanted ? 0
                   : error_set(err, ERROR_USAGE, 0,
                               "--attempt: \"%s\" is no number from 1, nor all", text);
}

static int print(struct cli *cli, struct store *store, const struct target *target,
                 struct error *err)
{
    struct logs logs = {.cli = cli,
                        .store = store,
                        .target = target,
                        .shown = -1,
                        .streams = {{.fd = -1}, {.fd = -1}}};
    struct read_request request = {
        .what = READ_JOBS, .workflow_id = target->workflow->id, .job_glob = target->job_glob};
    logs.headings = target->job_glob && strpbrk(target->job_glob, "*?[");
    if (!target->job_glob && cli->follow)
        return error_set(err, ERROR_USAGE, 0, "--follow follows one job: torc logs --follow %s.JOB",
                         cli->argument);
    logs.headings |= !target->job_glob;
    if (cli->failed)
        request.states = 1U << JOB_FAILED | 1U << JOB_TERMINATED | 1U << JOB_PENDING_FAILED;
    if (read_attempt(cli, &logs.wanted, err))
        return -1;
    if (cli->json) {
        json_stream_init(&logs.json, stdout);
        json_stream_object(&logs.json, NULL);
        json_stream_array(&logs.json, "logs");
    }
    int result = cli->follow ? follow(&logs, request, err)
                             : store_read_each(store, request, each_job, &logs, err);
    if (cli->json) {
        json_stream_end(&logs.json);
        json_stream_end(&logs.json);
    }
    if (!result && !cli->follow && !logs.jobs)
        cli_warn("no job of workflow %lld %s", (long long)target->workflow->id,
                 cli->failed ? "has failed" : "is meant");
    close_streams(&logs);
    free(logs.job_name);
    return result;
}

static int run(struct cli *cli, struct error *err)
{
    struct target target = {0};
    if (!cli->argument && !cli->failed)
        return error_set(
            err, ERROR_USAGE, 0,
            "logs: TARGET is missing; see 'torc logs --help'. --failed is for all that "
            "failed");
    if (cli->follow && (cli->failed || cli->attempt || cli->json))
        return error_set(err, ERROR_USAGE, 0,
                         "logs: --follow follows the last attempt of one job, without --failed, "
                         "--attempt and --json");
    struct store *store = target_open(cli->db, STORE_READ, err);
    if (!store)
        return -1;
    int result = cli->argument
                     ? target_parse(store, cli->argument, target_own(cli->db), &target, err)
                     : target_workflow(store, target_own(cli->db), &target.reply, err);
    target.workflow = target.reply.workflows;
    if (!result) {
        result = print(cli, store, &target, err);
        target_fini(&target);
    }
    store_close(store);
    return result;
}
