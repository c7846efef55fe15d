// SPDX-License-Identifier: GPL-2.0-or-later
// Asks Slurm only when nothing has run for a while though work is left.
#include "submitter/wait.h"

#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/show/format.h"
#include "lib/show/progress_line.h"
#include "lib/slurm/died.h"
#include "lib/slurm/lost_runner.h"
#include "lib/slurm/settle.h"
#include "lib/slurm/slurm.h"
#include "lib/store/plan.h"
#include "lib/store/read_each.h"
#include "lib/store/waiting.h"
#include "submitter/top_up.h"

enum {
    SLURM_EVERY_MS = BEAT_SECS * 1000, // at most one squeue in so long
    LOST_EVERY_MS = 10 * 1000,
    SLURM_FIRST_MS = 5 * 1000,  // and the first not before
    NEED_AFTER_MS = 2 * 1000,   // runners submit what becomes necessary; where they cannot, this
                                // does, so much later
    NEED_BESIDE_MS = 10 * 1000, // and while jobs run, when a runner was refused
    LONGEST_PAUSE_MS = 300 * 1000,
    ESTIMATE_EVERY_MS = 1000,
    EXIT_DETACHED = 130,
};

struct watch {
    struct store *store;
    const char *db;
    int64_t workflow_id;
    bool quiet, terminal;
    int64_t asked_ms; // when Slurm was asked last
    int64_t line_ms;  // when a line was written last; 0: none yet
    int64_t lost_ms;  // when silent runners were looked for last
    size_t lost_turn;
    int64_t pause_ms; // before the next request, after Slurm took no more of the user's jobs
    int64_t idle_ms;  // since when jobs are ready; 0: none is
    int64_t refused;  // the last allocation that sbatch refused and that was asked for here since
    char line[160];
    struct estimate estimate;
    int64_t estimate_ms; // when it was made
};

static volatile sig_atomic_t interrupted;

static void on_signal(int sig)
{
    interrupted = sig;
}

enum {
    RUNS = 1u << JOB_PENDING | 1u << JOB_RUNNING,
    BAD = 1u << JOB_FAILED | 1u << JOB_CANCELED | 1u << JOB_TERMINATED | 1u << JOB_PENDING_FAILED,
    LEFT = 1u << JOB_UNINITIALIZED | 1u << JOB_BLOCKED | 1u << JOB_READY | RUNS,
};

static void show_progress(struct watch *w, const struct workflow_info *info)
{
    char line[sizeof w->line];
    int64_t bad = job_states_count(info->counts, BAD);
    int n = snprintf(line, sizeof line, "%lld of %lld jobs completed, %lld running, %lld waiting",
                     (long long)info->counts[JOB_COMPLETED],
                     (long long)job_states_count(info->counts, JOB_STATES_ALL),
                     (long long)info->counts[JOB_RUNNING],
                     (long long)(job_states_count(info->counts, LEFT) - info->counts[JOB_RUNNING]));
    if (bad)
        snprintf(line + n, sizeof line - (size_t)n, ", %lld not completed", (long long)bad);
    int64_t now_ms = clock_mono_msec();
    if (w->quiet || !progress_line_due(w->terminal, strcmp(line, w->line) != 0,
                                       w->line_ms ? now_ms - w->line_ms : -1))
        return;
    if (now_ms - w->estimate_ms >= ESTIMATE_EVERY_MS) {
        struct error ignored; // nothing is known, then
        if (estimate_read(w->store, w->workflow_id, &w->estimate, &ignored))
            w->estimate.known = false;
        w->estimate_ms = now_ms;
    }
    progress_line_write(stderr, w->terminal, clock_real_usec(), line, &w->estimate);
    strcpy(w->line, line);
    w->line_ms = now_ms;
}

static void end_line(struct watch *w)
{
    if (w->terminal && *w->line)
        fputc('\n', stderr);
    *w->line = '\0';
}

static void show_result(struct watch *w, const struct workflow_info *info, int result)
{
    char took[FORMAT_SIZE];
    end_line(w);
    if (w->quiet)
        return;
    format_duration(took, info->ended_usec ? info->ended_usec - info->created_usec : UNKNOWN);
    if (!result)
        fprintf(stderr, "Workflow %lld completed: %lld job%s in %s.\n", (long long)w->workflow_id,
                (long long)info->counts[JOB_COMPLETED], info->counts[JOB_COMPLETED] == 1 ? "" : "s",
                took);
    else
        fprintf(stderr,
                "Workflow %lld ended: %lld of %lld jobs did not complete (%lld failed, %lld "
                "canceled, %lld terminated); "
                "see torc-report %lld; to run them again: torc restart %lld\n",
                (long long)w->workflow_id,
                (long long)(job_states_count(info->counts, JOB_STATES_ALL) -
                            info->counts[JOB_COMPLETED]),
                (long long)job_states_count(info->counts, JOB_STATES_ALL),
                (long long)info->counts[JOB_FAILED], (long long)info->counts[JOB_CANCELED],
                (long long)info->counts[JOB_TERMINATED], (long long)w->workflow_id,
                (long long)w->workflow_id);
}

// Another allocation was asked for: what became of the last one is told at once, not only when so
// many have died that no more are asked for.
static void say_died(struct watch *w)
{
    struct died died;
    struct error ignored;
    if (w->quiet || died_read(w->store, w->workflow_id, &died, &ignored))
        return;
    if (died.count) {
        end_line(w);
        fprintf(stderr,
                "torc-sbatch: %s; asking for another (%lld in a row ended before a runner came, "
                "after %d no more are asked for)\n",
                died.text, (long long)died.count, DIED_MOST);
    }
    died_fini(&died);
}

// As the user's jobs end there is room again, which nobody tells: ever more rarely it is tried.
static void wait_for_room(struct watch *w, const struct error *why)
{
    if (!w->pause_ms && !w->quiet) {
        end_line(w);
        fprintf(stderr,
                "torc-sbatch: workflow %lld needs more than Slurm takes now; it is asked again "
                "until it does: %s\n",
                (long long)w->workflow_id, why->text);
    }
    w->pause_ms = w->pause_ms ? 2 * w->pause_ms : SLURM_EVERY_MS;
    if (w->pause_ms > LONGEST_PAUSE_MS)
        w->pause_ms = LONGEST_PAUSE_MS;
}

// Work is left and nothing runs. Perhaps all allocations are gone; then either more is submitted,
// or, where somebody took them away, that is what the user is told. *over: nothing will happen any
// more.
static int look_for_end(struct watch *w, const struct workflow_info *info, bool *over,
                        struct error *err)
{
    struct settled settled;
    size_t taken = 0;
    bool full = false;
    struct error why = {0};
    int rc = settle(w->store, w->workflow_id, &settled, err);
    if (rc)
        return -1;
    if (settled.alive)
        return 0;
    if (!settled.canceled && !top_up(w->store, w->db, w->workflow_id,
                                     (struct top_up){.heal = true, .full = &full}, &taken, &why)) {
        if (taken)
            say_died(w);
        w->pause_ms = 0;
        return 0;
    }
    if (!settled.canceled && full) {
        wait_for_room(w, &why);
        w->asked_ms += w->pause_ms - SLURM_EVERY_MS;
        return 0;
    }
    *over = settled.canceled || why.code != ERROR_UNREACHABLE;
    end_line(w);
    if (!settled.canceled)
        fprintf(stderr, "torc-sbatch: workflow %lld has no allocation any more%s: %s\n",
                (long long)w->workflow_id, *over ? ", so nothing will run" : "", why.text);
    else
        fprintf(stderr,
                "torc-sbatch: the allocations of workflow %lld were canceled in Slurm; %lld jobs "
                "are left. To go on: torc-sbatch "
                "--top-up %lld\n",
                (long long)w->workflow_id, (long long)job_states_count(info->counts, LEFT),
                (long long)w->workflow_id);
    return 0;
}

static int each_new_allocation(void *context, const struct read_reply *reply, uint32_t index,
                               struct error *err)
{
    const struct allocation_info *a = &reply->allocations[index];
    struct watch *w = context;
    (void)err;
    if (a->error && !a->slurm_job_id)
        w->refused = a->id;
    return 0;
}

// Has a runner, on a node that perhaps may not submit, asked in vain since?
static bool was_refused(struct watch *w)
{
    int64_t before = w->refused;
    struct error ignored; // looked at again
    struct read_request request = {
        .what = READ_ALLOCATIONS, .workflow_id = w->workflow_id, .after_id = before};
    return !store_read_each(w->store, request, each_new_allocation, w, &ignored) &&
           w->refused != before;
}

// Jobs are ready: perhaps nobody has asked for what they need, or may.
static void look_for_need(struct watch *w, const struct workflow_info *info)
{
    size_t taken = 0;
    bool full = false;
    struct error why;
    bool runs = job_states_count(info->counts, RUNS);
    if (!info->counts[JOB_READY]) {
        w->idle_ms = 0;
    } else if (!w->idle_ms) {
        w->idle_ms = clock_mono_msec();
    } else if (clock_mono_msec() - w->idle_ms >= (runs ? NEED_BESIDE_MS : NEED_AFTER_MS)) {
        w->idle_ms = clock_mono_msec();
        if (runs && !was_refused(w))
            return;
        if (!top_up(w->store, w->db, w->workflow_id, (struct top_up){.full = &full}, &taken, &why))
            return;
        if (full) {
            wait_for_room(w, &why);
            w->idle_ms += w->pause_ms;
            return;
        }
        if (w->quiet)
            return;
        end_line(w);
        fprintf(stderr, "torc-sbatch: workflow %lld needs more, which could not be submitted: %s\n",
                (long long)w->workflow_id, why.text);
        w->idle_ms += SLURM_EVERY_MS;
    }
}

// A node that died took its runner along: its jobs go back, and are asked for again.
static void look_for_lost(struct watch *w)
{
    bool asked = false;
    size_t lost = 0;
    struct error ignored; // no answer: it is suspected still, next time
    if (clock_mono_msec() - w->lost_ms < LOST_EVERY_MS ||
        clock_mono_msec() - w->asked_ms < SLURM_EVERY_MS)
        return;
    w->lost_ms = clock_mono_msec();
    lost_runner_look(w->store, w->workflow_id, &w->lost_turn, &asked, &lost, &ignored);
    if (asked)
        w->asked_ms = clock_mono_msec();
    if (!lost || w->quiet)
        return;
    end_line(w);
    fprintf(stderr, "torc-sbatch: workflow %lld lost %zu %s; what ran there goes on elsewhere\n",
            (long long)w->workflow_id, lost, lost == 1 ? "runner" : "runners");
}

static int look(void *context, const struct workflow_info *info, bool changed, struct error *err)
{
    struct watch *w = context;
    bool over = false;
    (void)changed;
    if (!info)
        return workflow_is_missing(w->workflow_id, err);
    show_progress(w, info);
    int result = waiting_result(info);
    if (result >= 0) {
        size_t taken = 0;
        struct error ignored; // allocations that start for nothing end at once
        top_up(w->store, w->db, w->workflow_id, (struct top_up){0}, &taken, &ignored);
        show_result(w, info, result);
    } else if (!info->runners_alive && info->state == WORKFLOW_RUNNING &&
               clock_mono_msec() - w->asked_ms >= SLURM_EVERY_MS) {
        w->asked_ms = clock_mono_msec();
        if (!look_for_end(w, info, &over, err) && over)
            result = 1;
    } else if (info->state == WORKFLOW_RUNNING) {
        look_for_lost(w);
        look_for_need(w, info);
    }
    return result;
}

static int detach(struct watch *w)
{
    end_line(w);
    fprintf(stderr,
            "torc-sbatch: detached, workflow %lld goes on. To look again: torc status %lld; to "
            "wait: torc wait %lld\n",
            (long long)w->workflow_id, (long long)w->workflow_id, (long long)w->workflow_id);
    return EXIT_DETACHED;
}

int wait_for_workflow(struct store *store, const char *db, int64_t workflow_id, bool quiet,
                      struct error *err)
{
    struct watch w = {.store = store,
                      .db = db,
                      .workflow_id = workflow_id,
                      .quiet = quiet,
                      .terminal = isatty(STDERR_FILENO),
                      .asked_ms = clock_mono_msec() - SLURM_EVERY_MS + SLURM_FIRST_MS};
    struct waiting waiting = {.store = store,
                              .workflow_id = workflow_id,
                              .patience_msec = NEED_AFTER_MS,
                              .look = look,
                              .context = &w,
                              .stop = &interrupted};
    struct sigaction action = {.sa_handler = on_signal}, old;
    sigaction(SIGINT, &action, &old);
    int result = waiting_run(&waiting, err);
    sigaction(SIGINT, &old, NULL);
    return interrupted ? detach(&w) : result;
}
