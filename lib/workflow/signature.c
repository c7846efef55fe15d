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
    return hash_add(hash, json_string_value(json_object_get(root, "workdir")));
}

static int64_t hash_job(const struct job_row *job)
{
    return hash_spec(hash_add(PART_COMMAND, job->command), job->spec);
}

// What stands for a need: the job's name; of a barrier all that it stands for.
static int64_t need_hash(const struct workflow *w, const int64_t *signatures, uint32_t need)
{
    const struct job_row *job = &w->jobs[need];
    return job->command ? hash_add(PART_NEED, job->name) : signatures[need];
}

int64_t *workflow_signatures(const struct workflow *w)
{
    int64_t *signatures = xcalloc(w->jobs_count + 1, sizeof *signatures);
    for (size_t i = 0; i < w->jobs_count; i++)
        signatures[i] = w->jobs[i].command ? hash_job(&w->jobs[i]) : 0;
    for (int barriers = 1; barriers >= 0; barriers--) // barriers need jobs only: they come first
        for (size_t i = 0; i < w->needs_count; i++)
            if ((w->jobs[w->needs[i].job].command == NULL) == barriers)
                add(&signatures[w->needs[i].job], need_hash(w, signatures, w->needs[i].other));
    for (size_t i = 0; i < w->job_files_count; i++)
        add(&signatures[w->job_files[i].job],
            hash_add(PART_FILE + 16 * w->job_files[i].role, w->files[w->job_files[i].other].path));
    for (size_t i = 0; i < w->job_data_count; i++)
        add(&signatures[w->job_data[i].job],
            hash_add(PART_DATA + 16 * w->job_data[i].role, w->data[w->job_data[i].other].name));
    return signatures;
}
