// SPDX-License-Identifier: GPL-2.0-or-later
// Whom to ask for what in a round, and whose it is what was seen.
#include "lib/meter/gpu_round.h"

#include "lib/base/clock.h"
#include "lib/base/mem.h"

enum {
    YOUNG_USEC = 10 * USEC_PER_SEC, // a job may be over soon
    YOUNG_ROUND_USEC = 40 * USEC_PER_MSEC,
    ROUND_USEC = 250 * USEC_PER_MSEC,
    BEFORE_USEC = 200 * USEC_PER_MSEC, // a device tells of so long a time in the past
    DEAR_USEC = USEC_PER_SEC,          // between calls that take milliseconds
    STARTS_USEC = USEC_PER_SEC,        // samples of a process that starts are too high
    TRIES = 3, // to find the owner of a process that is about to execute something
};

void gpu_round_take(struct gpu_rounds *r, struct gpu_job *job)
{
    if (job->uses || !r->count)
        return;
    job->uses = xcalloc((size_t)r->count, sizeof *job->uses);
    for (int i = 0; i < job->ids_count; i++)
        if (r->places[job->ids[i]] >= 0)
            job->uses[r->places[job->ids[i]]].given = true;
}

static void copy_owner(struct gpu_rounds *r, const struct gpu_job *job)
{
    r->owners = array_grow(r->owners, r->owners_count, &r->owners_space, sizeof *r->owners);
    r->owners[r->owners_count++] = job->owner;
}

void gpu_round_plan(struct gpu_rounds *r, int64_t now)
{
    struct gpu_job *job;
    r->owners_count = 0;
    for (int d = 0; d < r->count; d++) {
        struct gpu_device_round *round = &r->devices[d];
        round->want_samples = round->shared && now - round->samples_usec >= DEAR_USEC;
        round->want_energy = false;
    }
    TAILQ_FOREACH(job, &r->jobs, link) {
        gpu_round_take(r, job);
        copy_owner(r, job);
        job->last_planned = job->end_usec > 0;
        for (int d = 0; d < r->count; d++) {
            struct gpu_device_round *round = &r->devices[d];
            bool due = !job->looked_usec || (job->end_usec && !job->last_done) ||
                       now - round->energy_usec >= DEAR_USEC;
            round->want_energy |= due && job->uses[d].given && !job->uses[d].shared;
        }
    }
}

// ---- a round ----

static struct gpu_seen *find_seen(struct gpu_seen *seen, size_t count, pid_t pid)
{
    for (size_t i = 0; i < count; i++)
        if (seen[i].pid == pid)
            return &seen[i];
    return NULL;
}

// Who is new is somebody's; who is gone is forgotten, as the number may be another's soon.
static void find_owners(struct gpu_rounds *r, int64_t now)
{
    struct gpu_seen *before = r->seen;
    size_t before_count = r->seen_count, space = 0;
    r->seen = NULL;
    r->seen_count = 0;
    for (int d = 0; d < r->count; d++)
        for (int i = 0; i < r->devices[d].processes; i++) {
            pid_t pid = r->devices[d].list[i].pid;
            if (find_seen(r->seen, r->seen_count, pid))
                continue;
            const struct gpu_seen *old = find_seen(before, before_count, pid);
            struct gpu_seen seen = old ? *old : (struct gpu_seen){.pid = pid, .first_usec = now};
            if (!seen.owner && seen.tries < TRIES) {
                seen.owner = gpu_owner_find(r->proc, pid, r->owners, r->owners_count);
                seen.tries++;
            }
            r->seen = array_grow(r->seen, r->seen_count, &space, sizeof *r->seen);
            r->seen[r->seen_count++] = seen;
        }
    free(before);
}

static void ask_source(struct gpu_rounds *r, int64_t now)
{
    for (int d = 0; d < r->count; d++) {
        struct gpu_device_round *round = &r->devices[d];
        round->processes = r->source->processes(r->data, d, round->list);
        round->percent = r->source->percent(r->data, d);
        round->energy_mj = UNKNOWN;
        round->samples = 0;
        if (round->want_energy) {
            round->energy_mj = r->source->energy_mj(r->data, d);
            round->energy_usec = now;
        }
        if (round->want_samples) {
            round->samples = r->source->samples(r->data, d, &round->since, round->sample_list);
            round->samples_usec = now;
        }
    }
}

void gpu_round_do(struct gpu_rounds *r, int64_t now)
{
    ask_source(r, now);
    find_owners(r, now);
}

// ---- noting it ----

static bool is_of(const struct gpu_rounds *r, pid_t pid, const struct gpu_job *job)
{
    const struct gpu_seen *seen = find_seen(r->seen, r->seen_count, pid);
    return seen && seen->owner == job->owner.number;
}

// Somebody whom no job has started.
static bool has_stranger(const struct gpu_rounds *r, const struct gpu_device_round *round)
{
    for (int i = 0; i < round->processes; i++) {
        const struct gpu_seen *seen = find_seen(r->seen, r->seen_count, round->list[i].pid);
        if (!seen->owner && seen->tries >= TRIES)
            return true;
    }
    return false;
}

static void count_processes(const struct gpu_rounds *r, const struct gpu_device_round *round,
                            const struct gpu_job *job, struct gpu_look *look)
{
    look->processes = round->processes < 0 ? UNKNOWN : 0;
    look->bytes = round->processes < 0 ? UNKNOWN : 0;
    for (int i = 0; i < round->processes; i++) {
        if (!is_of(r, round->list[i].pid, job))
            continue;
        look->processes++;
        look->bytes = look->bytes < 0 || round->list[i].bytes < 0
                          ? UNKNOWN
                          : look->bytes + round->list[i].bytes;
    }
}

// What all its processes did together: the mean of the samples of each, added up.
static void note_samples(const struct gpu_rounds *r, const struct gpu_device_round *round,
                         const struct gpu_job *job, struct gpu_use *use, int64_t now)
{
    double sum = 0;
    bool any = false;
    for (int i = 0; i < round->samples; i++) {
        pid_t pid = round->sample_list[i].pid;
        const struct gpu_seen *seen = find_seen(r->seen, r->seen_count, pid);
        int same = 0;
        for (int j = 0; j < round->samples; j++)
            same += round->sample_list[j].pid == pid;
        if (!seen || seen->owner != job->owner.number || now - seen->first_usec < STARTS_USEC)
            continue;
        sum += (double)round->sample_list[i].percent / same;
        any = true;
    }
    if (any)
        gpu_use_sample(use, (int32_t)(sum + 0.5));
}

static void note_device(struct gpu_rounds *r, int d, int64_t now)
{
    struct gpu_device_round *round = &r->devices[d];
    struct gpu_job *job;
    int users = has_stranger(r, round);
    TAILQ_FOREACH(job, &r->jobs, link) {
        struct gpu_look look;
        if (!job->uses || job->start_usec > now)
            continue;
        count_processes(r, round, job, &look);
        users += job->uses[d].given || look.processes > 0;
    }
    round->shared = users > 1;
    TAILQ_FOREACH(job, &r->jobs, link) {
        struct gpu_look look = {
            .since_usec = now - (job->looked_usec ? job->looked_usec : job->start_usec),
            .young = now - job->start_usec < BEFORE_USEC,
            .shared = round->shared,
            .percent = round->percent,
            .energy_mj = round->energy_mj,
        };
        if (!job->uses || job->start_usec > now) // it came meanwhile
            continue;
        count_processes(r, round, job, &look);
        if (!job->uses[d].given && !job->uses[d].used && look.processes <= 0)
            continue;
        gpu_use_look(&job->uses[d], &look);
        note_samples(r, round, job, &job->uses[d], now);
    }
}

int64_t gpu_round_note(struct gpu_rounds *r, int64_t now)
{
    int64_t next_usec = ROUND_USEC;
    struct gpu_job *job;
    for (int d = 0; d < r->count; d++)
        note_device(r, d, now);
    TAILQ_FOREACH(job, &r->jobs, link) {
        if (job->start_usec <= now)
            job->looked_usec = now;
        job->last_done |= job->last_planned;
        if (now - job->start_usec < YOUNG_USEC)
            next_usec = YOUNG_ROUND_USEC;
    }
    return now + next_usec;
}

// At what begins and what has ended it looks at once: the energy is of the time between.
bool gpu_round_is_wanted(const struct gpu_rounds *r)
{
    const struct gpu_job *job;
    TAILQ_FOREACH(job, &r->jobs, link)
        if (job->ids_count && (!job->looked_usec || (job->end_usec && !job->last_done)))
            return true;
    return false;
}
