// SPDX-License-Identifier: GPL-2.0-or-later
// Of a workflow that may be large, the little that a call needs that adds jobs to it.
#include <string.h>

#include "cli/subject.h"
#include "lib/base/arena.h"
#include "lib/base/mem.h"
#include "lib/store/read_each.h"

struct finder {
    struct subject *subject;
    const struct workflow_names *names;
    struct names jobs, files, paths; // that are in the workflow; the last words of its paths
    size_t jobs_space, files_space, data_space, pairs_space[2];
};

static uint32_t add_job(struct finder *f, const char *name)
{
    struct workflow *w = &f->subject->workflow;
    int64_t known = names_find(&f->jobs, name);
    if (known != NAMES_NONE)
        return (uint32_t)known;
    w->jobs = array_grow(w->jobs, w->jobs_count, &f->jobs_space, sizeof *w->jobs);
    w->jobs[w->jobs_count] = (struct job_row){.name = arena_strdup(w->text, name)};
    return (uint32_t)names_add(&f->jobs, w->jobs[w->jobs_count++].name);
}

static void add_uses(struct finder *f, bool data, uint8_t role, const char **names, uint32_t count)
{
    struct workflow *w = &f->subject->workflow;
    struct pair_row **pairs = data ? &w->job_data : &w->job_files;
    size_t *pairs_count = data ? &w->job_data_count : &w->job_files_count;
    uint32_t other = (uint32_t)(data ? w->data_count : w->files_count) - 1;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t job = add_job(f, names[i]);
        *pairs = array_grow(*pairs, *pairs_count, &f->pairs_space[data], sizeof **pairs);
        (*pairs)[(*pairs_count)++] = (struct pair_row){.job = job, .other = other, .role = role};
    }
}

static void add_file(struct finder *f, const struct file_info *file)
{
    struct workflow *w = &f->subject->workflow;
    w->files = array_grow(w->files, w->files_count, &f->files_space, sizeof *w->files);
    w->files[w->files_count] = (struct file_row){.name = arena_strdup(w->text, file->name),
                                                 .path = arena_strdup(w->text, file->path),
                                                 .temporary = file->temporary,
                                                 .produced = file->writers_count > 0};
    names_add(&f->files, w->files[w->files_count++].name);
    add_uses(f, false, ROLE_INPUT, file->readers, file->readers_count);
    add_uses(f, false, ROLE_OUTPUT, file->writers, file->writers_count);
}

static void add_data(struct finder *f, const struct data_info *data)
{
    struct workflow *w = &f->subject->workflow;
    w->data = array_grow(w->data, w->data_count, &f->data_space, sizeof *w->data);
    w->data[w->data_count++] = (struct data_row){.name = arena_strdup(w->text, data->name),
                                                 .data = arena_strdup(w->text, data->data)};
}

// The row of this name; *there: is there one?
static int look(struct finder *f, enum read_what what, const char *name, bool *there,
                struct error *err)
{
    struct read_reply reply = {0};
    struct read_request request = {
        .what = what, .workflow_id = f->subject->id, .name = name, .bare = what == READ_JOBS};
    if (store_read(f->subject->store, &request, &reply, err))
        return -1;
    *there = reply.count > 0;
    if (*there && what == READ_JOBS)
        add_job(f, name);
    else if (*there && what == READ_FILES)
        add_file(f, reply.files);
    else if (*there && what == READ_DATA)
        add_data(f, reply.data);
    else if (*there) {
        add_uses(f, true, ROLE_INPUT, reply.files->readers, reply.files->readers_count);
        add_uses(f, true, ROLE_OUTPUT, reply.files->writers, reply.files->writers_count);
    }
    read_reply_fini(&reply);
    return 0;
}

// Gives 1 when one of those that the text has not itself is not there.
static int look_for(struct finder *f, enum read_what what, const struct names *names, size_t own,
                    struct error *err)
{
    for (size_t i = 0; i < names->count; i++) {
        bool there;
        if (look(f, what, names->list[i], &there, err) ||
            (there && what == READ_DATA && look(f, READ_DATA_USES, names->list[i], &there, err)))
            return -1;
        if (!there && i >= own)
            return 1;
    }
    return 0;
}

// Paths are compared when they are normalised, which keeps their last words, unless they are empty
// or dots.
static const char *last_word(const char *path)
{
    const char *slash = strrchr(path, '/'), *word = slash ? slash + 1 : path;
    return *word && strcmp(word, ".") && strcmp(word, "..") ? word : NULL;
}

static int each_path(void *context, const struct read_reply *reply, uint32_t index,
                     struct error *err)
{
    struct finder *f = context;
    const struct file_info *file = &reply->files[index];
    const char *word = last_word(file->path);
    bool there, may = !word || names_find(&f->paths, word) != NAMES_NONE;
    return may && names_find(&f->files, file->name) == NAMES_NONE
               ? look(f, READ_FILES, file->name, &there, err)
               : 0;
}

static int look_for_paths(struct finder *f, struct error *err)
{
    struct read_request request = {
        .what = READ_FILES, .workflow_id = f->subject->id, .limit = 10000, .bare = true};
    const struct names *paths = &f->names->paths;
    for (size_t i = 0; i < paths->count; i++) {
        const char *word = last_word(paths->list[i]);
        if (!word)
            return 1;
        names_add(&f->paths, word);
    }
    // what is there by all of its names has its paths
    return f->files.count < f->names->files.count
               ? store_read_each(f->subject->store, request, each_path, f, err)
               : 0;
}

static void drop_lists(struct workflow *w)
{
    free(w->classes);
    free(w->jobs);
    free(w->files);
    free(w->data);
    free(w->job_files);
    free(w->job_data);
    *w = (struct workflow){.text = w->text, .name = w->name};
}

int subject_read_named(struct subject *subject, const struct workflow_names *names,
                       struct error *err)
{
    struct finder f = {.subject = subject, .names = names};
    struct names *own[] = {&f.jobs, &f.files, &f.paths};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        names_init(own[i]);
    int rc = names->all ? 1 : look_for(&f, READ_JOBS, &names->jobs, 0, err);
    if (!rc)
        rc = look_for(&f, READ_FILES, &names->files, names->own_files, err);
    if (!rc)
        rc = look_for(&f, READ_DATA, &names->data, names->own_data, err);
    if (!rc)
        rc = look_for_paths(&f, err);
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        names_fini(own[i]);
    if (rc <= 0)
        return rc;
    drop_lists(&subject->workflow);
    // what is like a name that is not there, is said
    return subject_read_all(subject, err) ? -1 : 1;
}
