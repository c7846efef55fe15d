// SPDX-License-Identifier: GPL-2.0-or-later
// A flush carries ends, starts and give-backs, and asks for what may start next. At once when a
// slot would stay empty; else after 50 ms, or 256 ends: a commit is dear, and one carries many.
#include "runner/flush.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/crash.h"
#include "lib/base/mem.h"
#include "lib/store/journal.h"
#include "runner/action.h"
#include "runner/ahead.h"
#include "runner/batch.h"
#include "runner/claim.h"
#include "runner/contents.h"
#include "runner/drain.h"
#include "runner/job/life.h"
#include "runner/job/steps.h"
#include "runner/progress.h"
#include "runner/series.h"
#include "runner/shares.h"
#include "runner/socket/socket.h"
#include "runner/top_up.h"

enum {
    FLUSH_USEC = 50 * USEC_PER_MSEC,
    FLUSH_ENDS = 256,
    AWAY_USEC = 5 * USEC_PER_SEC, // without an answer for so long, the store is away
    AWAY_DRAIN_USEC = USEC_PER_SEC / 2,
    AWAY_HERE_USEC = USEC_PER_SEC / 2, // memory of this host costs nothing
    HEARTBEAT_USEC = BEAT_SECS * USEC_PER_SEC,
    HOLD_USEC = USEC_PER_SEC, // longer than this nothing is kept from other runners
};

// The lists of the request live until its reply: one set, as one request is under way.
static struct {
    struct attempt_start *starts;
    struct attempt_end *ends;
    int64_t *returned;
    int64_t ahead[16];
    size_t starts_space, ends_space, returned_space;
} lists;

void flush_put(struct runner *runner, struct job *job)
{
    TAILQ_INSERT_TAIL(&runner->outbox, job, link);
    if (!runner->outbox_count++)
        runner->outbox_since_usec = runner->jobs.now;
    runner->completed++;
    runner->rate_counts[0]++;
    if (job->end.state == JOB_FAILED)
        runner->intake.failures++;
    runner->last_active_usec = runner->jobs.now;
}

static void fill_ends(struct runner *runner, struct sync_request *request)
{
    struct job *job;
    runner->sending_count = runner->outbox_count;
    TAILQ_CONCAT(&runner->sending, &runner->outbox, link);
    runner->outbox_count = 0;
    TAILQ_FOREACH(job, &runner->sending, link) {
        lists.ends =
            array_grow(lists.ends, request->ends_count, &lists.ends_space, sizeof *lists.ends);
        lists.ends[request->ends_count++] = job->end;
    }
    request->ends = lists.ends;
}

static void add_start(struct sync_request *request, struct job *job)
{
    lists.starts =
        array_grow(lists.starts, request->starts_count, &lists.starts_space, sizeof *lists.starts);
    lists.starts[request->starts_count++] = job->end.start;
    request->starts = lists.starts;
    job->start_sent = true;
}

// Also of what was taken on a hint and has ended, while its files are still being read: with the
// end of the job before it the store would give it away.
static void fill_starts(struct runner *runner, struct sync_request *request)
{
    struct job *job;
    TAILQ_FOREACH(job, &runner->hashing, link)
        if (job->taken && !job->start_sent)
            add_start(request, job);
    if (!runner->jobs.starts_unsent)
        return;
    TAILQ_FOREACH(job, &runner->jobs.live, link)
        if (!job->start_sent && job->phase != PHASE_INPUTS)
            add_start(request, job);
    runner->jobs.starts_unsent = 0;
}

// What was not started within a second, or will not be, goes back; all but what room is kept for.
static void fill_returned(struct runner *runner, struct sync_request *request)
{
    struct job *job, *next;
    for (job = TAILQ_FIRST(&runner->jobs.held); job; job = next) {
        next = TAILQ_NEXT(job, link);
        if (!job->goes_back && intake_is_open(&runner->intake) &&
            (runner->jobs.now - job->held_usec < HOLD_USEC ||
             reserve_keeps(&runner->reservation, job)))
            continue;
        lists.returned = array_grow(lists.returned, request->returned_count, &lists.returned_space,
                                    sizeof *lists.returned);
        lists.returned[request->returned_count++] = job->claimed.job_id;
        job_destroy(&runner->jobs, job);
    }
    request->returned = lists.returned;
}

static void send(struct runner *runner)
{
    struct sync_request request = {.runner_id = runner->grant.runner_id,
                                   .seq = ++runner->seq,
                                   .leave = runner->intake.leaving};
    fill_ends(runner, &request);
    fill_starts(runner, &request);
    fill_returned(runner, &request);
    shares_fill(runner, &request);
    request.points = series_take(&runner->series, &request.points_count);
    request.actions = action_wish(&runner->action, runner->intake.draining,
                                  runner->interrupts >= 2 || runner->expelled);
    claim_fill(runner, &request.claim);
    if (request.claim.max_jobs + request.claim.prefetch > 0) {
        request.ahead_count =
            ahead_ask(runner, lists.ahead, sizeof lists.ahead / sizeof *lists.ahead);
        request.ahead = lists.ahead;
    }
    runner->last_sync_usec = runner->jobs.now;
    runner->changed = runner->urgent = false;
    bool idle = !runner->jobs.live_count && !runner->jobs.held_count && !runner->hashing_count &&
                request.ends_count && link_is_idle_of_data(runner->link);
    crash_point(request.returned_count ? "jobs-not-returned" : "flush-not-sent");
    link_send(runner->link, &request, idle);
}

// Of those that go back when they are not started.
static const struct job *oldest_held(const struct runner *runner)
{
    const struct job *job = TAILQ_FIRST(&runner->jobs.held);
    return job && reserve_keeps(&runner->reservation, job) && intake_is_open(&runner->intake)
               ? TAILQ_NEXT(job, link)
               : job;
}

// Would a flush now fill a slot that stays empty otherwise? What is held and fits has been started
// before.
static bool is_starved(const struct runner *runner)
{
    return intake_is_open(&runner->intake) && runner->jobs.node.cpus_free > ahead_cpus(runner);
}

// Between two commits that are not urgent.
static int64_t pause_of(const struct runner *runner)
{
    return runner->interval_ms ? (int64_t)runner->interval_ms * USEC_PER_MSEC : FLUSH_USEC;
}

static bool is_due(struct runner *runner)
{
    int64_t pause_usec = pause_of(runner);
    int64_t since_usec = runner->jobs.now - runner->last_sync_usec;
    if (!runner->seq || runner->urgent || runner->jobs.signals_unsent ||
        (runner->intake.leaving && !runner->left))
        return true;
    if (runner->outbox_count &&
        (is_starved(runner) || runner->intake.draining || runner->outbox_count >= FLUSH_ENDS ||
         runner->jobs.now - runner->outbox_since_usec >= pause_usec))
        return true;
    if (runner->outbox_count && intake_is_open(&runner->intake) &&
        (int32_t)runner->jobs.held_count < claim_target(runner) / 2 && !ahead_has_any(runner))
        return true;
    if ((runner->jobs.starts_unsent || runner->changed) && since_usec >= pause_usec)
        return true;
    const struct job *oldest = oldest_held(runner);
    if (oldest &&
        (runner->jobs.now - oldest->held_usec >= HOLD_USEC || !intake_is_open(&runner->intake)))
        return true;
    return since_usec >= HEARTBEAT_USEC;
}

void flush_when_due(struct runner *runner)
{
    if (link_is_idle(runner->link) && !runner->left && is_due(runner))
        send(runner);
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

int64_t flush_due(const struct runner *runner)
{
    int64_t due = runner->last_sync_usec + HEARTBEAT_USEC;
    const struct job *oldest = oldest_held(runner);
    if (!link_is_idle(runner->link))
        return INT64_MAX; // the reply wakes us
    if (runner->jobs.starts_unsent || runner->changed)
        due = earlier(due, runner->last_sync_usec + pause_of(runner));
    if (runner->outbox_count)
        due = earlier(due, runner->outbox_since_usec + pause_of(runner));
    if (oldest)
        due = earlier(due, oldest->held_usec + HOLD_USEC);
    return due;
}

void flush_start_held(struct runner *runner)
{
    struct job *job, *next, *waits = NULL;
    for (job = TAILQ_FIRST(&runner->jobs.held);
         job && runner->jobs.node.cpus_free > 0 && claim_room(runner) > 0 &&
         intake_is_open(&runner->intake);
         job = next) {
        next = TAILQ_NEXT(job, link);
        if (job->goes_back)
            continue;
        if (!job_begin(&runner->jobs, job))
            waits = waits ? waits : job;
        else if (waits)
            reserve_passed(&runner->reservation, &runner->jobs, waits);
    }
}

static bool is_here(struct runner *runner, int64_t job_id)
{
    return job_find(&runner->jobs.held, job_id) || job_find(&runner->jobs.live, job_id) ||
           job_find(&runner->hashing, job_id) || job_find(&runner->doubted, job_id) ||
           job_find(&runner->outbox, job_id);
}

static void take_claims(struct runner *runner, const struct sync_reply *reply, bool again)
{
    struct batch *batch = batch_create(reply);
    for (uint32_t i = 0; i < reply->claimed_count; i++)
        if (!again || !is_here(runner, reply->claimed[i].job_id))
            job_hold(&runner->jobs, batch, &reply->claimed[i]);
    ahead_take(runner, batch);
    batch_release(batch);
}

// Ends jobs that the store says are canceled, or not ours.
static void stop_named(struct runner *runner, const int64_t *ids, uint32_t count, enum stop why)
{
    struct end_times times =
        settings_end_times(&runner->jobs.settings, runner->jobs.node.walltime_usec);
    for (uint32_t i = 0; i < count; i++) {
        struct job *job = job_find(&runner->jobs.held, ids[i]);
        if (job && why == STOP_CANCELED) {
            job->goes_back = runner->urgent = true;
            continue;
        }
        if (job) {
            job_destroy(&runner->jobs, job);
            continue;
        }
        job = job_find(&runner->jobs.live, ids[i]);
        if (job)
            job_stop(&runner->jobs, job, why,
                     why == STOP_CANCELED ? times.margin_usec - times.headroom_usec : 0);
    }
}

static void forget_sent(struct runner *runner)
{
    struct job *job;
    while ((job = TAILQ_FIRST(&runner->sending))) {
        TAILQ_REMOVE(&runner->sending, job, link);
        steps_forget(job);
        job_destroy(&runner->jobs, job);
    }
}

void flush_drop_all(struct runner *runner)
{
    struct job *job;
    TAILQ_CONCAT(&runner->sending, &runner->outbox, link);
    TAILQ_CONCAT(&runner->sending, &runner->hashing, link);
    TAILQ_CONCAT(&runner->sending, &runner->jobs.ended, link);
    while ((job = TAILQ_FIRST(&runner->sending))) {
        TAILQ_REMOVE(&runner->sending, job, link);
        job_destroy(&runner->jobs, job);
    }
    while ((job = TAILQ_FIRST(&runner->jobs.held)))
        job_destroy(&runner->jobs, job);
}

static void tell_outage(struct runner *runner, const struct error *of_journal)
{
    struct error why;
    if (link_outage_usec(runner->link, &why))
        fprintf(stderr, "torc-run: %s\n", why.text);
    if (of_journal)
        fprintf(stderr,
                "torc-run: %s; results are in %s only, until the database or the journal can be "
                "written\n",
                of_journal->text, runner->journaled_here ? runner->journal_here : "memory");
    else
        fprintf(stderr,
                "torc-run: the database does not answer; results are kept in %s until it does\n",
                runner->jobs.output.path);
}

// All that is to be told; the caller's to free, as long as the jobs are.
static struct journal journal_of(const struct runner *runner, struct attempt_end **ends,
                                 struct attempt_start **starts)
{
    struct job *job;
    struct journal journal = {.workflow_id = runner->jobs.workflow_id,
                              .runner_id = runner->grant.runner_id,
                              .incarnation = runner->incarnation};
    *ends = xcalloc(runner->sending_count + runner->outbox_count, sizeof **ends);
    *starts = xcalloc(runner->jobs.live_count, sizeof **starts);
    TAILQ_FOREACH(job, &runner->sending, link)
        (*ends)[journal.ends_count++] = job->end;
    TAILQ_FOREACH(job, &runner->outbox, link)
        (*ends)[journal.ends_count++] = job->end;
    TAILQ_FOREACH(job, &runner->jobs.live, link)
        if (job->phase != PHASE_INPUTS)
            (*starts)[journal.starts_count++] = job->end.start;
    journal.ends = *ends;
    journal.starts = *starts;
    return journal;
}

// here: on this host only, which is as good while it is up.
static void write_journal(struct runner *runner, bool here)
{
    struct error err;
    cleanup_free struct attempt_end *ends = NULL;
    cleanup_free struct attempt_start *starts = NULL;
    struct journal journal = journal_of(runner, &ends, &starts);
    if (!journal_write_here(&journal, &runner->journal_here, &err))
        runner->journaled_here = journal.ends_count;
    if (here)
        return;
    progress_clear();
    output_renew(&runner->jobs.output);
    bool failed = journal_write(runner->jobs.output.dir, &journal, &err);
    if (!runner->outage_told)
        tell_outage(runner, failed ? &err : NULL);
    runner->outage_told = true;
    runner->journal_failed_usec = failed ? runner->jobs.now : 0;
    crash_point("journal-written");
    if (!failed)
        runner->journaled = journal.ends_count;
}

// Until its reply, every request may be the last: what is in it, and what came since, goes to the
// disk when the reply stays away, and soon when this allocation may end at any moment.
void flush_journal(struct runner *runner)
{
    int64_t patience_usec = runner->intake.draining ? AWAY_DRAIN_USEC : AWAY_USEC;
    int64_t away_usec = runner->jobs.now - runner->last_sync_usec;
    uint32_t count = runner->sending_count + runner->outbox_count;
    if (link_is_idle(runner->link))
        return;
    if (count != runner->journaled && away_usec >= patience_usec &&
        (!runner->journal_failed_usec ||
         runner->jobs.now - runner->journal_failed_usec >= patience_usec))
        write_journal(runner, false);
    else if (count != runner->journaled_here && away_usec >= AWAY_HERE_USEC)
        write_journal(runner, true);
}

bool flush_gives_up(struct runner *runner, struct error *err)
{
    struct error why;
    int64_t patience_usec = (int64_t)runner->jobs.settings.idle_secs * USEC_PER_SEC;
    if (runner->jobs.live_count || runner->hashing_count || link_is_idle(runner->link))
        return false;
    bool ends = runner->intake.draining || drain_is_homeless();
    if (ends || patience_usec < AWAY_USEC)
        patience_usec = AWAY_USEC;
    uint32_t all = runner->sending_count + runner->outbox_count, untold = all - runner->journaled;
    bool here = runner->journaled_here > runner->journaled;
    uint32_t kept = here ? runner->journaled_here : runner->journaled;
    int64_t outage_usec = link_outage_usec(runner->link, &why);
    bool nowhere = ends && runner->journal_failed_usec; // no disk takes what is untold
    if (outage_usec && !ends && runner->jobs.now - runner->last_active_usec < outage_usec)
        outage_usec = runner->jobs.now - runner->last_active_usec; // since there is nothing to do
    if (!outage_usec ||
        (runner->interrupts < 2 && ((untold && !nowhere) || outage_usec < patience_usec)))
        return false;
    error_set(err, kept < all ? ERROR_INTERNAL : ERROR_UNREACHABLE, 0, "%s", why.text);
    if (kept < all)
        fprintf(stderr, "torc-run: %u results are lost; their jobs will run again\n", all - kept);
    fprintf(stderr,
            "torc-run: the database stayed away; results kept in %s: %u; when it is back, to take "
            "them in and go on%s: torc-run --workflow %lld\n",
            here ? runner->journal_here : runner->jobs.output.path, kept,
            here ? ", on this host" : "", (long long)runner->jobs.workflow_id);
    return true;
}

static void drop_journal(struct runner *runner)
{
    if (runner->journaled)
        journal_remove(runner->jobs.output.dir, runner->jobs.workflow_id, runner->grant.runner_id);
    if (runner->journaled_here)
        unlink(runner->journal_here);
    runner->journaled = runner->journaled_here = 0;
    runner->journal_failed_usec = 0;
    runner->outage_told = false;
}

// The user has changed a class: what has not started is to be claimed anew.
static void drop_claims(struct runner *runner)
{
    struct job *job;
    TAILQ_FOREACH(job, &runner->jobs.live, link)
        job_drop_ahead(job);
    TAILQ_FOREACH(job, &runner->jobs.held, link) {
        job_drop_ahead(job);
        job->goes_back = runner->urgent = true;
    }
}

static void take_reply(struct runner *runner, struct sync_reply *reply, bool again)
{
    forget_sent(runner);
    runner->shared->progress |= runner->sending_count > 0;
    runner->sending_count = 0;
    drop_journal(runner);
    runner->left = runner->intake.leaving;
    runner->intake.complete = reply->complete;
    runner->may_come = reply->may_come;
    runner->expelled |= reply->expelled;
    runner->interval_ms = reply->interval_ms;
    if (reply->claimed_count)
        runner->last_active_usec = runner->jobs.now;
    if (reply->classes_change != runner->classes_change)
        drop_claims(runner);
    runner->classes_change = reply->classes_change;
    shares_take(runner, reply);
    stop_named(runner, reply->refused, reply->refused_count, STOP_REFUSED);
    stop_named(runner, reply->canceled, reply->canceled_count, STOP_CANCELED);
    if (reply->expelled)
        drain_begin(runner, STOP_REFUSED, 0);
    runner->top_up.due = reply->demand;
    if (reply->demand)
        top_up_start(&runner->top_up, &runner->jobs, runner->db);
    if (reply->actions.starts)
        runner->last_active_usec = runner->jobs.now; // others are at work for it
    action_take(&runner->action, &runner->jobs, &reply->actions);
    crash_point("reply-not-taken");
    take_claims(runner, reply, again);
    runner->urgent |= reserve_heard(&runner->reservation, &runner->jobs, reply);
    crash_point("reply-taken");
}

int flush_take(struct runner *runner, struct error *err)
{
    struct sync_reply reply;
    int news = link_take(runner->link, &reply, err);
    if (news & LINK_CHANGED)
        runner->changed = true;
    if (news & LINK_DATA)
        job_socket_answer(runner->socket, runner->link);
    if (news & LINK_REFUSED) {
        struct job *job;
        runner->intake.draining = true; // nothing is waited for any more
        while ((job = contents_next(runner)))
            flush_put(runner, job);
        if (runner->sending_count + runner->outbox_count)
            write_journal(runner, false);
        return -1;
    }
    if (news & LINK_REPLY)
        take_reply(runner, &reply, news & LINK_AGAIN);
    return 0;
}
