// SPDX-License-Identifier: GPL-2.0-or-later
// A workflow from its file, or put together again from what the database says of it.
#include "cli/subject.h"

#include <fcntl.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/mem.h"
#include "lib/base/names.h"
#include "lib/base/text_file.h"
#include "lib/store/read_each.h"
#include "lib/text/problem.h"
#include "lib/workflow/inputs.h"

bool subject_is_job(const struct subject *subject, size_t job)
{
    return subject->workflow.jobs[job].class_index >= 0;
}

size_t subject_count_jobs(const struct subject *subject)
{
    size_t count = 0;
    for (size_t j = 0; j < subject->workflow.jobs_count; j++)
        count += subject_is_job(subject, j);
    return count;
}

// ---- a file ----

static int open_file(struct subject *subject, const char *path, struct error *err)
{
    struct problems problems = {0};
    cleanup_free char *text = NULL;
    size_t length;
    if (text_file_read(path, &text, &length, err))
        return -1;
    subject->folder = getcwd(NULL, 0);
    int rc = workflow_load(text, length, path, &subject->workflow, &problems);
    if (!rc)
        workflow_check_inputs(&subject->workflow, AT_FDCWD, false, &problems);
    problems_print(&problems, stderr, "torc", path, PROBLEMS_SCREEN);
    if (rc)
        error_set(err, ERROR_USAGE, 0, "%s: %zu error%s", path, problems.errors,
                  problems.errors == 1 ? "" : "s");
    problems_fini(&problems);
    return rc;
}

// ---- a workflow of the database ----

struct need { // its name is looked up when all jobs are known
    uint32_t job;
    const char *name;
};

struct builder {
    struct subject *subject;
    struct names jobs;
    struct need *needs;
    int64_t *class_ids;
    size_t needs_count, needs_space, jobs_space, states_space, classes_space, ids_space,
        pairs_space[2], files_space, data_space;
};

static int32_t at_least(int32_t number, int32_t least)
{
    return number < least ? least : number;
}

static int each_class(void *context, const struct read_reply *reply, uint32_t index,
                      struct error *err)
{
    struct builder *b = context;
    struct workflow *w = &b->subject->workflow;
    const struct class_info *class = &reply->classes[index];
    (void)err;
    b->class_ids = array_grow(b->class_ids, w->classes_count, &b->ids_space, sizeof *b->class_ids);
    b->class_ids[w->classes_count] = class->id;
    w->classes = array_grow(w->classes, w->classes_count, &b->classes_space, sizeof *w->classes);
    w->classes[w->classes_count++] = (struct class_row){
        .name = arena_strdup(w->text, class->name),
        .cpus = at_least(class->cpus, 1),
        .nodes = at_least(class->nodes, 1),
        .gpus_milli = at_least(class->gpus_milli, 0),
        .memory_bytes = class->memory_bytes > 0 ? class->memory_bytes : 0,
        .runtime_usec = class->runtime_usec > 0 ? class->runtime_usec : 0,
        .enforced = class->enforced,
        .scheduler = arena_strdup(w->text, class->scheduler),
        .labels = arena_strdup(w->text, class->labels),
    };
    return 0;
}

// ids come in order; a barrier has 0
static int32_t find_class(const struct builder *b, int64_t id)
{
    size_t low = 0, high = b->subject->workflow.classes_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (b->class_ids[middle] < id)
            low = middle + 1;
        else
            high = middle;
    }
    return id && low < b->subject->workflow.classes_count ? (int32_t)low : -1;
}

static int each_job(void *context, const struct read_reply *reply, uint32_t index,
                    struct error *err)
{
    struct builder *b = context;
    struct subject *subject = b->subject;
    struct workflow *w = &subject->workflow;
    const struct job_info *job = &reply->jobs[index];
    (void)err;
    for (uint32_t i = 0; i < job->needs_count; i++) {
        b->needs = array_grow(b->needs, b->needs_count, &b->needs_space, sizeof *b->needs);
        b->needs[b->needs_count++] =
            (struct need){(uint32_t)w->jobs_count, arena_strdup(w->text, job->needs[i])};
    }
    subject->states = array_grow(subject->states, w->jobs_count, &b->states_space, 1);
    subject->states[w->jobs_count] = (uint8_t)job->state;
    w->jobs = array_grow(w->jobs, w->jobs_count, &b->jobs_space, sizeof *w->jobs);
    w->jobs[w->jobs_count++] = (struct job_row){.name = arena_strdup(w->text, job->name),
                                                .class_index = find_class(b, job->class_id),
                                                .flags = job->flags,
                                                .priority = job->priority,
                                                .rank = job->rank,
                                                .unmet = (int32_t)job->needs_count};
    names_add(&b->jobs, w->jobs[w->jobs_count - 1].name);
    return 0;
}

static void add_pairs(struct builder *b, bool data, uint32_t other, uint8_t role,
                      const char **names, uint32_t count)
{
    struct workflow *w = &b->subject->workflow;
    struct pair_row **pairs = data ? &w->job_data : &w->job_files;
    size_t *pairs_count = data ? &w->job_data_count : &w->job_files_count;
    for (uint32_t i = 0; i < count; i++) {
        int64_t job = names_find(&b->jobs, names[i]);
        if (job == NAMES_NONE)
            continue; // added since the jobs were read
        *pairs = array_grow(*pairs, *pairs_count, &b->pairs_space[data], sizeof **pairs);
        (*pairs)[(*pairs_count)++] =
            (struct pair_row){.job = (uint32_t)job, .other = other, .role = role};
    }
}

static int each_file(void *context, const struct read_reply *reply, uint32_t index,
                     struct error *err)
{
    struct builder *b = context;
    struct workflow *w = &b->subject->workflow;
    const struct file_info *file = &reply->files[index];
    const char *name = arena_strdup(w->text, file->name);
    bool data = !file->path;
    uint32_t place = (uint32_t)(data ? w->data_count : w->files_count);
    (void)err;
    if (data) {
        w->data = array_grow(w->data, w->data_count, &b->data_space, sizeof *w->data);
        w->data[w->data_count++] = (struct data_row){.name = name, .data = file->known ? "" : NULL};
    } else {
        w->files = array_grow(w->files, w->files_count, &b->files_space, sizeof *w->files);
        w->files[w->files_count++] = (struct file_row){.name = name,
                                                       .path = arena_strdup(w->text, file->path),
                                                       .temporary = file->temporary,
                                                       .produced = file->writers_count > 0};
    }
    add_pairs(b, data, place, ROLE_INPUT, file->readers, file->readers_count);
    add_pairs(b, data, place, ROLE_OUTPUT, file->writers, file->writers_count);
    return 0;
}

static void link_needs(struct builder *b)
{
    struct workflow *w = &b->subject->workflow;
    w->needs = xcalloc(b->needs_count + 1, sizeof *w->needs);
    for (size_t i = 0; i < b->needs_count; i++) {
        int64_t need = names_find(&b->jobs, b->needs[i].name);
        if (need != NAMES_NONE)
            w->needs[w->needs_count++] =
                (struct pair_row){.job = b->needs[i].job, .other = (uint32_t)need};
    }
}

// Torc never writes such needs, and what walks along them would never come to an end.
static int refuse_circle(const struct workflow *w, struct error *err)
{
    cleanup_free uint32_t *unmet = xcalloc(w->jobs_count + 1, sizeof *unmet);
    cleanup_free size_t *first = xcalloc(w->jobs_count + 2, sizeof *first);
    cleanup_free uint32_t *needed_by = xcalloc(w->needs_count + 1, sizeof *needed_by);
    cleanup_free uint32_t *stack = xcalloc(w->jobs_count + 1, sizeof *stack);
    size_t top = 0, done = 0;
    for (size_t i = 0; i < w->needs_count; i++) {
        unmet[w->needs[i].job]++;
        first[w->needs[i].other + 2]++;
    }
    for (size_t j = 2; j < w->jobs_count + 2; j++)
        first[j] += first[j - 1];
    for (size_t i = 0; i < w->needs_count; i++)
        needed_by[first[w->needs[i].other + 1]++] = w->needs[i].job;
    for (uint32_t j = 0; j < w->jobs_count; j++)
        if (!unmet[j])
            stack[top++] = j;
    for (; top; done++) {
        uint32_t job = stack[--top];
        for (size_t i = first[job]; i < first[job + 1]; i++)
            if (--unmet[needed_by[i]] == 0)
                stack[top++] = needed_by[i];
    }
    return done == w->jobs_count
               ? 0
               : error_set(err, ERROR_USAGE, 0,
                           "the jobs of this workflow need each other in a circle: torc did not "
                           "write this database");
}

static int read_rows(struct builder *b, enum read_what what, read_visit *each, struct error *err)
{
    struct read_request request = {.what = what, .workflow_id = b->subject->id};
    return store_read_each(b->subject->store, request, each, b, err);
}

static int read_classes(struct subject *subject, struct error *err)
{
    struct builder b = {.subject = subject};
    int rc = read_rows(&b, READ_CLASSES, each_class, err);
    free(b.class_ids);
    return rc;
}

int subject_read_all(struct subject *subject, struct error *err)
{
    struct builder b = {.subject = subject};
    names_init(&b.jobs);
    int rc = read_rows(&b, READ_CLASSES, each_class, err) ||
                     read_rows(&b, READ_JOBS, each_job, err) ||
                     read_rows(&b, READ_BARRIERS, each_job, err) ||
                     read_rows(&b, READ_FILES, each_file, err) ||
                     read_rows(&b, READ_DATA_USES, each_file, err)
                 ? -1
                 : 0;
    if (!rc) {
        link_needs(&b);
        rc = refuse_circle(&subject->workflow, err);
    }
    names_fini(&b.jobs);
    free(b.needs);
    free(b.class_ids);
    return rc;
}

static int find_stored(struct subject *subject, const char *db, const char *text, struct error *err)
{
    subject->store = target_open(db, STORE_READ, err);
    if (!subject->store ||
        target_workflow(subject->store, text ? text : target_own(db), &subject->info, err))
        return -1;
    const struct workflow_info *info = subject->info.workflows;
    subject->id = info->id;
    subject->folder = xstrdup(info->folder);
    subject->workflow = (struct workflow){.text = arena_create()};
    subject->workflow.name = arena_strdup(subject->workflow.text, info->name);
    return 0;
}

int subject_open_bare(struct subject *subject, const struct cli *cli, struct error *err)
{
    *subject = (struct subject){0};
    if (!find_stored(subject, cli->db, cli->argument, err) && !read_classes(subject, err))
        return 0;
    subject_fini(subject);
    return -1;
}

static bool is_file(const char *text)
{
    bool number = *text && strspn(text, "0123456789") == strlen(text);
    return !number && (!strcmp(text, "-") || access(text, F_OK) == 0 || strpbrk(text, "./"));
}

int subject_open(struct subject *subject, const struct cli *cli, struct error *err)
{
    *subject = (struct subject){0};
    bool file = cli->argument && is_file(cli->argument);
    int rc =
        file ? open_file(subject, cli->argument, err)
             : find_stored(subject, cli->db, cli->argument, err) || subject_read_all(subject, err);
    if (rc)
        subject_fini(subject);
    return rc ? -1 : 0;
}

void subject_fini(struct subject *subject)
{
    workflow_fini(&subject->workflow);
    read_reply_fini(&subject->info);
    free(subject->states);
    free(subject->folder);
    if (subject->store)
        store_close(subject->store);
    *subject = (struct subject){0};
}
