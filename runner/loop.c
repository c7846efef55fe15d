// SPDX-License-Identifier: GPL-2.0-or-later
// One thread waits for everything at once and does what has become due; it never waits for the
// database or a job.
#include "runner/loop.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/ptrace.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "runner/drain.h"
#include "runner/end_time.h"
#include "runner/flush.h"
#include "runner/job.h"
#include "runner/job_socket.h"
#include "runner/progress.h"
#include "runner/series.h"
#include "runner/signals.h"
#include "runner/top_up.h"

enum {
    WAIT_MOST_USEC =
        USEC_PER_SEC, // with jobs running: a longer sleep than asked for was no sleep of ours
    SUSPENDED_USEC = 2 * USEC_PER_SEC, // so much longer is a suspension
    SIGNALS_AT_ONCE = 16,
};

// A child that called PTRACE_TRACEME (some do, to keep debuggers away) has made us its tracer: it
// goes on without.
static void let_go(pid_t pid, int sig)
{
    ptrace(PTRACE_DETACH, pid, NULL, (void *)(intptr_t)(sig == SIGTRAP ? 0 : sig));
}

static void reap(struct runner *runner)
{
    struct rusage rusage;
    int status;
    for (pid_t pid; (pid = wait4(-1, &status, WNOHANG, &rusage)) > 0;) {
        if (WIFSTOPPED(status)) {
            let_go(pid, WSTOPSIG(status));
            continue;
        }
        struct job *job = job_find_pid(&runner->live, pid);
        if (job)
            job_reaped(runner, job, status, &rusage);
        else if (!end_time_reaped(runner, pid) && !top_up_reaped(runner, pid, status))
            meter_reaped(runner->meter, pid, &rusage);
    }
    struct job *job, *next;
    for (job = TAILQ_FIRST(&runner->live); job; job = next) { // what was dying may be dead now
        next = TAILQ_NEXT(job, link);
        if (job->phase == PHASE_DYING)
            job_end(runner, job);
    }
}

static void read_signals(struct runner *runner, int fd)
{
    struct signalfd_siginfo infos[SIGNALS_AT_ONCE];
    ssize_t n = read(fd, infos, sizeof infos);
    bool child = false;
    for (size_t i = 0; n > 0 && i < (size_t)n / sizeof *infos; i++)
        if (infos[i].ssi_signo == SIGCHLD)
            child = true;
        else
            drain_signal(runner, (int)infos[i].ssi_signo);
    if (child)
        reap(runner);
}

static void tick(struct runner *runner)
{
    struct job *job, *next;
    for (job = TAILQ_FIRST(&runner->live); job; job = next) {
        next = TAILQ_NEXT(job, link);
        if (job_due(job) <= runner->now)
            job_tick(runner, job);
    }
    end_time_tick(runner);
    drain_tick(runner);
    series_tick(runner);
}

static int64_t next_due(const struct runner *runner)
{
    int64_t due = flush_due(runner), other = drain_due(runner);
    struct job *job;
    if (other < due)
        due = other;
    if ((other = end_time_due(runner)) < due)
        due = other;
    if (runner->series.due_usec < due)
        due = runner->series.due_usec;
    TAILQ_FOREACH(job, &runner->live, link)
        if ((other = job_due(job)) < due)
            due = other;
    int64_t most = runner->now + WAIT_MOST_USEC;
    return due < most ? due : most;
}

static void read_clock(struct runner *runner)
{
    runner->now = runner_clock_usec(runner);
}

// Waits; time in which this process and its jobs were frozen together does not count.
static int wait_for_events(struct runner *runner, int poll, struct epoll_event *events, int most)
{
    int64_t wait_usec = next_due(runner) - runner->now;
    int64_t before = clock_mono_usec();
    int count =
        epoll_wait(poll, events, most, wait_usec <= 0 ? 0 : (int)((wait_usec + 999) / 1000));
    int64_t over_usec = clock_mono_usec() - before - (wait_usec > 0 ? wait_usec : 0);
    if (over_usec > SUSPENDED_USEC)
        runner->suspended_usec += over_usec;
    read_clock(runner);
    return count;
}

// Nothing runs, nothing is to be told: is there a reason to stay?
static bool should_leave(const struct runner *runner)
{
    if (!runner->seq || runner->live_count || runner->ended_count || runner->changed ||
        runner->top_up || !link_is_idle(runner->link))
        return false;
    if (runner->drain ||
        (runner->settings.max_fails && runner->failures >= runner->settings.max_fails))
        return true;
    if (runner->held_count)
        return false;
    if (runner->settings.ignore_completion && runner->end_usec)
        return false;
    if (runner->told_complete || !runner->may_come)
        return true;
    return runner->node.in_allocation && runner->now - runner->last_active_usec >=
                                             (int64_t)runner->settings.idle_secs * USEC_PER_SEC;
}

static int step(struct runner *runner, int poll, int signals, struct error *err)
{
    struct epoll_event events[4];
    int count = wait_for_events(runner, poll, events, 4);
    for (int i = 0; i < count; i++) {
        if (events[i].data.fd == signals)
            read_signals(runner, signals);
        else if (runner->socket && events[i].data.fd == job_socket_fd(runner->socket))
            job_socket_serve(runner->socket);
        else if (flush_take(runner, err))
            return -1;
    }
    tick(runner);
    flush_start_held(runner);
    if (runner->expelled && !runner->live_count)
        runner->left = true;
    if (!top_up_when_due(runner) && !runner->leaving && should_leave(runner))
        runner->leaving = true;
    flush_when_due(runner);
    flush_journal(runner);
    if (flush_gives_up(runner, err))
        return -1;
    if (runner->socket)
        job_socket_send(runner->socket, runner->link);
    progress_tick(runner);
    return 0;
}

int loop_run(struct runner *runner, struct error *err)
{
    sigset_t set;
    signals_fill(&set);
    cleanup_close int signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    cleanup_close int poll = epoll_create1(EPOLL_CLOEXEC);
    if (signals < 0 || poll < 0 ||
        epoll_ctl(poll, EPOLL_CTL_ADD, signals,
                  &(struct epoll_event){.events = EPOLLIN, .data.fd = signals}) ||
        epoll_ctl(poll, EPOLL_CTL_ADD, link_fd(runner->link),
                  &(struct epoll_event){.events = EPOLLIN, .data.fd = link_fd(runner->link)}) ||
        (runner->socket &&
         epoll_ctl(
             poll, EPOLL_CTL_ADD, job_socket_fd(runner->socket),
             &(struct epoll_event){.events = EPOLLIN, .data.fd = job_socket_fd(runner->socket)})))
        return error_set(err, ERROR_INTERNAL, errno, "cannot wait for events");
    read_clock(runner);
    drain_init(runner);
    series_init(runner);
    runner->last_active_usec = runner->now;
    flush_when_due(runner);
    while (!runner->left)
        if (step(runner, poll, signals, err))
            return -1;
    return 0;
}
