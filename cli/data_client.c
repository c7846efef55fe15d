// SPDX-License-Identifier: GPL-2.0-or-later
// A line of JSON to the runner's socket and one back; where there is no runner that answers, the
// database itself.
#include "cli/data_client.h"

#include <ctype.h>
#include <errno.h>
#include <jansson.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "lib/base/mem.h"
#include "lib/base/text_file.h"

static const char *const op_names[] = {
    [DATA_SET] = "set", [DATA_GET] = "get", [DATA_POST] = "post"};

char *data_client_value(const char *argument, struct error *err)
{
    char *text = NULL;
    size_t length;
    json_error_t where;
    if (!strcmp(argument, "-") || *argument == '@') {
        if (text_file_read(*argument == '@' ? argument + 1 : argument, &text, &length, err))
            return NULL;
    } else {
        text = xstrdup(argument);
        length = strlen(text);
    }
    json_auto_t *parsed = json_loadb(
        text, length,
        JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL | JSON_REJECT_DUPLICATES,
        &where); // as reals: integers may have any length, and the text is kept as it is
    if (!parsed || strlen(text) != length) {
        if (!*(text + strspn(text, " \t\r\n")))
            error_set(err, ERROR_USAGE, 0, "the value is empty; JSON has null, or '\"\"'");
        else if (isalpha((unsigned char)*text) && !strpbrk(text, "\n\"[{"))
            error_set(err, ERROR_USAGE, 0, "the value is no JSON: text needs quotes, '\"%s\"'",
                      text);
        else
            error_set(err, ERROR_USAGE, 0, "the value is no JSON: line %d, column %d: %s",
                      where.line, where.column, where.text);
        free(text);
        return NULL;
    }
    for (char *c = text; *c;
         c++) // a line end in JSON is a blank, and on the socket the end of the message
        if (*c == '\n' || *c == '\r')
            *c = ' ';
    while (length && text[length - 1] == ' ')
        text[--length] = '\0';
    return text;
}

int64_t data_client_job(void)
{
    const char *id = getenv("TORC_JOB_ID");
    return id ? strtoll(id, NULL, 10) : 0;
}

int data_client_workflow(const struct cli *cli, struct store *store, struct read_reply *reply,
                         struct error *err)
{
    const char *own = data_client_job() && !cli->db ? getenv("TORC_WORKFLOW_ID") : NULL;
    return target_workflow(store, cli->workflow ? cli->workflow : own, reply, err);
}

// ---- the socket ----

static int connect_runner(const struct cli *cli)
{
    const char *path = getenv("TORC_SOCKET");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (!path || !*path || cli->db || cli->workflow || strlen(path) >= sizeof address.sun_path)
        return -1;
    memcpy(address.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && !connect(fd, (struct sockaddr *)&address, sizeof address))
        return fd;
    if (fd >= 0)
        close(fd);
    return -1; // a step on another node, a runner that is gone: the database knows all
}

static char *json_quoted(const char *text)
{
    json_auto_t *string = json_string(text);
    return string ? json_dumps(string, JSON_ENCODE_ANY) : NULL;
}

static char *make_line(const struct data_change *change)
{
    cleanup_free char *name = json_quoted(change->name);
    cleanup_free char *key = change->key ? xasprintf(",\"key\":\"%s\"", change->key) : xstrdup("");
    cleanup_free char *job =
        change->job_id ? xasprintf(",\"job\":%lld", (long long)change->job_id) : xstrdup("");
    return xasprintf("{\"op\":\"%s\",\"name\":%s%s%s%s%s}\n", op_names[change->op], name, key, job,
                     change->json ? ",\"value\":" : "", change->json ? change->json : "");
}

static int send_all(int fd, const char *text, size_t length)
{
    while (length) {
        ssize_t n = send(fd, text, length, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        text += n;
        length -= (size_t)n;
    }
    return 0;
}

// The line, without its end; NULL: the runner went away.
static char *receive_line(int fd)
{
    size_t length = 0, space = 65536;
    char *text = xmalloc(space);
    for (;;) {
        if (length + 1 >= space)
            text = xrealloc(text, space *= 2, 1);
        ssize_t n = recv(fd, text + length, space - length - 1, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        length += (size_t)n;
        if (text[length - 1] == '\n') {
            text[length - 1] = '\0';
            return text;
        }
    }
    free(text);
    return NULL;
}

static int read_answer(const char *line, char **json, struct error *err)
{
    static const char good[] = "{\"ok\":true", value[] = ",\"value\":";
    if (!strncmp(line, good, sizeof good - 1)) {
        const char *rest = line + sizeof good - 1;
        if (!strncmp(rest, value, sizeof value - 1))
            *json = xstrndup(rest + sizeof value - 1,
                             strlen(rest) - sizeof value); // the closing brace is not part of it
        return 0;
    }
    json_auto_t *answer = json_loads(line, 0, NULL);
    const char *text = json_string_value(json_object_get(answer, "error"));
    return error_set(err, ERROR_USAGE, 0, "%s",
                     text ? text : "the runner's answer makes no sense; is it the same torc?");
}

// 1: the runner did not answer.
static int send_to_runner(const struct cli *cli, const struct data_change *change, char **json,
                          struct error *err)
{
    cleanup_close int fd = connect_runner(cli);
    if (fd < 0)
        return 1;
    cleanup_free char *line = make_line(change);
    if (send_all(fd, line, strlen(line)))
        return 1;
    cleanup_free char *answer = receive_line(fd);
    return answer ? read_answer(answer, json, err) : 1;
}

// ---- the database ----

static int send_to_store(const struct cli *cli, const struct data_change *change, char **json,
                         struct error *err)
{
    struct read_reply workflow;
    struct data_reply reply;
    struct store *store =
        target_open(cli->db, change->op == DATA_GET ? STORE_READ : STORE_WRITE, err);
    int result = store ? data_client_workflow(cli, store, &workflow, err) : -1;
    if (!result) {
        struct data_request request = {
            .workflow_id = workflow.workflows->id, .changes = change, .changes_count = 1};
        read_reply_fini(&workflow);
        result = store_data(store, &request, &reply, err);
    }
    if (!result) {
        if (reply.answers->error)
            result = error_set(err, ERROR_USAGE, 0, "%s", reply.answers->error);
        else
            *json = xstrdup(reply.answers->json);
        data_reply_fini(&reply);
    }
    store_close(store);
    return result;
}

int data_client_send(const struct cli *cli, const struct data_change *change, char **json,
                     struct error *err)
{
    struct data_change own = *change;
    char key[33] = "";
    unsigned char bytes[16];
    *json = NULL;
    if (change->op == DATA_POST && !change->key &&
        getrandom(bytes, sizeof bytes, 0) == (ssize_t)sizeof bytes) {
        for (size_t i = 0; i < sizeof bytes;
             i++) // said twice, when the runner dies before it answers, it counts once
            snprintf(key + 2 * i, 3, "%02x", bytes[i]);
        own.key = key;
    }
    int result = send_to_runner(cli, &own, json, err);
    return result > 0 ? send_to_store(cli, &own, json, err) : result;
}
