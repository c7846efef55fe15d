// SPDX-License-Identifier: GPL-2.0-or-later
// The summary: on one screen, how the workflow went, what failed and why, what it asked for and
// used, how that was measured.
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/text.h"
#include "lib/show/format.h"
#include "lib/show/job_table.h"
#include "lib/show/left_results.h"
#include "lib/show/node_time.h"
#include "lib/show/target.h"
#include "lib/show/why.h"
#include "lib/slurm/lost_runner.h"
#include "lib/store/read_each.h"
#include "report/report.h"

enum { FAILED_MOST = 10, WARNED_MOST = 10, CLASSES_MOST = 20, TAIL_LINES = 8, LABEL = 10 };

struct context { // of one part of the summary
    struct report *report;
    int64_t allocations[ALLOCATION_STATES], refused, held_usec, asked_usec;
    char *partitions; // ", "-separated; owned
    struct node_times times;
    struct node_time time; // of all allocations
};

struct used { // by all classes
    // microseconds; used is of attempts that were measured, held of the same
    int64_t cpu_used, cpu_held;
    int64_t sources[SOURCES + 1], attempts; // ended attempts by how they were measured
};

// As much as there is room for: what anybody wrote into a database may be any number.
static void add(int64_t *sum, int64_t number)
{
    int64_t more;
    if (!__builtin_add_overflow(*sum, number, &more))
        *sum = more;
}

static void label(const struct screen *screen, const char *text)
{
    screen_print(screen, COLOR_DIM, "  %-*s", LABEL, text);
}

static void print_head(const struct report *report)
{
    const struct workflow_info *workflow = report->workflow;
    const struct screen *screen = report->screen;
    char created[FORMAT_SIZE], took[FORMAT_SIZE];
    int64_t end = workflow->ended_usec ? workflow->ended_usec : report->now_usec;
    cleanup_free char *number = xasprintf("Workflow %lld ", (long long)workflow->id);
    cleanup_free char *state = why_workflow(workflow);
    screen_print(screen, COLOR_BOLD, "%s", number);
    screen_text(screen, COLOR_BOLD, workflow->name,
                screen->width - (int)strlen(number) - (int)strlen(state) - 2);
    fputs(": ", screen->out);
    screen_print(screen, why_workflow_color(workflow), "%s\n", state);
    if (workflow->description) {
        label(screen, "");
        screen_wrap(screen, LABEL + 2, workflow->description);
    }
    label(screen, "created");
    fprintf(screen->out, "%s by ", format_time(created, workflow->created_usec));
    screen_text(screen, COLOR_NONE, workflow->user, 0);
    if (workflow->run_id > 1)
        fprintf(screen->out, ", run %d", workflow->run_id);
    fputc('\n', screen->out);
    label(screen, workflow->ended_usec ? "took" : "so far");
    fprintf(screen->out, "%s", format_duration(took, end - workflow->created_usec));
    int alive;
    if (!workflow->ended_usec &&
        !lost_runner_count_alive(report->store, workflow->id, &alive, NULL))
        fprintf(screen->out, ", %d %s alive", alive, alive == 1 ? "runner" : "runners");
    fputc('\n', screen->out);
    label(screen, "in");
    screen_text(screen, COLOR_NONE, workflow->folder, screen->width - LABEL - 2);
    fputc('\n', screen->out);
}

static int count_warned(void *count, const struct read_reply *reply, uint32_t index,
                        struct error *err)
{
    (void)reply, (void)index, (void)err;
    ++*(int64_t *)count;
    return 0;
}

static int print_counts(const struct report *report, int64_t *warned, struct error *err)
{
    const struct screen *screen = report->screen;
    struct read_request request = {
        .what = READ_ATTEMPTS, .workflow_id = report->workflow->id, .warned = true};
    int64_t total = 0;
    bool first = true;
    if (store_read_each(report->store, request, count_warned, warned, err))
        return -1;
    label(screen, "jobs");
    for (int i = 0; i < JOB_STATES; i++)
        total += report->workflow->counts[i];
    for (int i = 0; i < JOB_STATES; i++) {
        enum job_state state = job_states_in_order[i];
        int64_t count = report->workflow->counts[state];
        if (!count)
            continue;
        fputs(first ? "" : ", ", screen->out);
        screen_print(screen, job_state_color(state), "%lld %s", (long long)count,
                     job_state_names[state]);
        if (state == JOB_COMPLETED && *warned)
            screen_print(screen, COLOR_YELLOW, " (%lld with a warning)", (long long)*warned);
        first = false;
    }
    fprintf(screen->out, "%s%lld\n", first ? "" : " of ", (long long)total);
    return 0;
}

static int each_allocation(void *pointer, const struct read_reply *reply, uint32_t index,
                           struct error *err)
{
    struct context *context = pointer;
    const struct allocation_info *allocation = &reply->allocations[index];
    const char *partition = allocation->partition;
    int64_t end = allocation->end_usec ? allocation->end_usec : context->report->now_usec;
    (void)err;
    if (allocation->error && !allocation->slurm_job_id) {
        context->refused++;
        return 0;
    }
    struct node_time time = node_times_of(&context->times, allocation);
    node_time_add(&context->time, &time);
    context->allocations[allocation->state]++;
    if (allocation->start_usec) {
        int64_t nodes = allocation->nodes > 0 ? allocation->nodes : 1, held, asked;
        if (!__builtin_mul_overflow(end - allocation->start_usec, nodes, &held) &&
            !__builtin_mul_overflow(allocation->walltime_usec, nodes, &asked)) {
            add(&context->held_usec, held);
            add(&context->asked_usec, asked);
        }
    }
    if (partition && *partition &&
        (!context->partitions || !strstr(context->partitions, partition))) {
        char *longer = context->partitions ? xasprintf("%s, %s", context->partitions, partition)
                                           : xstrdup(partition);
        free(context->partitions);
        context->partitions = longer;
    }
    return 0;
}

static int print_allocations(struct report *report, struct error *err)
{
    struct context context = {.report = report};
    const struct screen *screen = report->screen;
    struct read_request request = {.what = READ_ALLOCATIONS, .workflow_id = report->workflow->id};
    char held[FORMAT_SIZE], asked[FORMAT_SIZE];
    int64_t total = 0;
    if (node_times_read(&context.times, report->store, report->workflow->id, report->now_usec, err))
        return -1;
    int result = store_read_each(report->store, request, each_allocation, &context, err);
    node_times_fini(&context.times);
    if (result) {
        free(context.partitions);
        return -1;
    }
    for (int i = 0; i < ALLOCATION_STATES; i++)
        total += context.allocations[i];
    if (total) {
        label(screen, "slurm");
        fprintf(screen->out, "%lld %s", (long long)total,
                total == 1 ? "allocation" : "allocations");
        if (context.partitions) {
            fputs(" on ", screen->out);
            screen_text(screen, COLOR_NONE, context.partitions, 0);
        }
        for (int i = 0; i < ALLOCATION_STATES; i++)
            if (context.allocations[i] &&
                (i != ALLOCATION_ENDED || context.allocations[i] != total))
                fprintf(screen->out, ", %lld %s", (long long)context.allocations[i],
                        allocation_state_names[i]);
        if (context.held_usec)
            fprintf(screen->out, "; %s of node time, %s asked",
                    format_duration(held, context.held_usec),
                    format_duration(asked, context.asked_usec));
        fputc('\n', screen->out);
    }
    if (context.refused) {
        label(screen, "");
        screen_print(screen, COLOR_RED, "%lld refused by Slurm", (long long)context.refused);
        fprintf(screen->out, "; why: torc-report allocations %lld\n",
                (long long)report->workflow->id);
    }
    cleanup_free char *time = node_time_text(&context.time);
    if (time) {
        label(screen, "node time");
        screen_wrap(screen, LABEL + 2, time);
    }
    free(context.partitions);
    return 0;
}

static int add_class(void *pointer, const struct read_reply *reply, uint32_t index,
                     struct error *err)
{
    struct used *used = pointer;
    const struct class_info *class = &reply->classes[index];
    int64_t held = job_table_held_usec(class, class->wall_sum_usec);
    (void)err;
    add(&used->attempts, class->attempts);
    for (int i = 0; i <= SOURCES; i++)
        add(&used->sources[i], class->sources[i]);
    if (class->attempts <= 0 || class->cpu_sum_usec < 0 || held < 0)
        return 0;
    add(&used->cpu_used, class->cpu_sum_usec);
    add(&used->cpu_held, held);
    return 0;
}

static void print_cpu(const struct screen *screen, const struct used *of)
{
    char used[FORMAT_SIZE], held[FORMAT_SIZE], share[FORMAT_SIZE];
    if (!of->cpu_held)
        return;
    label(screen, "cpu");
    fprintf(screen->out, "%s used, %s of the %s that the jobs held\n",
            format_duration(used, of->cpu_used), format_percent(share, of->cpu_used, of->cpu_held),
            format_duration(held, of->cpu_held));
}

static void print_measured(const struct screen *screen, const struct used *used)
{
    static const char *const means[SOURCES + 1] = {
        [SOURCE_NONE] = "not measured",         [SOURCE_PROC] = "proc (sampled, no cgroup)",
        [SOURCE_CGROUP1] = "cgroup1 (kernel)",  [SOURCE_CGROUP2] = "cgroup2 (kernel)",
        [SOURCE_SPANK] = "spank (Slurm steps)", [SOURCES] = "unknown",
    };
    const char *between = "";
    if (!used->attempts)
        return;
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    for (int i = SOURCES - 1; i >= 0; i--) {
        if (!used->sources[i])
            continue;
        fprintf(out, "%s%s", between, means[i]);
        if (used->sources[i] != used->attempts)
            fprintf(out, ": %lld", (long long)used->sources[i]);
        between = ", ";
    }
    fprintf(out, "; %lld %s", (long long)used->attempts,
            used->attempts == 1 ? "attempt" : "attempts");
    fclose(out);
    label(screen, "measured");
    screen_wrap(screen, LABEL + 2, text);
    free(text);
}

// "hungry: oom on node1 after 2.0s, attempt 2", and below it what there is to say about it.
static void print_failure(const struct report *report, const struct job_info *job,
                          const struct attempt_info *last)
{
    const struct screen *screen = report->screen;
    char wall[FORMAT_SIZE], exit_code[FORMAT_SIZE] = "";
    cleanup_free char *why = why_job(job, last), *in_short = why_job_short(job, last);
    fputs("  ", screen->out);
    screen_text(screen, job_state_color(job->state), job->name, 0);
    fprintf(screen->out, ": %s", in_short ? in_short : job_state_names[job->state]);
    if (last) {
        fputs(" on ", screen->out);
        screen_text(screen, COLOR_NONE, last->node, 0);
        fprintf(screen->out, " after %s", format_duration(wall, last->end.wall_usec));
    }
    if (last && job->attempts > 1)
        fprintf(screen->out, ", attempt %d", last->end.start.attempt_id);
    fputc('\n', screen->out);
    if (last)
        snprintf(exit_code, sizeof exit_code, "exit code %d", last->end.exit_code);
    if (why && strcmp(why, exit_code)) {
        fputs("    ", screen->out);
        screen_wrap(screen, 4, why);
    }
    if (last && last->end.stderr_tail && *last->end.stderr_tail)
        screen_lines(screen, "    | ", last->end.stderr_tail, TAIL_LINES);
    if (last && last->end.start.stream_at) { // of many jobs: no file to open
        fprintf(screen->out, "    log torc logs %lld.", (long long)report->workflow->id);
        screen_text(screen, COLOR_NONE, job->name, 0);
        fputc('\n', screen->out);
    } else if (last && last->end.start.stderr_path) {
        cleanup_free char *path = target_path(report->workflow, last->end.start.stderr_path);
        fputs("    log ", screen->out);
        screen_text(screen, COLOR_NONE, path, 0);
        fputc('\n', screen->out);
    }
}

static int each_failed(void *pointer, const struct read_reply *jobs, uint32_t index,
                       struct error *err)
{
    struct context *context = pointer;
    const struct report *report = context->report;
    const struct job_info *job = &jobs->jobs[index];
    const struct attempt_info *last;
    struct read_reply reply = {0};
    int result =
        store_read_last_attempt(report->store, job, report->workflow->id, &reply, &last, err);
    if (!result)
        print_failure(report, job, last);
    read_reply_fini(&reply);
    return result;
}

static int print_failed(struct report *report, struct error *err)
{
    const int64_t *counts = report->workflow->counts;
    int64_t failed = why_count_failed(counts);
    const struct screen *screen = report->screen;
    struct context context = {.report = report};
    struct read_request request = {
        .what = READ_JOBS,
        .workflow_id = report->workflow->id,
        .states = 1U << JOB_FAILED | 1U << JOB_TERMINATED | 1U << JOB_PENDING_FAILED,
        .limit = FAILED_MOST,
    };
    struct read_reply reply = {0};
    if (!failed)
        return 0;
    screen_print(screen, COLOR_BOLD, "\nFailed\n");
    int result = store_read(report->store, &request, &reply, err);
    for (uint32_t i = 0; !result && i < reply.count; i++)
        result = each_failed(&context, &reply, i, err);
    if (!result && failed > reply.count)
        fprintf(screen->out, "  and %lld more: torc jobs %lld --state failed\n",
                (long long)(failed - reply.count), (long long)report->workflow->id);
    if (!result && counts[JOB_CANCELED])
        fprintf(screen->out, "  %lld more did not run: torc jobs %lld --state canceled\n",
                (long long)counts[JOB_CANCELED], (long long)report->workflow->id);
    read_reply_fini(&reply);
    return result;
}

static void print_warning(const struct screen *screen, const struct attempt_info *attempt)
{
    cleanup_free char *why = why_attempt(attempt), *in_short = why_attempt_short(attempt);
    fputs("  ", screen->out);
    screen_text(screen, COLOR_YELLOW, attempt->job_name, 0);
    fprintf(screen->out, ": %s\n", in_short);
    if (strcmp(why, in_short)) {
        fputs("    ", screen->out);
        screen_wrap(screen, 4, why);
    }
}

static int print_warned(struct report *report, int64_t warned, struct error *err)
{
    struct read_request request = {.what = READ_ATTEMPTS,
                                   .workflow_id = report->workflow->id,
                                   .limit = WARNED_MOST,
                                   .warned = true};
    struct read_reply reply = {0};
    if (!warned)
        return 0;
    if (store_read(report->store, &request, &reply, err))
        return -1;
    screen_print(report->screen, COLOR_BOLD, "\nCompleted, but\n");
    for (uint32_t i = 0; i < reply.count; i++)
        print_warning(report->screen, &reply.attempts[i]);
    if (warned > reply.count)
        fprintf(report->screen->out, "  and %lld more: torc jobs %lld\n",
                (long long)(warned - reply.count), (long long)report->workflow->id);
    read_reply_fini(&reply);
    return 0;
}

// The first of them: tools make one for each job.
static int print_classes(struct report *report, struct error *err)
{
    report->rows_most = CLASSES_MOST;
    int result = report_classes(report, err);
    report->rows_most = 0;
    if (!result && report->rows_left)
        fprintf(report->screen->out, "  and %zu more: torc-report classes %lld\n",
                report->rows_left, (long long)report->workflow->id);
    return result;
}

int report_summary(struct report *report, struct error *err)
{
    struct read_request classes = {.what = READ_CLASSES, .workflow_id = report->workflow->id};
    struct used used = {0};
    int64_t warned = 0;
    print_head(report);
    if (print_counts(report, &warned, err) ||
        store_read_each(report->store, classes, add_class, &used, err))
        return -1;
    print_cpu(report->screen, &used);
    if (print_allocations(report, err))
        return -1;
    print_measured(report->screen, &used);
    screen_print(report->screen, COLOR_BOLD, "\nAsked and used\n");
    if (print_classes(report, err) || print_failed(report, err) ||
        print_warned(report, warned, err))
        return -1;
    cleanup_free char *again = why_again(report->workflow);
    cleanup_free char *left = left_results(report->store, report->workflow);
    if (again || left)
        fprintf(report->screen->out, "\n%s\n", again ? again : left);
    return 0;
}
