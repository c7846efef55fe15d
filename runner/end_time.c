// SPDX-License-Identifier: GPL-2.0-or-later
// squeue runs as a child whose answer is read when it has ended: a controller that is down holds
// nobody up.
#include "runner/end_time.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "runner/allocation.h"
#include "runner/drain.h"

extern char **environ;

enum { AHEAD_USEC = 15 * USEC_PER_SEC, PAUSE_USEC = 10 * USEC_PER_SEC };

// Of --time and of no limit Slurm knows nothing.
static bool may_change(const struct runner *runner)
{
    return runner->node.in_allocation && runner->end_usec && !runner->options->time_usec &&
           !runner->drain;
}

void end_time_ask(struct runner *runner)
{
    struct end_time *ask = &runner->end_time;
    if (!may_change(runner) || ask->pid ||
        (ask->asked_usec && runner->now - ask->asked_usec < PAUSE_USEC))
        return;
    ask->asked_usec = runner->now;
    ask->asked_for_usec = runner->end_usec;
    ask->suspended_usec = runner->suspended_usec;
    ask->answer = memfd_create("end_time", MFD_CLOEXEC);
    if (ask->answer < 0)
        return;
    char job[32];
    char *argv[] = {(char *)"squeue", (char *)"-h", (char *)"-j", job,
                    (char *)"-o",     (char *)"%e", NULL};
    sigset_t none;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t actions;
    snprintf(job, sizeof job, "%lld", (long long)runner->node.slurm_job_id);
    sigemptyset(&none);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ask->answer, STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    if (posix_spawnp(&ask->pid, argv[0], &actions, &attributes, argv, environ)) {
        ask->pid = 0;
        close(ask->answer);
    }
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
}

int64_t end_time_due(const struct runner *runner)
{
    const struct end_time *ask = &runner->end_time;
    if (!may_change(runner) || ask->pid || ask->asked_for_usec == runner->end_usec)
        return INT64_MAX;
    int64_t due = runner->now + drain_time_left_usec(runner) - AHEAD_USEC,
            again = ask->asked_usec + PAUSE_USEC;
    return ask->asked_usec && again > due ? again : due;
}

void end_time_tick(struct runner *runner)
{
    if (end_time_due(runner) <= runner->now)
        end_time_ask(runner);
}

bool end_time_reaped(struct runner *runner, pid_t pid)
{
    struct end_time *ask = &runner->end_time;
    if (!ask->pid || pid != ask->pid)
        return false;
    char text[64];
    ssize_t n = pread(ask->answer, text, sizeof text - 1, 0);
    text[n > 0 ? n : 0] = '\0';
    int64_t end_usec = allocation_read_end(text);
    ask->pid = 0;
    close(ask->answer);
    if (end_usec && may_change(runner)) { // no answer: what was known holds
        runner->node.end_usec = end_usec;
        drain_init(runner);
        if (runner->end_usec - ask->asked_for_usec < USEC_PER_SEC)
            ask->asked_for_usec = runner->end_usec; // the same end, by whole seconds
    }
    return true;
}

void end_time_fini(struct runner *runner)
{
    if (!runner->end_time.pid)
        return;
    kill(runner->end_time.pid, SIGKILL);
    close(runner->end_time.answer);
}
