// SPDX-License-Identifier: GPL-2.0-or-later
// Reasons in words.
#include "lib/show/why.h"

#include <signal.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/meter/usage.h"
#include "lib/show/format.h"

static const char *const sentences[REASONS] = {
    [REASON_NONE] = NULL, // exit, signal, oom and timeout have numbers to tell
    [REASON_MISSING_INPUT] = "an input file is missing",
    [REASON_MISSING_OUTPUT] = "it ended well, but an output file is missing",
    [REASON_LOST] = "lost: its runner or node died",
    [REASON_SPAWN_ERROR] = "it could not be started",
    [REASON_CANCELED] = "canceled while it ran",
    [REASON_TERMINATED] = "stopped before it was done",
};

static const char *signal_name(int signal)
{
    const char *name = sigabbrev_np(signal);
    return name ? name : "?";
}

// In a word or two, for tables: "exit 3", "signal 11 SEGV", "oom", "timeout", "missing_output";
// NULL as for why_attempt.
static char *attempt_in_short(const struct attempt_info *attempt)
{
    const struct attempt_end *end = &attempt->end;
    if (!end->end_usec || end->reason == REASON_NONE)
        return NULL;
    if (end->reason == REASON_EXIT && end->exit_code >= 0)
        return xasprintf("exit %d", end->exit_code);
    if (end->reason == REASON_SIGNAL && end->signal > 0)
        return xasprintf("signal %d %s", end->signal, signal_name(end->signal));
    return xstrdup(attempt_reason_names[end->reason]);
}

static char *oom_sentence(const struct attempt_end *end)
{
    struct usage_record usage;
    char limit[FORMAT_SIZE];
    usage_total(end, false, &usage);
    if (usage.memory_limit_bytes <= 0)
        return xstrdup("out of memory");
    return xasprintf("out of memory: it was held to %s",
                     format_bytes(limit, usage.memory_limit_bytes));
}

char *why_attempt(const struct attempt_info *attempt)
{
    const struct attempt_end *end = &attempt->end;
    char wall[FORMAT_SIZE];
    if (!end->end_usec)
        return NULL;
    if (end->message && *end->message) // the runner was there
        return xstrdup(end->message);
    if (end->reason == REASON_NONE)
        return NULL;
    if (end->reason == REASON_OOM)
        return oom_sentence(end);
    if (end->reason == REASON_TIMEOUT)
        return xasprintf("it reached its runtime limit after %s",
                         format_duration(wall, end->wall_usec));
    if (sentences[end->reason])
        return xstrdup(sentences[end->reason]);
    if (end->signal > 0)
        return xasprintf("killed by signal %d (%s)%s", end->signal, signal_name(end->signal),
                         end->core ? ", core dumped" : "");
    return xasprintf("exit code %d", end->exit_code);
}

static char *why_state(const struct job_info *job)
{
    if (job->state == JOB_BLOCKED && job->why)
        return xasprintf("waits for %s", job->why);
    if (job->state == JOB_CANCELED && job->why)
        return xasprintf("needs %s", job->why);
    if (job->state == JOB_CANCELED)
        return xstrdup("by the user");
    return NULL;
}

char *why_job_short(const struct job_info *job, const struct attempt_info *last)
{
    char *text = why_state(job);
    return text || !last || job->state == JOB_CANCELED || !job_state_is_final(job->state)
               ? text
               : attempt_in_short(last);
}

char *why_job(const struct job_info *job, const struct attempt_info *last)
{
    if (job->state == JOB_CANCELED && job->why)
        return xasprintf("needs %s, which did not complete", job->why);
    char *text = why_state(job);
    return text || !last || job->state == JOB_CANCELED || !job_state_is_final(job->state)
               ? text
               : why_attempt(last);
}
