// SPDX-License-Identifier: GPL-2.0-or-later
// A line that is rewritten, and a summary.
#include "runner/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/base/text.h"
#include "lib/meter/meter.h"
#include "lib/show/progress_line.h"
#include "lib/store/pack.h"
#include "lib/store/read_each.h"

enum { ASK_MSEC = 5000, NAMED_MOST = 5, CLASSES_MOST = 100, INTERRUPTED = 130 };

static struct {
    bool shown, terminal;
    int64_t total, ended_before;
    int64_t written_msec; // the last one; of a log, the first is due a minute after the beginning
    int64_t asked_msec;   // for the estimate
    struct estimate estimate;
} line;

// The counts of the workflow now; false: they cannot be read.
static bool read_counts(struct runner *runner, struct read_reply *reply, const char *why)
{
    struct error err;
    struct read_request request = {.what = READ_WORKFLOWS, .workflow_id = runner->jobs.workflow_id};
    if (store_read(runner->store, &request, reply, &err)) {
        fprintf(stderr, "torc-run: %s: %s\n", why, err.text);
        return false;
    }
    if (reply->count)
        return true;
    read_reply_fini(reply);
    return false;
}

static int64_t count_ended(const struct workflow_info *info)
{
    int64_t ended = 0;
    for (int state = 0; state < JOB_STATES; state++)
        if (job_state_is_final((enum job_state)state))
            ended += info->counts[state];
    return ended;
}

// For the log of an allocation: there a kernel that holds jobs is expected.
static void say_how_measured(const struct runner *runner)
{
    if (runner->jobs.node.in_allocation && !runner->options->accounting &&
        !runner->options->quiet && meter_source(runner->jobs.meter) == SOURCE_PROC)
        fprintf(stderr, "torc-run: jobs are measured by /proc, without cgroups: %s\n",
                meter_why(runner->jobs.meter));
}

void progress_begin(struct runner *runner)
{
    struct read_reply reply;
    say_how_measured(runner);
    line.terminal = isatty(STDERR_FILENO);
    line.written_msec = line.terminal ? 0 : clock_mono_msec();
    line.shown = !runner->options->quiet && !runner->jobs.node.in_allocation &&
                 read_counts(runner, &reply, "cannot count jobs");
    if (!line.shown)
        return;
    line.total = job_states_count(reply.workflows->counts, JOB_STATES_ALL);
    line.ended_before = count_ended(reply.workflows);
    read_reply_fini(&reply);
}

void progress_tick(struct runner *runner)
{
    int64_t now_msec = clock_mono_msec();
    if (!line.shown)
        return;
    bool again = now_msec - line.asked_msec >= ASK_MSEC;
    if (again)
        line.asked_msec = now_msec;
    link_estimate(runner->link, runner->jobs.workflow_id, again, &line.estimate);
    if (!progress_line_due(line.terminal, true,
                           line.written_msec ? now_msec - line.written_msec : -1))
        return;
    line.written_msec = now_msec;
    struct error why;
    const char *trouble =
        link_outage_usec(runner->link, &why) > USEC_PER_SEC ? "; the database is away" : "";
    cleanup_free char *text =
        xasprintf("%" PRId64 " of %" PRId64 " jobs ended, %u running, %d failed%s",
                  line.ended_before + runner->completed, line.total, runner->jobs.live_count,
                  runner->intake.failures, trouble);
    progress_line_write(stderr, line.terminal, clock_real_usec(), text, &line.estimate);
}

void progress_clear(void)
{
    if (line.shown && line.terminal)
        fputs("\r\033[K", stderr);
}

// Names some jobs of a state, with what their last attempt says.
static void name_jobs(struct runner *runner, enum job_state state, int64_t count)
{
    struct read_reply jobs, attempts;
    struct error ignored;
    struct read_request request = {.what = READ_JOBS,
                                   .workflow_id = runner->jobs.workflow_id,
                                   .states = 1u << state,
                                   .limit = NAMED_MOST};
    if (store_read(runner->store, &request, &jobs, NULL))
        return;
    for (uint32_t i = 0; i < jobs.count; i++) {
        const struct attempt_info *last = NULL;
        bool known = !store_read_last_attempt(runner->store, &jobs.jobs[i],
                                              runner->jobs.workflow_id, &attempts, &last, &ignored);
        const struct attempt_end *end = known && last ? &last->end : NULL;
        cleanup_free char *name = text_safe(jobs.jobs[i].name);
        cleanup_free char *why = text_safe(end && end->message ? end->message : "");
        cleanup_free char *command =
            end && end->start.stream_at
                ? xasprintf("torc logs %" PRId64 ".%s", runner->jobs.workflow_id, name)
                : xstrdup(end && end->start.stderr_path ? end->start.stderr_path : "");
        cleanup_free char *see = text_safe(command);
        fprintf(stderr, "  %s %s%s%s%s%s\n", name, job_state_names[state], *why ? ": " : "", why,
                *see ? "; see " : "", see);
        if (known)
            read_reply_fini(&attempts);
    }
    if (count > (int64_t)jobs.count)
        fprintf(stderr, "  and %" PRId64 " more %s\n", count - (int64_t)jobs.count,
                job_state_names[state]);
    read_reply_fini(&jobs);
}

// Names what is ready, but for runners of other labels; returns how many jobs that are.
static int64_t name_others(struct runner *runner)
{
    int64_t named = 0;
    struct read_reply reply;
    struct read_request request = {
        .what = READ_CLASSES, .workflow_id = runner->jobs.workflow_id, .limit = CLASSES_MOST};
    if (store_read(runner->store, &request, &reply, NULL))
        return 0;
    for (uint32_t i = 0; i < reply.count; i++) {
        const struct class_info *class = &reply.classes[i];
        int64_t ready = class->counts[JOB_READY];
        if (!ready || pack_labels_fit(runner->options->labels, class->labels))
            continue;
        named += ready;
        fprintf(stderr,
                "torc-run: %" PRId64 " %s for a runner %s%s: torc-run --workflow %" PRId64 "%s%s\n",
                ready, ready == 1 ? "job waits" : "jobs wait",
                class->labels ? "with the labels " : "without labels",
                class->labels ? class->labels : "", runner->jobs.workflow_id,
                class->labels ? " --label " : "", class->labels ? class->labels : "");
    }
    read_reply_fini(&reply);
    return named;
}

static void say_how_it_went(struct runner *runner, const struct workflow_info *info)
{
    cleanup_free char *name = text_safe(info->name);
    int64_t all = job_states_count(info->counts, JOB_STATES_ALL),
            completed = info->counts[JOB_COMPLETED];
    fprintf(stderr,
            "torc-run: workflow %" PRId64 " (%s): %" PRId64 " of %" PRId64 " jobs completed",
            info->id, name, completed, all);
    for (int state = 0; state < JOB_STATES; state++)
        if (state != JOB_COMPLETED && info->counts[state])
            fprintf(stderr, ", %" PRId64 " %s", info->counts[state], job_state_names[state]);
    fputc('\n', stderr);
    if (info->counts[JOB_FAILED])
        name_jobs(runner, JOB_FAILED, info->counts[JOB_FAILED]);
    int64_t others = info->counts[JOB_READY] ? name_others(runner) : 0;
    if (count_ended(info) < all && (!others || others < info->counts[JOB_READY]))
        fprintf(stderr, "torc-run: to go on with it: torc-run --workflow %" PRId64 "\n", info->id);
    fprintf(stderr, "torc-run: to see what each job did: torc-report %" PRId64 "\n", info->id);
}

int progress_end(struct runner *runner)
{
    struct read_reply reply;
    progress_clear();
    if (!read_counts(runner, &reply, "cannot read how it went"))
        return ERROR_UNREACHABLE;
    const struct workflow_info *info = reply.workflows;
    bool good = info->counts[JOB_COMPLETED] + info->counts[JOB_DISABLED] ==
                job_states_count(info->counts, JOB_STATES_ALL);
    if (!runner->options->quiet)
        say_how_it_went(runner, info);
    read_reply_fini(&reply);
    return runner->interrupts ? INTERRUPTED : good ? ERROR_NONE : ERROR_JOBS;
}
