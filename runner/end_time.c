// SPDX-License-Identifier: GPL-2.0-or-later
// The question runs as a child whose answer is read when it has ended: a controller that is down
// holds nobody up.
#include "runner/end_time.h"

#include "lib/base/clock.h"

enum { AHEAD_USEC = 15 * USEC_PER_SEC, PAUSE_USEC = 10 * USEC_PER_SEC };

void end_time_init(struct end_time *end, const struct jobs *jobs)
{
    if (jobs->node.end_usec)
        end->end_usec = jobs->now + (jobs->node.end_usec - clock_real_usec());
}

int64_t end_time_left_usec(const struct end_time *end, const struct jobs *jobs)
{
    struct end_times times = settings_end_times(&jobs->settings, jobs->node.walltime_usec);
    if (!end->end_usec)
        return 0;
    int64_t left = end->end_usec - times.margin_usec - jobs->now;
    return left > 0 ? left : 1;
}

static bool may_change(const struct end_time *end, const struct jobs *jobs)
{
    return jobs->node.in_allocation && end->end_usec && !end->fixed;
}

void end_time_ask(struct end_time *end, const struct jobs *jobs)
{
    if (!may_change(end, jobs) || end->ask.pid ||
        (end->asked_usec && jobs->now - end->asked_usec < PAUSE_USEC))
        return;
    end->asked_usec = jobs->now;
    end->suspended_usec = jobs->suspended_usec;
    slurm_end_ask(&end->ask, jobs->node.slurm_job_id);
}

int64_t end_time_due(const struct end_time *end, const struct jobs *jobs)
{
    if (!may_change(end, jobs) || end->ask.pid || end->asked_for_usec == end->end_usec)
        return INT64_MAX;
    int64_t due = jobs->now + end_time_left_usec(end, jobs) - AHEAD_USEC,
            again = end->asked_usec + PAUSE_USEC;
    return end->asked_usec && again > due ? again : due;
}

void end_time_tick(struct end_time *end, struct jobs *jobs)
{
    if (end_time_due(end, jobs) > jobs->now)
        return;
    end->asked_for_usec = end->end_usec;
    end_time_ask(end, jobs);
}

bool end_time_reaped(struct end_time *end, struct jobs *jobs, pid_t pid)
{
    if (!end->ask.pid || pid != end->ask.pid)
        return false;
    int64_t end_usec = slurm_end_take(&end->ask);
    if (end_usec && may_change(end, jobs)) { // no answer: what was known holds
        jobs->node.end_usec = end_usec;
        end_time_init(end, jobs);
        if (end->end_usec - end->asked_for_usec < USEC_PER_SEC)
            end->asked_for_usec = end->end_usec; // the same end, by whole seconds
    }
    return true;
}

void end_time_fini(struct end_time *end)
{
    slurm_end_fini(&end->ask);
}
