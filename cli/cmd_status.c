// SPDX-License-Identifier: GPL-2.0-or-later
// torc status: where a workflow stands and why nothing runs, once or again with every change.
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/status.h"
#include "lib/base/clock.h"
#include "lib/show/document.h"
#include "lib/show/waiting.h"

static int run(struct cli *cli, struct error *err);

const struct command cmd_status = {
    .name = "status",
    .argument = "ID",
    .need = ARGUMENT_OPTIONAL,
    .options = OPTION_JSON | OPTION_WATCH,
    .help = "where a workflow stands, and why nothing runs",
    .run = run,
};

enum { LOOK_MS = 250, REDRAW_MS = 1000, CONTROL_C = 3 };

static int draw(const struct screen *screen, struct store *store, int64_t id,
                struct status_queue *queue, bool *ended, struct error *err)
{
    struct read_request request = {.what = READ_WORKFLOWS, .workflow_id = id};
    struct read_reply reply = {0};
    if (store_read(store, &request, &reply, err))
        return -1;
    if (!reply.count)
        return error_set(err, ERROR_USAGE, 0, "workflow %lld was deleted", (long long)id);
    struct status_view view = {.store = store,
                               .workflow = reply.workflows,
                               .screen = screen,
                               .queue = queue,
                               .now_usec = clock_real_usec()};
    int result = status_draw(&view, err);
    *ended = reply.workflows->state == WORKFLOW_COMPLETE ||
             (reply.workflows->state == WORKFLOW_CANCELED && !reply.workflows->runners_alive);
    read_reply_fini(&reply);
    return result;
}

// Puts the text over what was shown before (*lines of it), line by line, so that nothing
// flickers.
static void repaint(const char *text, int *lines)
{
    struct winsize size;
    int rows = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || size.ws_row < 2 ? 24 : size.ws_row,
        drawn = 0;
    if (*lines)
        printf("\033[%dA", *lines);
    printf("\r\033[?7l"); // long lines are cut off: every line of the text is one of the screen
    for (const char *end; *text && drawn < rows - 1; text = end + 1, drawn++) {
        end = strchr(text, '\n');
        if (!end)
            break;
        printf("%.*s\033[K\n", (int)(end - text), text);
    }
    printf("\033[J\033[?7h");
    fflush(stdout);
    *lines = drawn;
}

static volatile sig_atomic_t told_to_end; // the signal that said so

static void on_signal(int sig)
{
    told_to_end = sig;
}

// Waits for a key, a change, or the time to draw again (durations grow). Gives true when the user
// has enough.
static int wait_change(struct store *store, int64_t *seen, bool keys, bool *quit, struct error *err)
{
    int64_t change = *seen;
    for (int waited = 0; waited < REDRAW_MS && change == *seen && !told_to_end; waited += LOOK_MS) {
        struct pollfd key = {.fd = keys ? STDIN_FILENO : -1, .events = POLLIN};
        char letter = 0;
        if (poll(&key, 1, LOOK_MS) > 0 &&
            (read(STDIN_FILENO, &letter, 1) <= 0 || letter == 'q' || letter == CONTROL_C)) {
            *quit = true;
            return 0;
        }
        if (store_change(store, &change, err))
            return -1;
    }
    *seen = change;
    return 0;
}

static int watch_loop(struct store *store, int64_t id, bool keys, struct error *err)
{
    struct status_queue queue = {0};
    int64_t seen = -1;
    int lines = 0, result = 0;
    bool ended = false, quit = false;
    while (!result && !ended && !quit && !told_to_end) {
        char *text = NULL;
        size_t size = 0;
        struct screen screen;
        screen_init(&screen, stdout); // the window may have another size by now
        screen.out = open_memstream(&text, &size);
        result = draw(&screen, store, id, &queue, &ended, err);
        fclose(screen.out);
        if (!result)
            repaint(text, &lines);
        free(text);
        if (!result && !ended)
            result = wait_change(store, &seen, keys, &quit, err);
    }
    status_queue_fini(&queue);
    return result;
}

static int watch(struct cli *cli, struct store *store, int64_t id, struct error *err)
{
    struct termios before, raw;
    bool keys = isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &before) == 0;
    if (!cli->screen.terminal)
        return error_set(err, ERROR_USAGE, 0,
                         "--watch needs a terminal; 'torc wait' waits without one");
    if (keys) { // whatever ends it, the terminal is as it was
        sigaction(SIGTERM, &(struct sigaction){.sa_handler = on_signal}, NULL);
        sigaction(SIGHUP, &(struct sigaction){.sa_handler = on_signal}, NULL);
        raw = before;
        raw.c_lflag &= (tcflag_t) ~(ICANON | ECHO | ISIG);
        tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    }
    int result = watch_loop(store, id, keys, err);
    if (keys)
        tcsetattr(STDIN_FILENO, TCSANOW, &before);
    if (told_to_end) {
        signal(told_to_end, SIG_DFL);
        raise(told_to_end);
    }
    return result;
}

static int print_json(struct store *store, const struct workflow_info *workflow, struct error *err)
{
    struct json_stream json;
    struct status_queue queue = {0};
    struct waiting *waiting = status_queue_waiting(&queue, store, workflow, err);
    if (!waiting)
        return -1;
    json_stream_init(&json, stdout);
    json_stream_object(&json, NULL);
    document_workflow(&json, workflow);
    int result = document_estimate(&json, store, workflow, err);
    if (!result)
        result = document_runners(&json, store, workflow, err);
    if (!result)
        result = document_allocations(&json, store, workflow, err);
    if (!result)
        result = document_waiting(&json, store, workflow, waiting, err);
    if (!result)
        result = document_actions(&json, store, workflow, err);
    json_stream_end(&json);
    waiting_destroy(waiting);
    status_queue_fini(&queue);
    return result;
}

static int run(struct cli *cli, struct error *err)
{
    struct read_reply reply;
    struct status_queue queue = {0};
    bool ended;
    if (cli->watch && cli->json)
        return error_set(err, ERROR_USAGE, 0, "status: --watch and --json exclude each other");
    struct store *store = target_open(cli->db, STORE_READ, err);
    if (!store)
        return -1;
    int result =
        target_workflow(store, cli->argument ? cli->argument : target_own(cli->db), &reply, err);
    if (!result) {
        int64_t id = reply.workflows->id;
        if (cli->json)
            result = print_json(store, reply.workflows, err);
        else
            result = cli->watch ? watch(cli, store, id, err)
                                : draw(&cli->screen, store, id, &queue, &ended, err);
        status_queue_fini(&queue);
        read_reply_fini(&reply);
    }
    store_close(store);
    return result;
}
