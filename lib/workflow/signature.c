// SPDX-License-Identifier: GPL-2.0-or-later
#include "lib/workflow/signature.h"

#include <jansson.h>

#include "lib/base/hash.h"
#include "lib/base/mem.h"

enum part { PART_COMMAND = 1, PART_NEED, PART_FILE, PART_DATA };

// Sums do not depend on the order of what is added.
static void add(int64_t *sum, int64_t hash)
{
    *sum = (int64_t)(((uint64_t)*sum + (uint64_t)hash) & INT64_MAX);
}

static int64_t hash_spec(int64_t hash, const char *spec)
{
    json_error_t where;
    json_auto_t *root = spec ? json_loads(spec, 0, &where) : NULL;
    cleanup_free char *env =
        json_dumps(json_object_get(root, "env"), JSON_COMPACT | JSON_SORT_KEYS);
    hash = hash_add(hash, env);
    const char *shell = json_string_value(json_object_get(root, "shell"));
    hash = hash_add(hash, json_string_value(json_object_get(root, "workdir")));
    return shell ? hash_add(hash, shell) : hash;
}

static int64_t hash_job(const struct job_row *job)
{
    return hash_spec(hash_add(PART_COMMAND, job->command), job->spec);
}

static bool is_barrier(const struct workflow *w, uint32_t job)
{
    return !w->jobs[job].command;
}

struct barrier_lists { // the barriers that job j is in: list[first[j]] … list[first[j + 1] - 1]
    uint32_t *first, *list;
    uint32_t *needed_by; // by barrier: the job that is looked at, + 1
};

static void find_barriers(struct barrier_lists *in, const struct workflow *w)
{
    cleanup_free uint32_t *fill = xcalloc(w->jobs_count + 1, sizeof *fill);
    in->first = xcalloc(w->jobs_count + 2, sizeof *in->first);
    in->list = xcalloc(w->needs_count + 1, sizeof *in->list);
    in->needed_by = xcalloc(w->jobs_count + 1, sizeof *in->needed_by);
    for (size_t i = 0; i < w->needs_count; i++)
        in->first[w->needs[i].other + 1] += is_barrier(w, w->needs[i].job);
    for (size_t j = 0; j < w->jobs_count; j++)
        in->first[j + 1] += in->first[j];
    for (size_t i = 0; i < w->needs_count; i++) {
        uint32_t need = w->needs[i].other;
        if (is_barrier(w, w->needs[i].job))
            in->list[in->first[need] + fill[need]++] = w->needs[i].job;
    }
}

// Whether there is a barrier depends on other jobs: a need counts once, in it or beside it.
static bool is_behind(const struct barrier_lists *in, uint32_t job, uint32_t need)
{
    for (uint32_t i = in->first[need]; i < in->first[need + 1]; i++)
        if (in->needed_by[in->list[i]] == job + 1)
            return true;
    return false;
}

// first and last: the needs of one job.
static void add_needs(const struct workflow *w, struct barrier_lists *in, size_t first, size_t last,
                      int64_t *signatures)
{
    for (size_t i = first; i < last; i++)
        in->needed_by[w->needs[i].other] = w->needs[i].job + 1;
    for (size_t i = first; i < last; i++) {
        uint32_t job = w->needs[i].job, need = w->needs[i].other;
        if (is_barrier(w, need))
            add(&signatures[job], signatures[need]);
        else if (is_barrier(w, job) || !is_behind(in, job, need))
            add(&signatures[job], hash_add(PART_NEED, w->jobs[need].name));
    }
}

static void add_all_needs(const struct workflow *w, int64_t *signatures)
{
    struct barrier_lists in;
    find_barriers(&in, w);
    for (int barriers = 1; barriers >= 0; barriers--) // barriers need jobs only: they come first
        for (size_t i = 0, next; i < w->needs_count; i = next) {
            for (next = i + 1; next < w->needs_count && w->needs[next].job == w->needs[i].job;)
                next++;
            if (is_barrier(w, w->needs[i].job) == barriers)
                add_needs(w, &in, i, next, signatures);
        }
    free(in.first);
    free(in.list);
    free(in.needed_by);
}

int64_t *workflow_signatures(const struct workflow *w)
{
    int64_t *signatures = xcalloc(w->jobs_count + 1, sizeof *signatures);
    for (size_t i = 0; i < w->jobs_count; i++)
        signatures[i] = w->jobs[i].command ? hash_job(&w->jobs[i]) : 0;
    add_all_needs(w, signatures);
    for (size_t i = 0; i < w->job_files_count; i++)
        add(&signatures[w->job_files[i].job],
            hash_add(PART_FILE + 16 * w->job_files[i].role, w->files[w->job_files[i].other].path));
    for (size_t i = 0; i < w->job_data_count; i++)
        add(&signatures[w->job_data[i].job],
            hash_add(PART_DATA + 16 * w->job_data[i].role, w->data[w->job_data[i].other].name));
    return signatures;
}
