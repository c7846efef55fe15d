// SPDX-License-Identifier: GPL-2.0-or-later
// Old things are found by their names and paths, links by bisection in a sorted list.
#include "lib/restart/amend.h"

#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/hash.h"
#include "lib/base/mem.h"
#include "lib/base/names.h"
#include "lib/workflow/signature.h"

struct amend_state {
    struct amendment *a;
    const struct restart_facts *old;
    const struct workflow *w;
    int64_t *jobs, *files, *data; // of the new: the index of the old, or -1
    int64_t *new_files;           // of the old: the index of the new, or -1
};

static void match_jobs(struct amend_state *s)
{
    const struct workflow *w = s->w;
    struct restart_facts *f = &s->a->facts;
    struct names old_names;
    cleanup_free int64_t *signatures = workflow_signatures(w);
    cleanup_free bool *kept = xcalloc(s->old->jobs_count + 1, sizeof *kept);
    names_init(&old_names);
    for (uint32_t i = 0; i < s->old->jobs_count; i++)
        names_add(&old_names, s->old->jobs[i].name);
    f->jobs = arena_alloc(f->arena, (w->jobs_count + 1) * sizeof *f->jobs);
    f->jobs_count = (uint32_t)w->jobs_count;
    for (size_t i = 0; i < w->jobs_count; i++) {
        int64_t old = s->jobs[i] = names_find(&old_names, w->jobs[i].name);
        bool barrier = !w->jobs[i].command; // a new one stands for needs that may have been there
        f->jobs[i] = (struct restart_job){.state = barrier ? JOB_COMPLETED : JOB_UNINITIALIZED};
        if (old >= 0) {
            f->jobs[i] = s->old->jobs[old];
            kept[old] = true;
        }
        f->jobs[i].name = w->jobs[i].name;
        f->jobs[i].barrier = barrier;
        s->a->added[i] = old < 0 && !barrier;
        // what it added is not in the file, so it is to add it again
        s->a->edited[i] = old >= 0 && (s->old->jobs[old].spawns ||
                                       (s->old->jobs[old].signature != UNKNOWN &&
                                        s->old->jobs[old].signature != signatures[i]));
    }
    s->a->removed = xcalloc(s->old->jobs_count + 1, sizeof *s->a->removed);
    for (uint32_t i = 0; i < s->old->jobs_count; i++)
        if (!kept[i] && !s->old->jobs[i].barrier)
            s->a->removed[s->a->removed_count++] = s->old->jobs[i].name;
    names_fini(&old_names);
}

static void match_files(struct amend_state *s)
{
    const struct workflow *w = s->w;
    struct restart_facts *f = &s->a->facts;
    struct names old_names;
    names_init(&old_names);
    for (uint32_t i = 0; i < s->old->files_count; i++) {
        names_add(&old_names, s->old->files[i].path);
        s->new_files[i] = -1;
    }
    f->files = arena_alloc(f->arena, (w->files_count + 1) * sizeof *f->files);
    f->files_count = (uint32_t)w->files_count;
    for (size_t i = 0; i < w->files_count; i++) {
        s->files[i] = names_find(&old_names, w->files[i].path);
        f->files[i] = (struct restart_file){0, w->files[i].path, w->files[i].temporary};
        if (s->files[i] >= 0)
            s->new_files[s->files[i]] = (int64_t)i;
    }
    names_fini(&old_names);
}

// Indices of versions stay: those of files that are no more point to the first, and nobody to them.
static void keep_versions(struct amend_state *s)
{
    struct restart_facts *f = &s->a->facts;
    f->versions = arena_alloc(f->arena, (s->old->versions_count + 1) * sizeof *f->versions);
    f->versions_count = f->files_count ? s->old->versions_count : 0;
    for (uint32_t i = 0; i < f->versions_count; i++) {
        int64_t file = s->new_files[s->old->versions[i].file];
        f->versions[i] = s->old->versions[i];
        f->versions[i].file = file < 0 ? 0 : (uint32_t)file;
    }
}

// The value that the file gives follows the file, unless it was set since.
static void match_data(struct amend_state *s)
{
    const struct workflow *w = s->w;
    struct restart_facts *f = &s->a->facts;
    struct names old_names;
    names_init(&old_names);
    for (uint32_t i = 0; i < s->old->data_count; i++)
        names_add(&old_names, s->old->data[i].name);
    f->data = arena_alloc(f->arena, (w->data_count + 1) * sizeof *f->data);
    f->data_count = (uint32_t)w->data_count;
    for (size_t i = 0; i < w->data_count; i++) {
        const struct data_row *d = &w->data[i];
        int64_t old = s->data[i] = names_find(&old_names, d->name),
                initial = d->data ? hash_json(d->data) : UNKNOWN;
        bool was_set = old >= 0 && s->old->data[old].hash != s->old->data[old].initial_hash;
        f->data[i] = (struct restart_data){d->name, d->ephemeral,
                                           was_set ? s->old->data[old].hash : initial, initial};
    }
    names_fini(&old_names);
}

static int compare_pairs(const void *a, const void *b)
{
    const struct restart_pair *x = a, *y = b;
    if (x->job != y->job)
        return x->job < y->job ? -1 : 1;
    if (x->role != y->role)
        return x->role < y->role ? -1 : 1;
    return (x->other > y->other) - (x->other < y->other);
}

// What the job of each new pair had of the same thing, by the same role, before.
static struct restart_pair *match_pairs(struct amend_state *s, const struct pair_row *pairs,
                                        size_t count, const int64_t *others,
                                        const struct restart_pair *old, uint32_t old_count,
                                        int64_t none)
{
    struct restart_pair *list = arena_alloc(s->a->facts.arena, (count + 1) * sizeof *list);
    cleanup_free struct restart_pair *sorted = xcalloc(old_count + 1, sizeof *sorted);
    if (old_count) {
        memcpy(sorted, old, old_count * sizeof *sorted);
        qsort(sorted, old_count, sizeof *sorted, compare_pairs);
    }
    for (size_t i = 0; i < count; i++) {
        int64_t job = s->jobs[pairs[i].job], other = others[pairs[i].other];
        struct restart_pair key = {(uint32_t)job, (uint32_t)other, pairs[i].role, 0}, *found = NULL;
        if (job >= 0 && other >= 0 && old_count)
            found = bsearch(&key, sorted, old_count, sizeof key, compare_pairs);
        list[i] = (struct restart_pair){pairs[i].job, pairs[i].other, pairs[i].role,
                                        found ? found->seen : none};
    }
    return list;
}

static void match_links(struct amend_state *s)
{
    const struct workflow *w = s->w;
    struct restart_facts *f = &s->a->facts;
    f->needs = arena_alloc(f->arena, (w->needs_count + 1) * sizeof *f->needs);
    f->needs_count = (uint32_t)w->needs_count;
    for (size_t i = 0; i < w->needs_count; i++)
        f->needs[i] = (struct restart_pair){w->needs[i].job, w->needs[i].other, 0, 0};
    f->job_files = match_pairs(s, w->job_files, w->job_files_count, s->files, s->old->job_files,
                               s->old->job_files_count, NO_VERSION);
    f->job_files_count = (uint32_t)w->job_files_count;
    f->job_data = match_pairs(s, w->job_data, w->job_data_count, s->data, s->old->job_data,
                              s->old->job_data_count, UNKNOWN);
    f->job_data_count = (uint32_t)w->job_data_count;
}

static void keep_had(struct amend_state *s)
{
    static const struct file_seen none = {UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN};
    struct amendment *a = s->a;
    const struct restart_facts *f = &a->facts;
    a->had_files = xcalloc(f->job_files_count + 1, sizeof *a->had_files);
    a->had_data = xcalloc(f->job_data_count + 1, sizeof *a->had_data);
    for (uint32_t i = 0; i < f->job_files_count; i++)
        a->had_files[i] =
            f->job_files[i].seen == NO_VERSION ? none : f->versions[f->job_files[i].seen].seen;
    for (uint32_t i = 0; i < f->job_data_count; i++)
        a->had_data[i] = f->job_data[i].seen;
    a->had = (struct amend_had){a->had_files, a->had_data, f->job_files_count, f->job_data_count};
}

void amendment_make(struct amendment *a, const struct restart_facts *old, const struct workflow *w)
{
    struct amend_state s = {.a = a, .old = old, .w = w};
    *a = (struct amendment){.facts = {.workflow_id = old->workflow_id,
                                      .run_id = old->run_id,
                                      .state = old->state,
                                      .folder = old->folder,
                                      .arena = arena_create()}};
    s.jobs = xcalloc(w->jobs_count + 1, sizeof *s.jobs);
    s.files = xcalloc(w->files_count + 1, sizeof *s.files);
    s.data = xcalloc(w->data_count + 1, sizeof *s.data);
    s.new_files = xcalloc(old->files_count + 1, sizeof *s.new_files);
    a->edited = xcalloc(w->jobs_count + 1, sizeof *a->edited);
    a->added = xcalloc(w->jobs_count + 1, sizeof *a->added);
    match_jobs(&s);
    match_files(&s);
    keep_versions(&s);
    match_data(&s);
    match_links(&s);
    keep_had(&s);
    free(s.jobs);
    free(s.files);
    free(s.data);
    free(s.new_files);
}

void amendment_fini(struct amendment *a)
{
    restart_facts_fini(&a->facts);
    free(a->edited);
    free(a->added);
    free(a->had_files);
    free(a->had_data);
    free(a->removed);
    *a = (struct amendment){0};
}
