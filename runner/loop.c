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
#include "runner/action.h"
#include "runner/ahead.h"
#include "runner/contents.h"
#include "runner/drain.h"
#include "runner/end_time.h"
#include "runner/flush.h"
#include "runner/hasher.h"
#include "runner/job/gpus.h"
#include "runner/job/life.h"
#include "runner/progress.h"
#include "runner/series.h"
#include "runner/shares.h"
#include "runner/signals.h"
#include "runner/socket/socket.h"
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
    struct jobs *jobs = &runner->jobs;
    struct rusage rusage;
    int status;
    for (pid_t pid; (pid = wait4(-1, &status, WNOHANG, &rusage)) > 0;) {
        if (WIFSTOPPED(status)) {
            let_go(pid, WSTOPSIG(status));
            continue;
        }
        struct job *job = job_find_pid(&jobs->live, pid);
        if (job)
            job_reaped(jobs, job, status, &rusage);
        else if (!end_time_reaped(&runner->end_time, jobs, pid) &&
                 !top_up_reaped(&runner->top_up, jobs, pid, status) &&
                 !action_reaped(&runner->action, jobs, pid, status))
            meter_reaped(jobs->meter, pid, &rusage);
    }
    struct job *job, *next;
    for (job = TAILQ_FIRST(&jobs->live); job; job = next) { // what was dying may be dead now
        next = TAILQ_NEXT(job, link);
        if (job->phase == PHASE_DYING)
            job_end(jobs, job);
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

// Some that have ended have all that they printed in the file.
static void drain_outputs(struct runner *runner)
{
    struct job *job, *next;
    recorder_hear(runner->jobs.recorder);
    for (job = TAILQ_FIRST(&runner->jobs.live); job; job = next) {
        next = TAILQ_NEXT(job, link);
        if (job->phase == PHASE_DRAINING)
            job_drain(&runner->jobs, job);
    }
}

static void tick(struct runner *runner)
{
    struct job *job, *next;
    for (job = TAILQ_FIRST(&runner->jobs.live); job; job = next) {
        next = TAILQ_NEXT(job, link);
        if (job_due(job) <= runner->jobs.now)
            job_tick(&runner->jobs, job);
    }
    end_time_tick(&runner->end_time, &runner->jobs);
    drain_tick(runner);
    series_tick(&runner->series, &runner->jobs);
}

static int64_t next_due(const struct runner *runner)
{
    int64_t due = flush_due(runner), other = drain_due(runner);
    struct job *job;
    if (other < due)
        due = other;
    if ((other = end_time_due(&runner->end_time, &runner->jobs)) < due)
        due = other;
    if ((other = contents_due(runner)) < due)
        due = other;
    if (runner->series.due_usec < due)
        due = runner->series.due_usec;
    TAILQ_FOREACH(job, &runner->jobs.live, link)
        if ((other = job_due(job)) < due)
            due = other;
    int64_t most = runner->jobs.now + WAIT_MOST_USEC;
    return due < most ? due : most;
}

// Was this process let go on, and has not looked at its signals since?
static bool goes_on(void)
{
    sigset_t pending;
    return !sigpending(&pending) && sigismember(&pending, SIGCONT) == 1;
}

// Work that took so long was work in which everything was frozen, if somebody let it go on since;
// if not, a disk was slow, and the jobs ran.
static void read_clock(struct runner *runner)
{
    int64_t since_usec = runner->clock_usec;
    runner->clock_usec = clock_mono_usec();
    if (since_usec && runner->clock_usec - since_usec > SUSPENDED_USEC && goes_on())
        runner->jobs.suspended_usec += runner->clock_usec - since_usec;
    runner->jobs.now = jobs_clock_usec(&runner->jobs);
}

// Waits; time in which this process and its jobs were frozen together does not count.
static int wait_for_events(struct runner *runner, int poll, struct epoll_event *events, int most)
{
    read_clock(runner);
    int64_t wait_usec = next_due(runner) - runner->jobs.now;
    int64_t before = runner->clock_usec;
    int count =
        epoll_wait(poll, events, most, wait_usec <= 0 ? 0 : (int)((wait_usec + 999) / 1000));
    runner->clock_usec = clock_mono_usec();
    int64_t over_usec = runner->clock_usec - before - (wait_usec > 0 ? wait_usec : 0);
    if (over_usec > SUSPENDED_USEC)
        runner->jobs.suspended_usec += over_usec;
    read_clock(runner);
    return count;
}

// Its end is to be told, and what waited for it alone starts.
static void tell(struct runner *runner, struct job *job)
{
    flush_put(runner, job);
    ahead_go_on(runner, job);
}

// What starts because of an end may have ended at once.
static void take_ended(struct runner *runner)
{
    struct job *job;
    while ((job = shares_next(runner)))
        tell(runner, job);
    while ((job = contents_next(runner)))
        tell(runner, job);
    while ((job = TAILQ_FIRST(&runner->jobs.ended))) {
        TAILQ_REMOVE(&runner->jobs.ended, job, link);
        if (!contents_keep(runner, job) && !shares_keep(runner, job))
            tell(runner, job);
    }
}

// Nothing runs, nothing is to be told: is there a reason to stay?
static bool has_nothing_to_do(const struct runner *runner)
{
    const struct jobs *jobs = &runner->jobs;
    if (!runner->seq || jobs->live_count || runner->hashing_count || runner->doubted_count ||
        runner->shares_open || runner->outbox_count || runner->changed || runner->top_up.pid ||
        !link_is_idle(runner->link))
        return false;
    if (runner->action.claim.id || (runner->action.due && runner->interrupts < 2))
        return false;
    if (runner->action.closing || runner->intake.draining || intake_has_failed(&runner->intake))
        return true;
    if (jobs->held_count)
        return false;
    if (jobs->settings.ignore_completion && runner->end_time.end_usec)
        return false;
    if (runner->intake.complete || !runner->may_come)
        return true;
    return jobs->node.in_allocation &&
           jobs->now - runner->last_active_usec >= (int64_t)jobs->settings.idle_secs * USEC_PER_SEC;
}

// What it does last of all it asks for then.
static bool should_leave(struct runner *runner)
{
    if (!has_nothing_to_do(runner))
        return false;
    if (runner->interrupts >= 2 || runner->expelled || !action_close(&runner->action))
        return true;
    runner->urgent = true;
    return false;
}

// Another runner has this allocation, or will. What was killed for its sake is lost, not failed: as
// if this one and its keeper had been killed before.
static void give_way(const struct runner *runner)
{
    fputs("torc-run: somebody has killed its jobs, as Slurm has begun the allocation anew; this "
          "runner gives way, and its jobs are lost and run again\n",
          stderr);
    if (getppid() == runner->keeper)
        kill(runner->keeper, SIGKILL);
    raise(SIGKILL);
}

static int step(struct runner *runner, int poll, int signals, struct error *err)
{
    struct epoll_event events[6];
    bool news = false;
    int count = wait_for_events(runner, poll, events, 6);
    for (int i = 0; i < count; i++) {
        if (events[i].data.fd == signals)
            read_signals(runner, signals);
        else if (runner->socket && events[i].data.fd == job_socket_fd(runner->socket))
            job_socket_serve(runner->socket);
        else if (events[i].data.fd == recorder_fd(runner->jobs.recorder))
            drain_outputs(runner);
        else if (runner->hasher && events[i].data.fd == hasher_fd(runner->hasher))
            hasher_hear(runner->hasher);
        else if (events[i].data.fd == gpus_fd(&runner->jobs))
            gpus_hear(&runner->jobs);
        else
            news = true;
    }
    tick(runner);
    if (runner->jobs.killed &&
        (runner->jobs.swept || keeper_is_orphan(runner->keeper, runner->shared)))
        give_way(runner);
    runner->jobs.killed = false;
    read_clock(runner);
    take_ended(runner);
    if (news && flush_take(runner, err))
        return -1;
    flush_start_held(runner);
    take_ended(runner);
    if (runner->expelled && !runner->jobs.live_count)
        runner->left = true;
    bool again = runner->top_up.again && !runner->intake.complete && !runner->intake.draining;
    if (again)
        top_up_start(&runner->top_up, &runner->jobs, runner->db);
    else if (!runner->intake.leaving && should_leave(runner))
        runner->intake.leaving = true;
    if (action_is_due(&runner->action, runner->interrupts >= 2))
        runner->urgent = true;
    flush_when_due(runner);
    flush_journal(runner);
    if (flush_gives_up(runner, err))
        return -1;
    if (runner->socket)
        job_socket_send(runner->socket, runner->link);
    progress_tick(runner);
    return 0;
}

static int watch(int poll, int fd)
{
    return epoll_ctl(poll, EPOLL_CTL_ADD, fd,
                     &(struct epoll_event){.events = EPOLLIN, .data.fd = fd});
}

int loop_run(struct runner *runner, struct error *err)
{
    sigset_t set;
    signals_fill(&set);
    cleanup_close int signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    cleanup_close int poll = epoll_create1(EPOLL_CLOEXEC);
    if (signals < 0 || poll < 0 || watch(poll, signals) || watch(poll, link_fd(runner->link)) ||
        watch(poll, recorder_fd(runner->jobs.recorder)) ||
        (runner->socket && watch(poll, job_socket_fd(runner->socket))) ||
        (runner->hasher && watch(poll, hasher_fd(runner->hasher))) ||
        (runner->jobs.gpus.watch && watch(poll, gpus_fd(&runner->jobs))))
        return error_set(err, ERROR_INTERNAL, errno, "cannot wait for events");
    read_clock(runner);
    runner->end_time.fixed = runner->options->time_usec > 0;
    end_time_init(&runner->end_time, &runner->jobs);
    series_init(&runner->series, &runner->jobs);
    runner->last_active_usec = runner->jobs.now;
    flush_when_due(runner);
    while (!runner->left)
        if (step(runner, poll, signals, err))
            return -1;
    return 0;
}
