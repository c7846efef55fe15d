// SPDX-License-Identifier: GPL-2.0-or-later
// Reasons in words.
#include "lib/show/why.h"

#include <signal.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/meter/usage.h"
#include "lib/show/format.h"

static const char *const sentences[REASONS + 1] = {
    [REASON_NONE] = NULL, // exit, signal, oom and timeout have numbers to tell
    [REASON_MISSING_INPUT] = "an input file is missing",
    [REASON_MISSING_OUTPUT] = "it ended well, but an output file is missing",
    [REASON_LOST] = "lost: its runner or node died",
    [REASON_SPAWN_ERROR] = "it could not be started",
    [REASON_CANCELED] = "canceled while it ran",
    [REASON_TERMINATED] = "stopped before it was done",
    [REASON_STRICT] = "it completed, but with a warning, and the workflow is strict",
    [REASONS] = "nobody knows how",
};

static const char *signal_name(int signal)
{
    const char *name = sigabbrev_np(signal);
    return name ? name : "?";
}

// "oom_killed, output_not_written", or NULL.
static char *warning_names(int32_t warnings)
{
    char *text = NULL;
    for (int i = 0; i < WARNINGS; i++) {
        cleanup_free char *old = text;
        if (!(warnings & 1 << i))
            text = take_ptr(old);
        else
            text = old ? xasprintf("%s, %s", old, attempt_warning_names[i])
                       : xstrdup(attempt_warning_names[i]);
    }
    return text;
}

// What a shell makes of a signal that ended its command: 139 is SEGV. NULL: nothing.
static const char *signal_of_exit(int exit_code)
{
    return exit_code > 128 ? sigabbrev_np(exit_code - 128) : NULL;
}

char *why_attempt_short(const struct attempt_info *attempt)
{
    const struct attempt_end *end = &attempt->end;
    if (!end->end_usec)
        return end->message ? xstrdup("recovery script") : NULL;
    cleanup_free char *warnings = warning_names(end->warnings);
    if (end->reason == REASON_STRICT && warnings)
        return xasprintf("%s: %s", attempt_reason_names[end->reason], warnings);
    if (end->reason == REASON_NONE)
        return take_ptr(warnings);
    const char *in_shell = signal_of_exit(end->exit_code);
    if (end->reason == REASON_EXIT && end->exit_code >= 0)
        return xasprintf("exit %d%s%s", end->exit_code, in_shell ? " " : "",
                         in_shell ? in_shell : "");
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
    if (end->message && *end->message) // the runner was there
        return xstrdup(end->message);
    if (!end->end_usec)
        return NULL;
    if (end->reason == REASON_NONE)
        return warning_names(end->warnings);
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
    const char *in_shell = signal_of_exit(end->exit_code);
    return in_shell ? xasprintf("exit code %d: signal %d (%s) ended a command of it",
                                end->exit_code, end->exit_code - 128, in_shell)
                    : xasprintf("exit code %d", end->exit_code);
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

char *why_waits(const struct job_info *job)
{
    if (job->state == JOB_BLOCKED && job->why)
        return xasprintf("waits for %s, which is %s", job->why, job_state_names[job->why_state]);
    if (job->state == JOB_BLOCKED)
        return xstrdup("waits for other jobs, and which is not known");
    if (job->state == JOB_PENDING)
        return xstrdup("claimed by a runner, which has not started it yet");
    if (job->state == JOB_UNINITIALIZED)
        return xstrdup("waits for the workflow to be created or restarted");
    if (job->state == JOB_PENDING_FAILED)
        return xstrdup("failed, and waits for your decision: torc restart or torc cancel");
    return NULL;
}

static bool has_why(const struct job_info *job, const struct attempt_info *last)
{
    return last && job->state != JOB_CANCELED &&
           (job_state_is_final(job->state) || job->state == JOB_RUNNING);
}

char *why_job_short(const struct job_info *job, const struct attempt_info *last)
{
    char *text = why_state(job);
    return text || !has_why(job, last) ? text : why_attempt_short(last);
}

char *why_job(const struct job_info *job, const struct attempt_info *last)
{
    if (job->state == JOB_CANCELED && job->why)
        return xasprintf("needs %s, which did not complete", job->why);
    char *text = why_state(job);
    return text || !has_why(job, last) ? text : why_attempt(last);
}

static int64_t count_all(const int64_t *counts)
{
    int64_t count = 0;
    for (int i = 0; i < JOB_STATES; i++)
        count += counts[i];
    return count;
}

int64_t why_count_failed(const int64_t *counts)
{
    return counts[JOB_FAILED] + counts[JOB_TERMINATED] + counts[JOB_PENDING_FAILED];
}

char *why_workflow(const struct workflow_info *workflow)
{
    const int64_t *counts = workflow->counts;
    int64_t failed = why_count_failed(counts), all = count_all(counts);
    if (workflow->state == WORKFLOW_COMPLETE && failed)
        return xasprintf("ended, %lld of %lld failed", (long long)failed, (long long)all);
    if (workflow->state == WORKFLOW_COMPLETE && counts[JOB_CANCELED])
        return xasprintf("ended, %lld of %lld canceled", (long long)counts[JOB_CANCELED],
                         (long long)all);
    return xstrdup(workflow_state_names[workflow->state]);
}

char *why_again(const struct workflow_info *workflow)
{
    const int64_t *counts = workflow->counts;
    if ((workflow->state != WORKFLOW_COMPLETE && workflow->state != WORKFLOW_CANCELED) ||
        count_all(counts) == counts[JOB_COMPLETED] + counts[JOB_DISABLED])
        return NULL;
    return xasprintf("To run again what did not complete: torc restart %lld",
                     (long long)workflow->id);
}

enum color why_workflow_color(const struct workflow_info *workflow)
{
    bool ended = workflow->state == WORKFLOW_COMPLETE;
    return ended && why_count_failed(workflow->counts) ? COLOR_RED
           : ended && workflow->counts[JOB_CANCELED]   ? COLOR_YELLOW
                                                       : workflow_state_color(workflow->state);
}
