// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/status_queue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/text.h"
#include "lib/show/waiting.h"
#include "lib/slurm/look.h"

enum { LABEL = 13 };

void status_queue_fini(struct status_queue *queue)
{
    free(queue->text);
    free(queue->error);
    queue->text = queue->error = NULL;
}

static void indent(const struct screen *screen)
{
    fprintf(screen->out, "%*s", LABEL, "");
}

static void ask_slurm(struct status_queue *queue, const int64_t *jobs, size_t count)
{
    struct error err = {0};
    int64_t sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += jobs[i] * (int64_t)(i + 1);
    if (sum == queue->asked)
        return;
    status_queue_fini(queue);
    queue->asked = sum;
    if (sum && slurm_look_queue(jobs, count, &queue->text, &err))
        queue->error = xstrdup(err.text);
}

// Slurm's reasons of jobs that it does not start before somebody has done something; a time to
// start that it still gives for them is an old one.
static const struct {
    const char *reason, *text;
    bool releasable; // by the user
} holds[] = {
    {"JobHeldUser", "it is held by its owner", true},
    {"JobHeldAdmin", "it is held by an administrator, who alone can release it", false},
    {"launch failed requeued held", "its launch failed, so Slurm holds it", true},
    {"launch_failed_requeued_held", "its launch failed, so Slurm holds it", true},
    {"job requeued in held state", "it was requeued and is held", true},
    {"job_requeued_in_held_state", "it was requeued and is held", true},
};

static void draw_job(const struct screen *screen, const char *id, const char *reason,
                     const char *start)
{
    // Slurm's word for a job that no scheduling round has looked at
    bool seen = strcmp(reason, "None");
    fprintf(screen->out, "Slurm job %s waits: %s", id, seen ? reason : "just submitted");
    for (size_t i = 0; i < sizeof holds / sizeof *holds; i++) {
        if (strcmp(reason, holds[i].reason))
            continue;
        fprintf(screen->out, "; %s", holds[i].text);
        if (holds[i].releasable)
            fprintf(screen->out, "; to let it go: scontrol release %.*s",
                    (int)strspn(id, "0123456789"), id);
        start = "N/A";
    }
    if (strcmp(start, "N/A"))
        fprintf(screen->out, "; expected to start at %s", start);
    fputc('\n', screen->out);
}

// Lines "12_[1-3]|PENDING|Priority|2026-11-22T22:10:00", as few as squeue gave: it puts what is
// alike of an array together.
static void draw_queue(const struct screen *screen, const struct status_queue *queue)
{
    cleanup_free char *copy = xstrdup(queue->text ? queue->text : "");
    for (char *save, *next = strtok_r(copy, "\n", &save); next;
         next = strtok_r(NULL, "\n", &save)) {
        cleanup_free char *line = text_safe(next);
        char *fields[4] = {line}, *at = line;
        for (int i = 1; i < 4 && at; i++) {
            at = strchr(at, '|');
            if (at)
                *at++ = '\0';
            fields[i] = at;
        }
        if (!fields[3] || strcmp(fields[1], "PENDING"))
            continue;
        indent(screen);
        draw_job(screen, fields[0], fields[2], fields[3]);
    }
    if (queue->error) {
        indent(screen);
        fputs("why they wait is not known: ", screen->out);
        screen_text(screen, COLOR_NONE, queue->error, 0);
        fputc('\n', screen->out);
    }
}

// Does a line of squeue's begin with that job?
static bool queue_has(const char *text, int64_t job)
{
    cleanup_free char *id = xasprintf("%lld", (long long)job);
    size_t length = strlen(id);
    for (const char *line = text; line; line = strchr(line, '\n'), line += line != NULL)
        if (!strncmp(line, id, length) && strchr("_|", line[length]))
            return true;
    return false;
}

// Canceled by somebody, or ended before it could say so; nobody tells torc.
static void draw_gone(const struct screen *screen, const char *text, int64_t workflow_id,
                      const int64_t *jobs, size_t count)
{
    int64_t last = 0;
    size_t gone = 0;
    for (size_t i = 0; i < count && text; i++) {
        if (jobs[i] == last || queue_has(text, jobs[i]))
            continue;
        last = jobs[i];
        indent(screen);
        fprintf(screen->out, "Slurm job %lld is not in Slurm's queue any more\n", (long long)last);
        gone++;
    }
    if (gone) {
        indent(screen);
        fprintf(screen->out,
                "to ask for others, if they were canceled: torc-sbatch --top-up %lld\n",
                (long long)workflow_id);
    }
}

void status_queue_ask(struct status_queue *queue, struct waiting *waiting)
{
    const int64_t *jobs;
    size_t count = waiting_queued(waiting, &jobs);
    ask_slurm(queue, jobs, count);
    if (count)
        waiting_heard(waiting, queue->text, queue->error);
}

void status_queue_draw(struct status_queue *queue, const struct screen *screen, int64_t workflow_id,
                       const int64_t *jobs, size_t count)
{
    ask_slurm(queue, jobs, count);
    draw_queue(screen, queue);
    draw_gone(screen, queue->text, workflow_id, jobs, count);
}

struct waiting *status_queue_waiting(struct status_queue *queue, struct store *store,
                                     const struct workflow_info *workflow, struct error *err)
{
    struct waiting *waiting = waiting_create(store, workflow, err);
    if (waiting && workflow->state == WORKFLOW_RUNNING && workflow->counts[JOB_READY])
        status_queue_ask(queue, waiting);
    return waiting;
}
