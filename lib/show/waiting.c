// SPDX-License-Identifier: GPL-2.0-or-later
// Holds jobs against the places that there are by the rules of the store's claim.
#include "lib/show/waiting.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/show/action_hold.h"
#include "lib/show/format.h"
#include "lib/show/why.h"
#include "lib/slurm/lost_runner.h"
#include "lib/store/pack.h"
#include "lib/store/read_each.h"
#include "lib/workflow/settings.h"
#include "lib/workflow/workflow.h"

enum { SILENT_USEC = 3 * BEAT_SECS * USEC_PER_SEC, QUEUED_MOST = 1000 };

struct place { // a runner, or an allocation that has none yet
    struct pack_shape shape;
    struct pack_time time;
    int64_t allocation_id, slurm_job;
    int32_t nodes;
    char *scheduler, *labels;
    char *hold; // what it does, or waits for, before it starts a job; NULL: nothing
    enum allocation_state state; // of an allocation
    bool silent, taken;          // not heard of for long; it had a runner
};

struct places {
    struct place *list;
    size_t count, space;
};

struct waiting {
    struct store *store;
    const struct workflow_info *workflow;
    struct settings settings;
    struct places runners, allocations;
    struct action_holds *holds;
    int64_t *queued, now_usec;
    size_t queued_count, queued_space;
    const char *lines, *error; // squeue's
    char *refused;             // what sbatch said, if it took nothing since
    int64_t known_class;       // of whom `known` is
    bool known_terminable;
    char *known;
};

// ---- what there is ----

static struct place *add(struct places *places)
{
    places->list = array_grow(places->list, places->count, &places->space, sizeof *places->list);
    struct place *place = &places->list[places->count++];
    *place = (struct place){.nodes = 1};
    return place;
}

static char *copy(const char *text)
{
    return text ? xstrdup(text) : NULL;
}

static int64_t margin(const struct waiting *w, int64_t walltime_usec)
{
    return settings_end_times(&w->settings, walltime_usec).margin_usec;
}

static int each_allocation(void *pointer, const struct read_reply *reply, uint32_t index,
                           struct error *err)
{
    struct waiting *w = pointer;
    const struct allocation_info *a = &reply->allocations[index];
    (void)err;
    if (a->slurm_job_id || a->error) {
        free(w->refused);
        w->refused = a->slurm_job_id ? NULL : copy(a->error);
    }
    if (a->state == ALLOCATION_ENDED || a->state == ALLOCATION_CANCELED)
        return 0;
    struct place *place = add(&w->allocations);
    int64_t walltime = a->walltime_usec > 0 ? a->walltime_usec : 0;
    place->shape =
        (struct pack_shape){a->cpus > 0 ? a->cpus : INT32_MAX, a->gpus > 0 ? a->gpus * 1000 : 0,
                            a->memory_bytes > 0 ? a->memory_bytes : INT64_MAX};
    place->time.walltime_usec = walltime;
    place->time.left_usec = walltime ? walltime - margin(w, walltime) : 0;
    place->allocation_id = a->id;
    place->slurm_job = a->slurm_job_id;
    place->nodes = a->nodes > 0 ? a->nodes : 1;
    place->scheduler = copy(a->scheduler);
    place->state = a->state;
    bool waits = a->state == ALLOCATION_QUEUED || a->state == ALLOCATION_UNKNOWN;
    if (waits && a->slurm_job_id && w->queued_count < QUEUED_MOST) {
        w->queued = array_grow(w->queued, w->queued_count, &w->queued_space, sizeof *w->queued);
        w->queued[w->queued_count++] = a->slurm_job_id;
    }
    return 0;
}

static struct place *allocation_of(const struct waiting *w, int64_t id)
{
    for (size_t i = 0; id && i < w->allocations.count; i++)
        if (w->allocations.list[i].allocation_id == id)
            return &w->allocations.list[i];
    return NULL;
}

static int each_runner(void *pointer, const struct read_reply *reply, uint32_t index,
                       struct error *err)
{
    struct waiting *w = pointer;
    const struct runner_info *r = &reply->runners[index];
    struct place *allocation = allocation_of(w, r->allocation_id);
    (void)err;
    if (allocation)
        allocation->taken = true;
    if (r->end_usec || r->lost || lost_runner_is_dead(r))
        return 0;
    struct place *place = add(&w->runners);
    int64_t walltime = allocation      ? allocation->time.walltime_usec
                       : r->limit_usec ? r->limit_usec - r->started_usec
                                       : 0;
    int64_t left = r->limit_usec ? r->limit_usec - w->now_usec - margin(w, walltime) : 0;
    place->shape = (struct pack_shape){r->cpus, r->gpus_milli, r->memory_bytes};
    place->time.walltime_usec = walltime;
    place->time.left_usec = r->limit_usec && left < 1 ? 1 : left; // 0 would be: no end
    place->time.elapsed_usec = w->now_usec - r->started_usec;
    place->allocation_id = r->allocation_id;
    place->nodes = allocation ? allocation->nodes : 1;
    place->scheduler = copy(r->scheduler);
    place->labels = copy(r->labels);
    place->hold = action_holds_runner(w->holds, r->id);
    place->silent = w->now_usec - r->heartbeat_usec > SILENT_USEC;
    return 0;
}

struct waiting *waiting_create(struct store *store, const struct workflow_info *workflow,
                               struct error *err)
{
    struct waiting *w = xcalloc(1, sizeof *w);
    struct read_request request = {.what = READ_ALLOCATIONS, .workflow_id = workflow->id};
    w->store = store;
    w->workflow = workflow;
    w->now_usec = clock_real_usec();
    w->holds = action_holds_create(store, workflow->id, err);
    int rc = w->holds ? settings_parse(&w->settings, workflow->settings, err) : -1;
    if (!rc)
        rc = store_read_each(store, request, each_allocation, w, err);
    request.what = READ_RUNNERS;
    if (!rc)
        rc = store_read_each(store, request, each_runner, w, err);
    if (!rc)
        return w;
    waiting_destroy(w);
    return NULL;
}

static void places_fini(struct places *places)
{
    for (size_t i = 0; i < places->count; i++) {
        free(places->list[i].scheduler);
        free(places->list[i].labels);
        free(places->list[i].hold);
    }
    free(places->list);
}

void waiting_destroy(struct waiting *w)
{
    if (!w)
        return;
    places_fini(&w->runners);
    places_fini(&w->allocations);
    action_holds_destroy(w->holds);
    settings_fini(&w->settings);
    free(w->queued);
    free(w->refused);
    free(w->known);
    free(w);
}

size_t waiting_queued(const struct waiting *w, const int64_t **slurm_jobs)
{
    *slurm_jobs = w->queued;
    return w->queued_count;
}

void waiting_heard(struct waiting *w, const char *lines, const char *error)
{
    w->lines = lines;
    w->error = error;
}

// ---- what a class lacks there ----

// The later, the nearer it came to be taken.
enum lack { LACK_LABELS, LACK_SCHEDULER, LACK_NODES, LACK_SHAPE, LACK_TIME, LACK_NOTHING };

static struct pack_shape shape_of(const struct class_info *c)
{
    return c->enforced ? (struct pack_shape){c->cpus, c->gpus_milli, c->memory_bytes}
                       : (struct pack_shape){.gpus_milli = c->gpus_milli};
}

static enum lack lack_of(const struct place *place, const struct class_info *c, bool terminable)
{
    struct pack_shape shape = shape_of(c);
    if (!pack_labels_fit(place->labels, c->labels))
        return LACK_LABELS;
    if (c->scheduler && place->allocation_id &&
        (!place->scheduler || strcmp(c->scheduler, place->scheduler)))
        return LACK_SCHEDULER;
    if (place->nodes < c->nodes)
        return LACK_NODES;
    if (!pack_shape_fits(&shape, &place->shape))
        return LACK_SHAPE;
    enum pack_time_fit fit = pack_time_fits(&place->time, c->runtime_usec, c->enforced);
    return fit == PACK_TIME_YES || (fit == PACK_TIME_TERMINABLE && terminable) ? LACK_NOTHING
                                                                               : LACK_TIME;
}

struct found { // among the runners that are alive
    enum lack lack;
    struct pack_shape most; // of those that lack no more than that
    int32_t nodes;
    int64_t left_usec; // -1: no end
    uint32_t count, silent, held;
    const char *hold; // of one of those that are held
};

static struct found look_at_runners(const struct waiting *w, const struct class_info *c,
                                    bool terminable)
{
    struct found f = {.lack = LACK_LABELS};
    for (size_t i = 0; i < w->runners.count; i++) {
        const struct place *r = &w->runners.list[i];
        enum lack lack = lack_of(r, c, terminable);
        if (lack > f.lack)
            f = (struct found){.lack = lack};
        if (lack < f.lack)
            continue;
        f.count++;
        f.silent += r->silent;
        if (r->hold && !r->silent) {
            f.held++;
            f.hold = r->hold;
        }
        f.nodes = f.nodes > r->nodes ? f.nodes : r->nodes;
        f.most.cpus = f.most.cpus > r->shape.cpus ? f.most.cpus : r->shape.cpus;
        if (f.most.gpus_milli < r->shape.gpus_milli)
            f.most.gpus_milli = r->shape.gpus_milli;
        if (f.most.memory_bytes < r->shape.memory_bytes)
            f.most.memory_bytes = r->shape.memory_bytes;
        if (!r->time.left_usec)
            f.left_usec = -1;
        else if (f.left_usec >= 0 && f.left_usec < r->time.left_usec)
            f.left_usec = r->time.left_usec;
    }
    return f;
}

static char *lacks_shape(const struct found *f, const struct class_info *c)
{
    char asked[FORMAT_SIZE], most[FORMAT_SIZE];
    struct pack_shape shape = shape_of(c);
    if (shape.gpus_milli > f->most.gpus_milli)
        return xasprintf("no runner has the GPUs (it needs %s, the most is %s)",
                         format_milli(asked, shape.gpus_milli),
                         format_milli(most, f->most.gpus_milli));
    if (shape.cpus > f->most.cpus)
        return xasprintf("no runner has the CPUs (it needs %d, the most is %d)", shape.cpus,
                         f->most.cpus);
    if (shape.memory_bytes > f->most.memory_bytes)
        return xasprintf("no runner has the memory (it needs %s, the most is %s)",
                         format_bytes(asked, shape.memory_bytes),
                         format_bytes(most, f->most.memory_bytes));
    return xstrdup("no runner has its CPUs, memory and GPUs together");
}

static char *takes(const struct class_info *c)
{
    char runtime[FORMAT_SIZE];
    return c->enforced ? xasprintf("it may take %s", format_duration(runtime, c->runtime_usec))
                       : xstrdup("its runtime was not declared");
}

// NULL: no runner is alive
static char *lacks(const struct waiting *w, const struct found *f, const struct class_info *c)
{
    char left[FORMAT_SIZE];
    cleanup_free char *runtime = takes(c);
    if (!w->runners.count)
        return NULL;
    switch (f->lack) {
    case LACK_LABELS:
        return xstrdup("the runners that are alive take only jobs with labels");
    case LACK_SCHEDULER:
        return xasprintf("no runner is in an allocation of scheduler \"%s\"", c->scheduler);
    case LACK_NODES:
        return xasprintf("no allocation that runs has the nodes (it needs %d, the most is %d)",
                         c->nodes, f->nodes);
    case LACK_SHAPE:
        return lacks_shape(f, c);
    case LACK_TIME:
        return xasprintf("no runner has the time (%s are left at most, %s)",
                         format_duration(left, f->left_usec), runtime);
    case LACK_NOTHING:
        break;
    }
    if (f->silent == f->count)
        return xstrdup("it is not known why: the runners that could take it have not been heard "
                       "of for three heartbeats");
    if (f->held && f->held + f->silent == f->count)
        return xasprintf("waits for %s", f->hold);
    return f->left_usec < 0
               ? xasprintf("waits for its turn on %u runner%s", f->count, f->count == 1 ? "" : "s")
               : xasprintf("waits for its turn on %u runner%s, with %s left at most (%s)", f->count,
                           f->count == 1 ? "" : "s", format_duration(left, f->left_usec), runtime);
}

// ---- what is to come ----

// Of squeue's line of that job the fields "STATE|REASON|START"; NULL: it has none.
static const char *queue_line(const char *lines, int64_t job)
{
    cleanup_free char *id = xasprintf("%lld", (long long)job);
    size_t length = strlen(id);
    const char *found = NULL;
    for (const char *line = lines; line && *line; line = strchr(line, '\n'), line += line != NULL) {
        if (strncmp(line, id, length) || !strchr("_|", line[length]))
            continue;
        const char *state = strchr(line, '|');
        if (state && (!found || !strncmp(state, "|PENDING", 8)))
            found = state + 1;
    }
    return found;
}

// When Slurm expects it to start, as text that sorts by time; "~" where it does not.
static const char *expected(const struct waiting *w, const struct place *a)
{
    const char *line = a->slurm_job ? queue_line(w->lines, a->slurm_job) : NULL;
    const char *reason = line ? strchr(line, '|') : NULL,
               *start = reason ? strchr(reason + 1, '|') : NULL;
    if (!start || start[1] < '0' || start[1] > '9')
        return "~";
    cleanup_free char *text = strndup(reason, (size_t)(start - reason));
    return strcasestr(text, "held") ? "~" : start + 1;
}

static bool is_earlier(const struct waiting *w, const struct place *a, const struct place *than)
{
    return a->state == than->state &&
           strncmp(expected(w, a), expected(w, than), strlen("2026-11-28T07:55:12")) < 0;
}

static char *queued_text(const struct waiting *w, int64_t job)
{
    const char *line = queue_line(w->lines, job);
    cleanup_free char *fields = line ? strndup(line, strcspn(line, "\n")) : NULL;
    if (w->error)
        return xasprintf("waits for Slurm job %lld; when it starts is not known: %s",
                         (long long)job, w->error);
    if (!w->lines)
        return xasprintf("waits for Slurm job %lld, which is queued", (long long)job);
    char *reason = fields ? strchr(fields, '|') : NULL,
         *start = reason ? strchr(reason + 1, '|') : NULL;
    if (!start)
        return xasprintf("waits for Slurm job %lld, which is not in Slurm's queue any more; to ask "
                         "for another: torc-sbatch --top-up %lld",
                         (long long)job, (long long)w->workflow->id);
    *reason++ = '\0';
    *start++ = '\0';
    if (strcmp(fields, "PENDING"))
        return xasprintf("waits for the runner of Slurm job %lld, which is %s", (long long)job,
                         fields);
    if (strstr(reason, "launch failed"))
        return xasprintf("waits for Slurm job %lld (%s), which Slurm could not start; to ask for "
                         "another: torc-sbatch --top-up %lld",
                         (long long)job, reason, (long long)w->workflow->id);
    bool held = strcasestr(reason, "held"); // a time that it still has is an old one
    if (held || !strcmp(start, "N/A"))
        return xasprintf("waits for Slurm job %lld (%s), %s", (long long)job, reason,
                         held ? "which starts when it is released"
                              : "whose start Slurm has not estimated");
    return xasprintf("waits for Slurm job %lld (%s), expected to start at %s", (long long)job,
                     reason, start);
}

static char *comes(const struct waiting *w, const struct place *a)
{
    switch (a->state) {
    case ALLOCATION_PLANNED:
        return xstrdup("an allocation for it is being asked of Slurm");
    case ALLOCATION_RUNNING:
        return xasprintf("waits for the runner of Slurm job %lld, which has started",
                         (long long)a->slurm_job);
    case ALLOCATION_QUEUED:
        return queued_text(w, a->slurm_job);
    case ALLOCATION_UNKNOWN:
        return a->slurm_job ? queued_text(w, a->slurm_job)
                            : xstrdup("whether Slurm has an allocation for it is not known");
    case ALLOCATION_ENDED:
    case ALLOCATION_CANCELED:
    case ALLOCATION_STATES:
        break;
    }
    return NULL;
}

// The first that fits, what is sure before what is not.
static char *to_come(const struct waiting *w, const struct class_info *c, bool terminable)
{
    static const enum allocation_state order[] = {ALLOCATION_RUNNING, ALLOCATION_QUEUED,
                                                  ALLOCATION_PLANNED, ALLOCATION_UNKNOWN};
    const struct place *first = NULL;
    uint32_t others = 0;
    for (size_t k = 0; k < sizeof order / sizeof *order; k++)
        for (size_t i = 0; i < w->allocations.count; i++) {
            const struct place *a = &w->allocations.list[i];
            if (a->state != order[k] || a->taken || lack_of(a, c, terminable) != LACK_NOTHING)
                continue;
            others += first != NULL;
            first = first && !is_earlier(w, a, first) ? first : a;
        }
    if (!first)
        return NULL;
    cleanup_free char *text = comes(w, first);
    return others ? xasprintf("%s; %u more allocations are to come", text, others) : take_ptr(text);
}

static char *nothing_comes(const struct waiting *w, const struct class_info *c)
{
    char *action = action_holds_class(w->holds, c->action);
    if (action)
        return action;
    if (w->refused)
        return xasprintf("asking for an allocation failed: %s", w->refused);
    return xstrdup(w->runners.count
                       ? "no allocation that it fits is queued"
                       : "no runner is alive, and no allocation that it fits is queued");
}

char *waiting_class(const struct waiting *w, const struct class_info *c, bool terminable)
{
    if (w->workflow->state == WORKFLOW_HELD)
        return xasprintf("the workflow is held, and no job starts: torc release %lld",
                         (long long)w->workflow->id);
    struct found found = look_at_runners(w, c, terminable);
    if (c->labels && *c->labels && (!w->runners.count || found.lack == LACK_LABELS))
        return xasprintf("waits for a runner with the labels %s, which nobody has: torc-run "
                         "--workflow %lld --label %s",
                         c->labels, (long long)w->workflow->id, c->labels);
    cleanup_free char *here = lacks(w, &found, c);
    if (here && found.lack == LACK_NOTHING)
        return take_ptr(here);
    cleanup_free char *coming = to_come(w, c, terminable);
    if (!coming)
        coming = nothing_comes(w, c);
    return here ? xasprintf("%s; %s", here, coming) : take_ptr(coming);
}

int waiting_job(struct waiting *w, const struct job_info *job, char **text, struct error *err)
{
    bool terminable = job->flags & JOB_SUPPORTS_TERMINATION;
    struct read_request request = {.what = READ_CLASSES,
                                   .workflow_id = w->workflow->id,
                                   .after_id = job->class_id - 1,
                                   .limit = 1};
    struct read_reply reply = {0};
    *text = NULL;
    if (job->state != JOB_READY) {
        *text = why_waits(job);
        return 0;
    }
    if (!w->known || w->known_class != job->class_id || w->known_terminable != terminable) {
        if (store_read(w->store, &request, &reply, err))
            return -1;
        free(w->known);
        w->known = reply.count ? waiting_class(w, reply.classes, terminable) : NULL;
        w->known_class = job->class_id;
        w->known_terminable = terminable;
        read_reply_fini(&reply);
    }
    *text = copy(w->known);
    return 0;
}
