// SPDX-License-Identifier: GPL-2.0-or-later
// When to stop, and how hard.
#include "runner/drain.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/crash.h"
#include "runner/action.h"
#include "runner/end_time.h"
#include "runner/job/life.h"
#include "runner/progress.h"

// Of the time between Slurm's TERM and its KILL, what jobs may use: the records must be written by
// then.
static int64_t after_term_usec(const struct runner *runner)
{
    enum { ENOUGH_USEC = 10 * USEC_PER_SEC };
    int64_t half_usec = (int64_t)runner->options->kill_wait_secs * USEC_PER_SEC / 2;
    return half_usec < ENOUGH_USEC ? half_usec : ENOUGH_USEC;
}

static int64_t lead_usec(const struct runner *runner)
{
    struct end_times times =
        settings_end_times(&runner->jobs.settings, runner->jobs.node.walltime_usec);
    return times.margin_usec - times.headroom_usec;
}

void drain_begin(struct runner *runner, enum stop why, int64_t grace_usec)
{
    struct job *job, *next;
    runner->intake.draining = true;
    runner->end_time.fixed = true;
    runner->urgent = true; // what is held goes back now
    action_stop(&runner->action, why == STOP_REFUSED || runner->interrupts >= 2);
    crash_point("drain-begun");
    for (job = TAILQ_FIRST(&runner->jobs.live); job; job = next) {
        next = TAILQ_NEXT(job, link);
        job_stop(&runner->jobs, job, why, grace_usec);
    }
}

// Once: the jobs may end in their own way; twice: they are killed.
static void interrupt(struct runner *runner, bool now)
{
    runner->interrupts += now ? 2 : 1;
    if (runner->interrupts == 1 && !runner->options->quiet) {
        progress_clear();
        fprintf(stderr, "torc-run: ending %u running %s; once more to kill %s\n",
                runner->jobs.live_count, runner->jobs.live_count == 1 ? "job" : "jobs",
                runner->jobs.live_count == 1 ? "it" : "them");
    }
    drain_begin(runner, STOP_USER, runner->interrupts == 1 ? lead_usec(runner) : 0);
}

// Slurm warns up to a minute early, and of an end that may have been moved: what is known of it is
// asked anew, and counts. Where nothing is known Slurm is believed.
static void warned(struct runner *runner)
{
    if (end_time_left_usec(&runner->end_time, &runner->jobs) > 1)
        end_time_ask(&runner->end_time, &runner->jobs);
    else
        drain_begin(runner, STOP_ALLOCATION, lead_usec(runner));
}

void drain_signal(struct runner *runner, int sig)
{
    int64_t lead = lead_usec(runner);
    if (sig == SIGCONT &&
        runner->jobs.suspended_usec !=
            runner->end_time.suspended_usec) // Slurm sends one before each TERM, too
        end_time_ask(&runner->end_time, &runner->jobs);
    if (sig == SIGCONT || sig == SIGUSR2)
        return;
    if (getppid() !=
        runner->keeper) // the keeper was killed: nobody else ends the jobs if we are, too
        drain_begin(runner, STOP_ALLOCATION, 0);
    else if (sig == SIGQUIT)
        interrupt(runner, true);
    else if (sig == SIGINT || !runner->jobs.node.in_allocation)
        interrupt(runner, false);
    else if (sig == SIGUSR1)
        warned(runner);
    else
        drain_begin(runner, STOP_ALLOCATION,
                    lead < after_term_usec(runner) ? lead : after_term_usec(runner));
}

void drain_tick(struct runner *runner)
{
    if (!runner->intake.draining && runner->end_time.end_usec &&
        end_time_left_usec(&runner->end_time, &runner->jobs) == 1)
        drain_begin(runner, STOP_ALLOCATION, lead_usec(runner));
}

int64_t drain_due(const struct runner *runner)
{
    return runner->intake.draining || !runner->end_time.end_usec
               ? INT64_MAX
               : runner->jobs.now + end_time_left_usec(&runner->end_time, &runner->jobs);
}
