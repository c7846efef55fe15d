// SPDX-License-Identifier: GPL-2.0-or-later
// What is known comes first, and each part takes no more than is left of what was held: clocks of
// several nodes differ a little, and the sum is right all the same.
#include "lib/show/node_time.h"

#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/base/number.h"
#include "lib/show/json_stream.h"
#include "lib/store/read_each.h"

static const int64_t heard_usec = 100 * USEC_PER_SEC; // a heartbeat counts for so long

const char *const node_time_keys[TIME_PARTS] = {
    [TIME_USED] = "used",     [TIME_RUNNING] = "running", [TIME_LOST] = "lost",
    [TIME_WAITED] = "waited", [TIME_UNFIT] = "unfit",     [TIME_STARTUP] = "startup",
    [TIME_DRAIN] = "drain",   [TIME_UNKNOWN] = "unknown",
};

static const struct {
    enum node_time_part part;
    const char *text;
} texts[] = {
    {TIME_USED, "used by jobs"},
    {TIME_RUNNING, "by jobs that run"},
    {TIME_LOST, "lost to attempts that failed"},
    {TIME_WAITED, "idle (nothing to start)"},
    {TIME_UNFIT, "idle (what was ready did not fit)"},
    {TIME_STARTUP, "start-up"},
    {TIME_DRAIN, "drain"},
    {TIME_UNKNOWN, "not known"},
};

// ---- numbers of anybody's database ----

static int64_t plus(int64_t a, int64_t b)
{
    int64_t sum;
    return __builtin_add_overflow(a, b, &sum) ? INT64_MAX : sum;
}

static int64_t held(int64_t cpus, int64_t usec)
{
    int64_t product;
    if (cpus <= 0 || usec <= 0)
        return 0;
    return __builtin_mul_overflow(cpus, usec, &product) ? INT64_MAX : product;
}

// ---- one allocation ----

// Slurm may start an allocation again; its row is of the last start.
static bool is_earlier(const struct allocation_info *a, const struct runner_info *r)
{
    return r->started_usec < a->start_usec;
}

// Each node once, however often its runner was started; one that has had none, as asked.
static int64_t count_cpus(const struct allocation_info *a, const struct runner_info *runners,
                          size_t count)
{
    int64_t cpus = 0, nodes = 0;
    for (size_t i = 0; i < count; i++) {
        bool first = !is_earlier(a, &runners[i]);
        for (size_t k = 0; first && k < i; k++)
            first = is_earlier(a, &runners[k]) || strcmp(runners[k].node, runners[i].node);
        if (first) {
            cpus += larger(runners[i].cpus, 0);
            nodes++;
        }
    }
    return cpus + held(a->cpus, larger(a->nodes, 1) - nodes);
}

struct sums { // of an allocation's runners
    int64_t parts[TIME_PARTS], earlier_usec, first_usec, last_usec;
};

static int64_t last_heard(const struct runner_info *r, int64_t now_usec)
{
    return r->end_usec ? r->end_usec : smaller(now_usec, r->heartbeat_usec + heard_usec);
}

static void add_runner(struct sums *sums, const struct allocation_info *a,
                       const struct runner_info *r, int64_t end_usec)
{
    int64_t heard = last_heard(r, end_usec), unknown = r->unknown_usec;
    if (!r->end_usec && !is_earlier(a, r))
        unknown = held(r->cpus, end_usec - heard);
    sums->parts[TIME_USED] = plus(sums->parts[TIME_USED], r->used_usec);
    sums->parts[TIME_RUNNING] = plus(sums->parts[TIME_RUNNING], r->running_usec);
    sums->parts[TIME_LOST] = plus(sums->parts[TIME_LOST], r->lost_usec);
    sums->parts[TIME_UNFIT] = plus(sums->parts[TIME_UNFIT], r->unfit_usec);
    sums->parts[TIME_UNKNOWN] = plus(sums->parts[TIME_UNKNOWN], unknown);
    if (is_earlier(a, r)) {
        sums->earlier_usec = plus(sums->earlier_usec, held(r->cpus, heard - r->started_usec));
        return;
    }
    if (r->first_usec && (!sums->first_usec || r->first_usec < sums->first_usec))
        sums->first_usec = r->first_usec;
    sums->last_usec = larger(sums->last_usec, r->last_usec);
}

static int64_t unknown_after(const struct allocation_info *a, const struct runner_info *r,
                             int64_t last_usec)
{
    int64_t from = larger(last_usec, r->heartbeat_usec);
    return is_earlier(a, r) ? 0 : smaller(r->unknown_usec, held(r->cpus, r->end_usec - from));
}

static void take(struct node_time *time, int64_t *left, enum node_time_part part, int64_t usec)
{
    time->parts[part] = smaller(larger(usec, 0), *left);
    *left -= time->parts[part];
}

struct node_time node_time_make(const struct allocation_info *a, const struct runner_info *runners,
                                size_t count, int64_t now_usec)
{
    struct sums sums = {0};
    struct node_time time = {.held_usec = UNKNOWN};
    int64_t cpus = count_cpus(a, runners, count), end = a->end_usec ? a->end_usec : now_usec;
    time.asked_usec = a->walltime_usec < 0 ? UNKNOWN : held(cpus, a->walltime_usec);
    for (int i = 0; i < TIME_PARTS; i++)
        time.parts[i] = UNKNOWN;
    if (!a->start_usec)
        return time;
    for (size_t i = 0; i < count; i++)
        add_runner(&sums, a, &runners[i], end);
    int64_t drained = 0;
    if (a->end_usec && sums.last_usec && !sums.parts[TIME_RUNNING])
        drained = held(cpus, end - sums.last_usec);
    for (size_t i = 0; i < count; i++) // what is unknown in it is not counted twice
        drained -= unknown_after(a, &runners[i], sums.last_usec);
    time.held_usec = plus(held(cpus, end - a->start_usec), sums.earlier_usec);
    int64_t left = time.held_usec;
    static const enum node_time_part order[] = {TIME_USED, TIME_RUNNING, TIME_LOST, TIME_UNKNOWN};
    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        take(&time, &left, order[i], sums.parts[order[i]]);
    take(&time, &left, TIME_STARTUP,
         sums.first_usec ? held(cpus, sums.first_usec - a->start_usec) : 0);
    take(&time, &left, TIME_DRAIN, drained);
    take(&time, &left, TIME_UNFIT, sums.parts[TIME_UNFIT]);
    take(&time, &left, TIME_WAITED, left);
    return time;
}

void node_time_add(struct node_time *sum, const struct node_time *one)
{
    if (one->held_usec < 0)
        return;
    sum->asked_usec = plus(sum->asked_usec, larger(one->asked_usec, 0));
    int64_t room = INT64_MAX - sum->held_usec; // the parts are no more than the whole
    for (int i = 0; i < TIME_PARTS; i++) {
        int64_t usec = smaller(one->parts[i], room);
        room -= usec;
        sum->parts[i] += usec;
        sum->held_usec += usec;
    }
}

// ---- in words ----

// What is cut off is given to those of which most was.
void node_time_percents(const struct node_time *time, int percents[TIME_PARTS])
{
    double rest[TIME_PARTS];
    int left = 100;
    for (int i = 0; i < TIME_PARTS; i++) {
        double exact =
            time->held_usec > 0 ? 100.0 * (double)time->parts[i] / (double)time->held_usec : 0;
        percents[i] = (int)exact;
        rest[i] = exact - percents[i];
        left -= percents[i];
    }
    while (time->held_usec > 0 && left-- > 0) {
        int most = 0;
        for (int i = 1; i < TIME_PARTS; i++)
            if (rest[i] > rest[most])
                most = i;
        percents[most]++;
        rest[most] = -1;
    }
}

char *node_time_text(const struct node_time *time)
{
    int percents[TIME_PARTS];
    char *text = NULL;
    size_t size;
    const char *between = "";
    if (time->held_usec <= 0)
        return NULL;
    node_time_percents(time, percents);
    FILE *out = open_memstream(&text, &size);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        enum node_time_part part = texts[i].part;
        if (!time->parts[part])
            continue;
        if (percents[part])
            fprintf(out, "%s%d%% %s", between, percents[part], texts[i].text);
        else
            fprintf(out, "%s<1%% %s", between, texts[i].text);
        between = ", ";
    }
    fclose(out);
    return text;
}

json_t *node_time_json(const struct node_time *time)
{
    json_t *object = json_object();
    json_object_set_new(object, "asked_cpu_s", json_seconds(time->asked_usec));
    json_object_set_new(object, "held_cpu_s", json_seconds(time->held_usec));
    for (int i = 0; i < TIME_PARTS; i++) {
        cleanup_free char *key = xasprintf("%s_cpu_s", node_time_keys[i]);
        json_object_set_new(object, key, json_seconds(time->parts[i]));
    }
    return object;
}

// ---- of a workflow ----

static int add_row(void *pointer, const struct read_reply *reply, uint32_t index, struct error *err)
{
    struct node_times *times = pointer;
    const struct runner_info *runner = &reply->runners[index];
    (void)err;
    if (!runner->allocation_id)
        return 0;
    times->runners =
        array_grow(times->runners, times->count, &times->space, sizeof *times->runners);
    struct runner_info *copy = &times->runners[times->count++];
    *copy = *runner;
    copy->node = arena_strdup(times->arena, runner->node);
    copy->incarnation = copy->host = copy->labels = copy->scheduler = NULL;
    return 0;
}

static int compare(const void *a, const void *b)
{
    const struct runner_info *x = a, *y = b;
    return x->allocation_id != y->allocation_id ? (x->allocation_id > y->allocation_id ? 1 : -1)
                                                : (x->id > y->id) - (x->id < y->id);
}

int node_times_read(struct node_times *times, struct store *store, int64_t workflow_id,
                    int64_t now_usec, struct error *err)
{
    struct read_request request = {.what = READ_RUNNERS, .workflow_id = workflow_id};
    *times = (struct node_times){.now_usec = now_usec, .arena = arena_create()};
    if (store_read_each(store, request, add_row, times, err)) {
        node_times_fini(times);
        return -1;
    }
    if (times->count)
        qsort(times->runners, times->count, sizeof *times->runners, compare);
    return 0;
}

struct node_time node_times_of(const struct node_times *times,
                               const struct allocation_info *allocation)
{
    size_t low = 0, high = times->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (times->runners[middle].allocation_id < allocation->id)
            low = middle + 1;
        else
            high = middle;
    }
    for (high = low; high < times->count; high++)
        if (times->runners[high].allocation_id != allocation->id)
            break;
    return node_time_make(allocation, high > low ? &times->runners[low] : NULL, high - low,
                          times->now_usec);
}

void node_times_fini(struct node_times *times)
{
    arena_destroy(times->arena);
    free(times->runners);
    *times = (struct node_times){0};
}
