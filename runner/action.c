// SPDX-License-Identifier: GPL-2.0-or-later
#include "runner/action.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/crash.h"
#include "lib/base/mem.h"
#include "runner/job/program.h"
#include "runner/job/spawn.h"

static const uint32_t LAST = 1u << ACTION_WORKFLOW_COMPLETE | 1u << ACTION_WORKER_COMPLETE;

static void over(struct runner_action *a, struct jobs *jobs)
{
    struct output_files files = {.stderr_name = a->log};
    a->pid = 0;
    a->over = true;
    a->end.id = a->claim.id;
    a->end.end_usec = clock_real_usec();
    a->end.output = output_tail(&jobs->output, &files, a->arena);
    a->end.log = arena_printf(a->arena, "%s/%s", jobs->output.path, a->log);
    crash_point("action-ended");
}

static char **environment_of(const struct runner_action *a, const struct jobs *jobs)
{
    const struct action_claim *c = &a->claim;
    char *own[] = {
        arena_printf(a->arena, "TORC_RUN_ID=%d", c->run_id),
        arena_printf(a->arena, "TORC_ACTION=%d", c->position),
        arena_printf(a->arena, "TORC_ACTION_TRIGGER=%s", action_trigger_names[c->trigger]),
        arena_printf(a->arena, "TORC_WORKFLOW_STATE=%s", c->state),
        NULL,
    };
    return environment_with(jobs->environment, own, a->arena);
}

static int start(struct runner_action *a, struct jobs *jobs, const char *command, struct error *err)
{
    char *argv[] = {(char *)"bash", (char *)"-c", (char *)(uintptr_t)command, NULL};
    cleanup_close int log =
        openat(jobs->output.dir, a->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (log < 0)
        return error_set(err, ERROR_INTERNAL, errno, "cannot write %s/%s", jobs->output.path,
                         a->log);
    struct spawn spawn = {
        .argv = argv,
        .path = bash_path(),
        .environment = environment_of(a, jobs),
        .output_dir = jobs->output.dir,
        .output_folder = jobs->output.path,
        .output_fds = (int[]){log, log},
        .files = &jobs->files_limit,
        .no_job = true,
    };
    a->pid = spawn_start(&spawn, err);
    return a->pid > 0 ? 0 : -1;
}

// The next command, or the end. No word of one that was told to end, as nothing went wrong.
static void go_on(struct runner_action *a, struct jobs *jobs)
{
    struct error err;
    const char *command = json_string_value(json_array_get(a->commands, a->next));
    a->end.good = !command;
    if (!command) {
        over(a, jobs);
    } else if (start(a, jobs, command, &err)) {
        a->end.exit_code = a->end.signal = UNKNOWN;
        a->end.message =
            arena_printf(a->arena, "command %zu could not be started: %s", a->next + 1, err.text);
        over(a, jobs);
    }
    crash_point("action-started");
}

static void begin(struct runner_action *a, struct jobs *jobs, const struct action_claim *claim)
{
    a->arena = arena_create();
    a->claim = *claim;
    a->claim.commands = arena_strdup(a->arena, claim->commands ? claim->commands : "[]");
    a->claim.state = arena_strdup(a->arena, claim->state ? claim->state : "");
    a->commands = json_loads(a->claim.commands, 0, NULL);
    a->log = arena_printf(a->arena, "action_wf%lld_%d_r%d_%lld.log", (long long)jobs->workflow_id,
                          claim->position, claim->run_id, (long long)claim->id);
    a->end = (struct action_end){.signal = UNKNOWN, .exit_code = UNKNOWN};
    go_on(a, jobs);
}

static void forget(struct runner_action *a)
{
    json_decref(a->commands);
    arena_destroy(a->arena);
    *a = (struct runner_action){
        .closing = a->closing, .due = a->due, .starts = a->starts, .last = a->last};
}

struct action_wish action_wish(struct runner_action *a, bool draining, bool given_up)
{
    struct action_wish wish = {.free = !a->claim.id || a->over, .ended_count = a->over};
    wish.ended = a->over ? &a->end : NULL;
    a->told = a->over;
    if (!given_up)
        wish.triggers = draining || a->closing ? LAST : ~(1u << ACTION_WORKER_COMPLETE);
    return wish;
}

void action_take(struct runner_action *a, struct jobs *jobs, const struct action_news *news)
{
    a->due = news->due;
    a->starts = news->starts;
    a->last = news->last;
    if (a->told)
        forget(a);
    if (news->claimed_count && news->claimed->id != a->claim.id)
        begin(a, jobs, news->claimed);
}

bool action_reaped(struct runner_action *a, struct jobs *jobs, pid_t pid, int status)
{
    if (!a->pid || pid != a->pid)
        return false;
    bool good = WIFEXITED(status) && !WEXITSTATUS(status);
    a->end.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : UNKNOWN;
    a->end.signal = WIFSIGNALED(status) ? WTERMSIG(status) : UNKNOWN;
    a->pid = 0;
    a->next += good;
    a->end.commands_done = (int32_t)a->next;
    if (good && !(a->stopped && a->next < json_array_size(a->commands))) {
        go_on(a, jobs);
        return true;
    }
    a->end.again = a->stopped;
    a->end.message = a->stopped ? "the runner had to leave before it was done"
                                : arena_printf(a->arena, "command %zu failed", a->next + 1);
    over(a, jobs);
    return true;
}

void action_stop(struct runner_action *a, bool now)
{
    bool last = LAST & 1u << a->claim.trigger;
    if (!a->claim.id || a->over || (last && !now))
        return;
    a->stopped = true;
    if (a->pid)
        kill(-a->pid, now ? SIGKILL : SIGTERM);
}

bool action_is_due(const struct runner_action *a, bool given_up)
{
    return a->claim.id ? a->over && !a->told : a->due && !given_up;
}

bool action_close(struct runner_action *a)
{
    if (!a->last)
        return false;
    a->closing = true;
    return true;
}

void action_fini(struct runner_action *a)
{
    if (a->pid)
        kill(-a->pid, SIGKILL);
    if (a->claim.id)
        forget(a);
}
