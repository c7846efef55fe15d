// SPDX-License-Identifier: GPL-2.0-or-later
// Draws the status: counts with a bar, runners, running jobs, allocations, and why nothing runs.
#include "cli/status.h"

#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/base/text.h"
#include "lib/show/action.h"
#include "lib/show/estimate.h"
#include "lib/show/format.h"
#include "lib/show/left_results.h"
#include "lib/show/table.h"
#include "lib/show/target.h"
#include "lib/show/waiting.h"
#include "lib/show/why.h"
#include "lib/slurm/died.h"
#include "lib/slurm/lost_runner.h"
#include "lib/store/read_each.h"

enum { RUNNING_MOST = 10, WARNED_MOST = 1000 };
enum { LABEL = 13, SILENT_USEC = 3 * BEAT_SECS * 1000000 };

static const struct table_column runner_columns[] = {
    {"RUNNER ON", NULL, ALIGN_LEFT, FIT_SHRINK}, {"SINCE", NULL, ALIGN_LEFT, FIT_KEEP},
    {"CPUS", NULL, ALIGN_RIGHT, FIT_KEEP},       {"MEM", NULL, ALIGN_RIGHT, FIT_KEEP},
    {"JOBS RUN", NULL, ALIGN_RIGHT, FIT_KEEP},   {"MEASURES BY", NULL, ALIGN_LEFT, FIT_DROP},
    {"LAST SEEN", NULL, ALIGN_RIGHT, FIT_DROP},
};

static const struct table_column running_columns[] = {
    {"RUNNING", NULL, ALIGN_LEFT, FIT_SHRINK},
    {"ON", NULL, ALIGN_LEFT, FIT_SHRINK},
    {"SINCE", NULL, ALIGN_LEFT, FIT_KEEP},
    {"FOR", NULL, ALIGN_RIGHT, FIT_KEEP},
};

struct context {
    struct status_view *view;
    struct table *table;
    int64_t allocations[ALLOCATION_STATES];
    char *refused; // why Slurm refused the newest submission; owned
    // runners: alive; silent: of them, not heard of for long
    uint32_t runners, silent, dead;
    struct waiting *waiting;
    bool labelled, plain; // ready jobs wait for a runner with labels, or without
};

static void label(const struct screen *screen, const char *text)
{
    screen_print(screen, COLOR_DIM, "%-*s", LABEL, text);
}

static void draw_bar(const struct screen *screen, const int64_t *counts, int64_t total)
{
    static const struct {
        enum job_state state;
        char mark;
    } parts[] = {{JOB_COMPLETED, '#'},  {JOB_DISABLED, '#'},       {JOB_FAILED, 'x'},
                 {JOB_TERMINATED, 'x'}, {JOB_PENDING_FAILED, 'x'}, {JOB_CANCELED, '-'},
                 {JOB_RUNNING, '>'}};
    enum { PARTS = sizeof parts / sizeof *parts };
    int room = screen->width - 8 > 60 ? 60 : screen->width - 8, used = 0;
    int64_t ended = 0, before = 0;
    fputc('[', screen->out);
    for (int i = 0; i < PARTS && total; i++) {
        before += counts[parts[i].state];
        ended += parts[i].state == JOB_RUNNING ? 0 : counts[parts[i].state];
        int to = (int)(before * room / total);
        if (to == used && counts[parts[i].state] && to < room)
            to++; // what there is shows, however little
        fputs(screen_color_start(screen, job_state_color(parts[i].state)), screen->out);
        for (; used < to; used++)
            fputc(parts[i].mark, screen->out);
        fputs(screen_color_end(screen, job_state_color(parts[i].state)), screen->out);
    }
    char share[FORMAT_SIZE];
    fprintf(screen->out, "%*s] %s\n", room - used, "", format_percent(share, ended, total));
}

// The next of a line's words, or the first of a new line when the screen is full; used: columns of
// the line so far.
static void draw_word(const struct screen *screen, enum color color, const char *word, int *used)
{
    int width = (int)strlen(word);
    bool full = *used + 1 + width + 1 /* a comma */ > screen->width;
    if (*used)
        fputc(full ? '\n' : ' ', screen->out);
    screen_print(screen, color, "%s", word);
    *used = *used && !full ? *used + 1 + width : width;
}

static void draw_head(const struct status_view *view)
{
    const struct workflow_info *workflow = view->workflow;
    const struct screen *screen = view->screen;
    char took[FORMAT_SIZE];
    int64_t total = job_states_count(workflow->counts, JOB_STATES_ALL),
            end = workflow->ended_usec ? workflow->ended_usec : view->now_usec;
    int used = 0;
    screen_print(screen, COLOR_BOLD, "Workflow %lld ", (long long)workflow->id);
    screen_text(screen, COLOR_BOLD, workflow->name, screen->width / 2);
    fputs(": ", screen->out);
    cleanup_free char *standing = why_workflow(workflow);
    screen_print(screen, why_workflow_color(workflow), "%s", standing);
    fprintf(screen->out, workflow->ended_usec ? ", took %s\n" : ", %s so far\n",
            format_duration(took, end - workflow->created_usec));
    draw_bar(screen, workflow->counts, total);
    for (int i = 0; i < JOB_STATES; i++) {
        enum job_state state = job_states_in_order[i];
        if (!workflow->counts[state])
            continue;
        cleanup_free char *count =
            xasprintf("%lld %s", (long long)workflow->counts[state], job_state_names[state]);
        if (used) {
            fputc(',', screen->out);
            used++;
        }
        draw_word(screen, job_state_color(state), count, &used);
    }
    cleanup_free char *all =
        xasprintf("%s%lld %s", used ? "of " : "", (long long)total, total == 1 ? "job" : "jobs");
    draw_word(screen, COLOR_NONE, all, &used);
    fputc('\n', screen->out);
}

static int draw_left(const struct status_view *view, struct error *err)
{
    struct estimate estimate;
    if (estimate_read(view->store, view->workflow->id, &estimate, err))
        return -1;
    cleanup_free char *text = estimate_text(&estimate);
    if (text)
        fprintf(view->screen->out, "%s\n", text);
    return 0;
}

static int each_runner(void *pointer, const struct read_reply *reply, uint32_t index,
                       struct error *err)
{
    struct context *context = pointer;
    const struct runner_info *runner = &reply->runners[index];
    const struct status_view *view = context->view;
    bool gone = runner->end_usec || runner->lost, dead = !gone && lost_runner_is_dead(runner);
    (void)err;
    context->dead += dead;
    if (gone || dead)
        return 0;
    if (!context->runners++) {
        fputc('\n', view->screen->out);
        context->table = table_create(view->screen, TABLE_PEOPLE, runner_columns,
                                      sizeof runner_columns / sizeof *runner_columns);
    }
    char seen[FORMAT_SIZE], ago[FORMAT_SIZE + 8];
    int64_t silent = view->now_usec - runner->heartbeat_usec;
    context->silent += silent > SILENT_USEC;
    snprintf(ago, sizeof ago, "%s ago", format_duration(seen, silent > 0 ? silent : 0));
    table_text(context->table, COLOR_NONE, runner->node);
    table_time(context->table, runner->started_usec, view->now_usec);
    table_number(context->table, runner->cpus);
    table_bytes(context->table, runner->memory_bytes);
    table_number(context->table, runner->jobs_run);
    table_text(context->table, COLOR_NONE,
               runner->accounting ? usage_source_names[runner->accounting] : NULL);
    table_text(context->table, silent > SILENT_USEC ? COLOR_RED : COLOR_NONE, ago);
    return 0;
}

static int draw_runners(struct context *context, struct error *err)
{
    struct read_request request = {.what = READ_RUNNERS,
                                   .workflow_id = context->view->workflow->id};
    int result = store_read_each(context->view->store, request, each_runner, context, err);
    table_destroy(context->table);
    context->table = NULL;
    return result;
}

static int draw_running_job(struct context *context, const struct job_info *job, struct error *err)
{
    const struct attempt_info *last;
    const struct status_view *view = context->view;
    struct read_reply reply = {0};
    if (store_read_last_attempt(view->store, job, view->workflow->id, &reply, &last, err))
        return -1;
    cleanup_free char *why = why_job_short(job, last);
    cleanup_free char *name = why ? xasprintf("%s (%s)", job->name, why) : NULL;
    table_text(context->table, COLOR_NONE, name ? name : job->name);
    table_text(context->table, COLOR_NONE, last ? last->node : NULL);
    table_time(context->table, last ? last->end.start.start_usec : 0, view->now_usec);
    table_duration(context->table, last ? view->now_usec - last->end.start.start_usec : UNKNOWN);
    read_reply_fini(&reply);
    return 0;
}

static int draw_running(struct context *context, struct error *err)
{
    const struct status_view *view = context->view;
    int64_t running = view->workflow->counts[JOB_RUNNING];
    struct read_request request = {.what = READ_JOBS,
                                   .workflow_id = view->workflow->id,
                                   .limit = RUNNING_MOST,
                                   .states = 1U << JOB_RUNNING};
    struct read_reply reply = {0};
    if (!running)
        return 0;
    if (store_read(view->store, &request, &reply, err))
        return -1;
    int result = 0;
    fputc('\n', view->screen->out);
    context->table = table_create(view->screen, TABLE_PEOPLE, running_columns,
                                  sizeof running_columns / sizeof *running_columns);
    for (uint32_t i = 0; i < reply.count && !result; i++)
        result = draw_running_job(context, &reply.jobs[i], err);
    table_destroy(context->table);
    context->table = NULL;
    if (running > reply.count)
        fprintf(view->screen->out, "and %lld more\n", (long long)(running - reply.count));
    read_reply_fini(&reply);
    return result;
}

static int each_allocation(void *pointer, const struct read_reply *reply, uint32_t index,
                           struct error *err)
{
    struct context *context = pointer;
    const struct allocation_info *allocation = &reply->allocations[index];
    (void)err;
    context->allocations[allocation->state]++;
    if (allocation->error && !allocation->slurm_job_id) {
        free(context->refused);
        context->refused = xstrdup(allocation->error);
    }
    return 0;
}

// So many ended before a runner came that no more are asked for.
static int draw_died(const struct status_view *view, struct error *err)
{
    struct died died;
    if (view->workflow->state != WORKFLOW_RUNNING)
        return 0;
    if (died_read(view->store, view->workflow->id, &died, err))
        return -1;
    if (died.count >= DIED_MOST && died.text) {
        label(view->screen, "");
        screen_text(view->screen, COLOR_NONE, died.text, 0);
        fputc('\n', view->screen->out);
    }
    died_fini(&died);
    return 0;
}

static int draw_allocations(struct context *context, struct error *err)
{
    const struct status_view *view = context->view;
    struct read_request request = {.what = READ_ALLOCATIONS, .workflow_id = view->workflow->id};
    const char *between = "";
    if (store_read_each(view->store, request, each_allocation, context, err))
        return -1;
    for (int i = 0; i < ALLOCATION_STATES; i++) {
        if (!context->allocations[i])
            continue;
        if (!*between) {
            fputc('\n', view->screen->out);
            label(view->screen, "Allocations");
        }
        fprintf(view->screen->out, "%s%lld %s", between, (long long)context->allocations[i],
                allocation_state_names[i]);
        between = ", ";
    }
    fputs(*between ? "\n" : "", view->screen->out);
    const int64_t *queued;
    size_t count = waiting_queued(context->waiting, &queued);
    status_queue_draw(view->queue, view->screen, view->workflow->id, queued, count);
    status_queue_ask(view->queue, context->waiting);
    return draw_died(view, err);
}

// Jobs that wait, those of one reason in a line.
static int draw_waiting(struct context *context, struct error *err)
{
    const struct status_view *view = context->view;
    const struct screen *screen = view->screen;
    struct waiting_groups groups;
    if (waiting_groups_read(context->waiting, view->store, view->workflow, &groups, err))
        return -1;
    for (size_t i = 0; i < groups.count; i++) {
        const struct waiting_group *group = &groups.list[i];
        fputs(i ? "" : "\n", screen->out);
        label(screen, i ? "" : "Waiting");
        cleanup_free char *class = group->class_name ? text_safe(group->class_name) : NULL;
        fprintf(screen->out, "%lld %s%s%s: ", (long long)group->jobs, job_state_names[group->state],
                class ? " of " : "", class ? class : "");
        screen_text(screen, COLOR_NONE, group->text, 0);
        fputc('\n', screen->out);
        context->labelled |= group->labelled;
        context->plain |= group->state == JOB_READY && !group->labelled;
    }
    if (groups.count && groups.others) {
        label(screen, "");
        fprintf(screen->out, "%lld more wait for other jobs: torc jobs --state blocked %lld\n",
                (long long)groups.others, (long long)view->workflow->id);
    }
    waiting_groups_fini(&groups);
    return 0;
}

// Completed, but: looked for again only when more jobs have completed.
static int count_warned(const struct status_view *view, struct error *err)
{
    struct status_queue *queue = view->queue;
    struct read_request request = {.what = READ_ATTEMPTS,
                                   .workflow_id = view->workflow->id,
                                   .limit = WARNED_MOST,
                                   .warned = true};
    struct read_reply reply = {0};
    int64_t completed = view->workflow->counts[JOB_COMPLETED];
    if (completed == queue->completed)
        return 0;
    if (store_read(view->store, &request, &reply, err))
        return -1;
    queue->completed = completed;
    queue->warned = reply.count;
    queue->warned_more = reply.more;
    read_reply_fini(&reply);
    return 0;
}

static void draw_warned(const struct context *context)
{
    const struct status_queue *queue = context->view->queue;
    const struct screen *screen = context->view->screen;
    if (!queue->warned)
        return;
    fputc('\n', screen->out);
    screen_print(screen, COLOR_YELLOW,
                 "%s%u %s completed with a warning: ", queue->warned_more ? "more than " : "",
                 queue->warned, queue->warned == 1 ? "job" : "jobs");
    fprintf(screen->out, "torc-report %lld\n", (long long)context->view->workflow->id);
}

// Nothing runs, and nobody is coming: says so, and what to do.
static void draw_advice(const struct context *context)
{
    const struct status_view *view = context->view;
    const struct workflow_info *workflow = view->workflow;
    const struct screen *screen = view->screen;
    bool open = workflow->state == WORKFLOW_RUNNING;
    int64_t failed = why_count_failed(workflow->counts);
    if (context->dead)
        fprintf(screen->out, "\n%u %s of this host died before %s could say so.\n", context->dead,
                context->dead == 1 ? "runner" : "runners", context->dead == 1 ? "it" : "they");
    if (context->silent)
        fprintf(screen->out,
                "\n%u of the runners did not report for three heartbeats: dead, suspended, or cut "
                "off from the database.\n",
                context->silent);
    if (workflow->state == WORKFLOW_HELD)
        fputs("\nIt is held: no job starts until it is released.\n", screen->out);
    if (open && context->refused) {
        fputc('\n', screen->out);
        screen_print(screen, COLOR_RED, "Asking for an allocation failed: ");
        screen_text(screen, COLOR_NONE, context->refused, 0);
        fputc('\n', screen->out);
    }
    bool coming =
        context->allocations[ALLOCATION_PLANNED] || context->allocations[ALLOCATION_QUEUED] ||
        context->allocations[ALLOCATION_RUNNING] || context->allocations[ALLOCATION_UNKNOWN];
    if (open && !context->runners && !coming && (context->plain || !context->labelled))
        fprintf(screen->out,
                "\nNo runner is alive and no allocation is queued, so nothing will run.\nTo go on "
                "here: torc-run --workflow %lld\n"
                "On Slurm: torc-sbatch --top-up %lld\n",
                (long long)workflow->id, (long long)workflow->id);
    cleanup_free char *left = left_results(view->store, workflow);
    if (left)
        fprintf(screen->out, "\n%s\n", left);
    draw_warned(context);
    if (failed)
        fprintf(screen->out, "\nWhat failed and why: torc-report %lld\n", (long long)workflow->id);
    cleanup_free char *again = why_again(workflow);
    if (again)
        fprintf(screen->out, "%s%s\n", failed ? "" : "\n", again);
}

int status_draw(struct status_view *view, struct error *err)
{
    struct context *context = xcalloc(1, sizeof *context);
    context->view = view;
    context->waiting = waiting_create(view->store, view->workflow, err);
    if (!context->waiting) {
        free(context);
        return -1;
    }
    draw_head(view);
    int result = draw_left(view, err) || draw_runners(context, err) || draw_running(context, err) ||
                         draw_allocations(context, err) ||
                         action_show_all(view->screen, view->store, view->workflow->id, err) ||
                         draw_waiting(context, err) || count_warned(view, err)
                     ? -1
                     : 0;
    if (!result)
        draw_advice(context);
    waiting_destroy(context->waiting);
    free(context->refused);
    free(context);
    return result;
}
