// SPDX-License-Identifier: GPL-2.0-or-later
// Requests of all clients in one queue; a batch of them is with the link while the next one
// gathers.
#include "runner/socket/socket.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/mem.h"
#include "runner/socket/client.h"
#include "runner/socket/request.h"

enum {
    CLIENTS_MOST = 400,
    BATCH_MOST = 2048,
    BATCH_BYTES = 16 * 1024 * 1024,
    LISTEN_MOST = 1024,
    EVENTS_AT_ONCE = 64
};

struct queued {
    STAILQ_ENTRY(queued) link;
    struct job_client *client;
    char *line;
    size_t length;
    struct job_request request;
    char *error; // the line makes no sense: said in its turn
};
STAILQ_HEAD(queue, queued);

struct job_socket {
    char *folder, *path;
    int fd, poll;
    bool listening;
    unsigned clients_count;
    LIST_HEAD(, job_client) clients;
    struct queue waiting, sent;
    struct data_request batch;
    struct data_change *changes;
    size_t changes_space;
};

// ---- its place ----

static bool is_dead(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    cleanup_close int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    return fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) &&
           (errno == ECONNREFUSED || errno == ENOENT); // it was killed before it listened
}

// What runners left behind that were killed together with their keepers. A young one may be about
// to listen.
static void sweep(const char *place)
{
    enum { YOUNG_SECS = 60 };
    DIR *folder = opendir(place);
    struct stat st;
    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        if (strncmp(entry->d_name, "torc-", 5) || strlen(entry->d_name) != strlen("torc-XXXXXX") ||
            fstatat(dirfd(folder), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) ||
            !S_ISDIR(st.st_mode) || st.st_uid != geteuid() || time(NULL) - st.st_mtime < YOUNG_SECS)
            continue;
        cleanup_free char *path = xasprintf("%s/%s/socket", place, entry->d_name);
        if (is_dead(path))
            job_socket_remove(path);
    }
    if (folder)
        closedir(folder);
}

static char *make_folder(struct error *err)
{
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    const char *places[] = {runtime && *runtime == '/' && strlen(runtime) < 80 ? runtime : "/tmp",
                            "/tmp"};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        char *folder = xasprintf("%s/torc-XXXXXX", places[i]);
        sweep(places[i]);
        if (mkdtemp(folder))
            return folder;
        free(folder);
    }
    error_set(err, ERROR_INTERNAL, errno, "cannot make a folder in /tmp");
    return NULL;
}

static int bind_socket(struct job_socket *socket, struct error *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", socket->path);
    if (bind(socket->fd, (struct sockaddr *)&address, sizeof address) ||
        chmod(socket->path, 0600) || listen(socket->fd, LISTEN_MOST) ||
        epoll_ctl(socket->poll, EPOLL_CTL_ADD, socket->fd,
                  &(struct epoll_event){.events = EPOLLIN, .data.ptr = NULL}))
        return error_set(err, ERROR_INTERNAL, errno, "cannot listen on %s", socket->path);
    socket->listening = true;
    return 0;
}

struct job_socket *job_socket_create(int64_t workflow_id, int64_t runner_id, struct error *err)
{
    char *folder = make_folder(err);
    if (!folder)
        return NULL;
    struct job_socket *new = xcalloc(1, sizeof *new);
    *new = (struct job_socket){
        .folder = folder,
        .path = xasprintf("%s/socket", folder),
        .fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0),
        .poll = epoll_create1(EPOLL_CLOEXEC),
        .batch = {.workflow_id = workflow_id, .runner_id = runner_id},
    };
    STAILQ_INIT(&new->waiting);
    STAILQ_INIT(&new->sent);
    if (new->fd >= 0 && new->poll >= 0 && !bind_socket(new, err))
        return new;
    job_socket_destroy(new);
    return NULL;
}

static void free_queued(struct queued *q)
{
    job_request_fini(&q->request);
    free(q->line);
    free(q->error);
    free(q);
}

static void free_queue(struct queue *queue)
{
    struct queued *q;
    while ((q = STAILQ_FIRST(queue))) {
        STAILQ_REMOVE_HEAD(queue, link);
        free_queued(q);
    }
}

void job_socket_remove(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        return;
    cleanup_free char *folder = xstrndup(path, (size_t)(slash - path));
    unlink(path);
    rmdir(folder);
}

void job_socket_destroy(struct job_socket *socket)
{
    struct job_client *client;
    if (!socket)
        return;
    while ((client = LIST_FIRST(&socket->clients))) {
        LIST_REMOVE(client, link);
        job_client_destroy(client);
    }
    free_queue(&socket->waiting);
    free_queue(&socket->sent);
    close(socket->fd);
    close(socket->poll);
    job_socket_remove(socket->path);
    free(socket->changes);
    free(socket->path);
    free(socket->folder);
    free(socket);
}

const char *job_socket_path(const struct job_socket *socket)
{
    return socket->path;
}

int job_socket_fd(const struct job_socket *socket)
{
    return socket->poll;
}

// ---- clients ----

// Nobody can be let in until somebody has left or is idle, or epoll would tell for ever that
// somebody waits.
static void set_listening(struct job_socket *socket, bool listening)
{
    if (socket->listening != listening)
        epoll_ctl(socket->poll, EPOLL_CTL_MOD, socket->fd,
                  &(struct epoll_event){.events = listening ? EPOLLIN : 0, .data.ptr = NULL});
    socket->listening = listening;
}

static bool is_same_user(int fd)
{
    struct ucred who;
    socklen_t length = sizeof who;
    return !getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &length) && who.uid == geteuid();
}

static void drop(struct job_socket *socket, struct job_client *client)
{
    LIST_REMOVE(client, link);
    job_client_destroy(client);
    socket->clients_count--;
    set_listening(socket, true);
}

// Whoever has been idle for longest leaves for who comes; if nobody is, who has not taken its
// answers for longest. Those that wait for an answer get it: false if all do.
static bool make_room(struct job_socket *socket)
{
    struct job_client *client, *longest = NULL;
    LIST_FOREACH(client, &socket->clients, link)
    {
        bool idle = !client->out_length;
        bool before =
            !longest ||
            (idle == !longest->out_length ? client->active_usec <= longest->active_usec : idle);
        if (before && !job_client_is_busy(client))
            longest = client;
    }
    if (longest)
        drop(socket, longest);
    return longest;
}

static void let_in(struct job_socket *socket)
{
    if (socket->clients_count >= CLIENTS_MOST && !make_room(socket)) {
        set_listening(socket, false);
        return;
    }
    int fd = accept4(socket->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) {
        if ((errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) &&
            socket->clients_count && !make_room(socket))
            set_listening(socket, false);
        return;
    }
    if (!is_same_user(fd)) {
        close(fd);
        return;
    }
    struct job_client *client = job_client_create(fd, socket->poll);
    LIST_INSERT_HEAD(&socket->clients, client, link);
    socket->clients_count++;
}

static void enqueue(struct job_socket *socket, struct job_client *client, char *line, size_t length,
                    const char *error)
{
    struct queued *q = xcalloc(1, sizeof *q);
    struct error err;
    q->client = client;
    q->line = line;
    q->length = length;
    if (error)
        q->error = xstrdup(error);
    else if (job_request_parse(line, length, &q->request, &err))
        q->error = xstrdup(err.text);
    client->pending++;
    client->pending_bytes += length;
    client->gets += q->request.change.op == DATA_GET;
    STAILQ_INSERT_TAIL(&socket->waiting, q, link);
}

static void take_lines(struct job_socket *socket, struct job_client *client)
{
    bool too_long;
    size_t length;
    char *line;
    while ((line = job_client_line(client, &length, &too_long)))
        enqueue(socket, client, line, length, NULL);
    if (too_long)
        enqueue(socket, client, NULL, 0,
                "a line has more than 4 MiB; write the value to a file, and set its path");
}

// After anything that happened to a client.
static void look_after(struct job_socket *socket, struct job_client *client)
{
    job_client_write(client);
    job_client_watch(client);
    if (job_client_is_done(client))
        drop(socket, client);
}

void job_socket_serve(struct job_socket *socket)
{
    struct epoll_event events[EVENTS_AT_ONCE];
    int count = epoll_wait(socket->poll, events, EVENTS_AT_ONCE, 0);
    bool knocks = false;
    for (int i = 0; i < count; i++) {
        struct job_client *client = events[i].data.ptr;
        if (!client) {
            knocks = true;
            continue;
        }
        if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR))
            job_client_read(client);
        take_lines(socket, client);
        if (events[i].events & (EPOLLHUP | EPOLLERR))
            client->gone = client->ended = true;
        look_after(socket, client);
    }
    if (knocks)
        let_in(socket); // not before: who leaves for it may have an event of its own
}

// ---- batches ----

void job_socket_send(struct job_socket *socket, struct link *link)
{
    struct queued *q;
    size_t bytes = 0;
    struct data_request *batch = &socket->batch;
    if (STAILQ_EMPTY(&socket->waiting) || !link_is_idle_of_data(link))
        return;
    batch->changes_count = 0;
    while ((q = STAILQ_FIRST(&socket->waiting)) && batch->changes_count < BATCH_MOST &&
           bytes < BATCH_BYTES) {
        STAILQ_REMOVE_HEAD(&socket->waiting, link);
        STAILQ_INSERT_TAIL(&socket->sent, q, link);
        socket->changes = array_grow(socket->changes, batch->changes_count, &socket->changes_space,
                                     sizeof *socket->changes);
        socket->changes[batch->changes_count++] =
            q->error ? (struct data_change){0} : q->request.change;
        bytes += q->length;
    }
    batch->changes = socket->changes;
    batch->seq++;
    link_send_data(link, batch);
}

static void say_error(struct job_client *client, const char *text)
{
    json_auto_t *answer = json_pack("{s:b, s:s}", "ok", 0, "error", text);
    cleanup_free char *line =
        answer ? json_dumps(answer, JSON_COMPACT | JSON_PRESERVE_ORDER) : NULL;
    static const char odd[] = "{\"ok\":false,\"error\":\"the request was refused\"}";
    job_client_say(client, line ? line : odd, strlen(line ? line : odd));
    job_client_say(client, "\n", 1);
}

static void answer(struct queued *q, const struct data_answer *given, const char *failure)
{
    static const char good[] = "{\"ok\":true", value[] = ",\"value\":";
    struct job_client *client = q->client;
    const char *error = q->error ? q->error : failure ? failure : given->error;
    if (error) {
        say_error(client, error);
        return;
    }
    job_client_say(client, good, sizeof good - 1);
    if (given->json) {
        job_client_say(client, value, sizeof value - 1);
        job_client_say(client, given->json, strlen(given->json));
    }
    job_client_say(client, "}\n", 2);
}

void job_socket_answer(struct job_socket *socket, struct link *link)
{
    struct data_reply reply;
    struct error err;
    struct queued *q;
    struct job_client *client, *next;
    if (!link_take_data(link, &reply, &err))
        return;
    for (uint32_t i = 0; (q = STAILQ_FIRST(&socket->sent)); i++) {
        STAILQ_REMOVE_HEAD(&socket->sent, link);
        bool answered = i < reply.answers_count;
        answer(q, answered ? &reply.answers[i] : NULL, answered ? NULL : err.text);
        q->client->pending--;
        q->client->pending_bytes -= q->length;
        q->client->gets -= q->request.change.op == DATA_GET;
        free_queued(q);
    }
    data_reply_fini(&reply);
    for (client = LIST_FIRST(&socket->clients); client; client = next) {
        next = LIST_NEXT(client, link);
        take_lines(socket, client); // that waited for its limits
        look_after(socket, client);
    }
    set_listening(socket, true); // who has its answer may leave for others
}
