// SPDX-License-Identifier: GPL-2.0-or-later
// A name that is there already, and in the text again, stands for the one of the text: whether they
// are the same is for the store to say.
#include "lib/workflow/spec_known.h"

#include <jansson.h>

#include "lib/base/mem.h"
#include "lib/text/substitute.h"

// ---- what is named ----

static void add_name(struct names *names, const char *name)
{
    if (name && names_find(names, name) == NAMES_NONE)
        names_add(names, name);
}

static void add_names(struct names *names, const struct texts *texts)
{
    for (uint32_t i = 0; i < texts->count; i++)
        add_name(names, texts->items[i]);
}

struct naming {
    struct workflow_names *names;
    struct arena *text; // of the names that commands have
};

static const char *note_name(void *context, enum substitute_kind kind, const char *name)
{
    struct naming *naming = context;
    bool file = kind == SUBSTITUTE_FILE_INPUT || kind == SUBSTITUTE_FILE_OUTPUT;
    add_name(file ? &naming->names->files : &naming->names->data, arena_strdup(naming->text, name));
    return NULL;
}

static void add_command(struct naming *naming, const char *command)
{
    if (command && substitute_wanted(command))
        free(substitute(command, note_name, naming));
}

static void add_names_of_job(struct naming *naming, const struct spec *spec,
                             const struct spec_job *job)
{
    struct workflow_names *names = naming->names;
    for (uint32_t i = 0; i < job->depends_on.count; i++)
        if (job->depends_on.items[i] &&
            names_find(&spec->job_names, job->depends_on.items[i]) == NAMES_NONE)
            add_name(&names->jobs, job->depends_on.items[i]);
    add_names(&names->files, &job->input_files);
    add_names(&names->files, &job->output_files);
    add_names(&names->data, &job->input_data);
    add_names(&names->data, &job->output_data);
    add_command(naming, job->command);
    add_command(naming, job->invocation_script);
    names->all |= job->needs_regexes.count || job->input_file_regexes.count ||
                  job->output_file_regexes.count || job->input_data_regexes.count ||
                  job->output_data_regexes.count;
}

void spec_names(const struct spec *spec, struct workflow_names *names, struct arena *text)
{
    struct naming naming = {names, text};
    *names = (struct workflow_names){0};
    names_init(&names->jobs);
    names_init(&names->files);
    names_init(&names->data);
    names_init(&names->paths);
    for (size_t i = 0; i < spec->files_count; i++) {
        add_name(&names->files, spec->files[i].name);
        add_name(&names->paths, spec->files[i].path);
    }
    for (size_t i = 0; i < spec->data_count; i++)
        add_name(&names->data, spec->data[i].name);
    names->own_files = names->files.count;
    names->own_data = names->data.count;
    for (size_t i = 0; i < spec->jobs_count; i++)
        add_names_of_job(&naming, spec, &spec->jobs[i]);
}

void workflow_names_fini(struct workflow_names *names)
{
    names_fini(&names->jobs);
    names_fini(&names->files);
    names_fini(&names->data);
    names_fini(&names->paths);
}

// ---- what is there ----

#define LINEAGE "TORC_ORCHESTRATOR_LINEAGE_ID"

static void add_lineage(struct spec *spec, const char *lineage, struct arena *text)
{
    const char *shared = NULL;
    for (size_t i = 0; i < spec->jobs_count; i++) {
        struct spec_job *job = &spec->jobs[i];
        if (!job->env && shared) {
            job->env = shared;
            continue;
        }
        json_auto_t *env = job->env ? json_loads(job->env, 0, NULL) : json_object();
        json_object_set_new(env, LINEAGE, json_string(lineage));
        cleanup_free char *dumped = json_dumps(env, JSON_COMPACT);
        shared = job->env ? shared : dumped ? arena_strdup(text, dumped) : NULL;
        job->env = job->env ? arena_strdup(text, dumped) : shared;
    }
}

static void add_jobs(struct spec *spec, const struct workflow *known)
{
    for (size_t i = 0; i < known->jobs_count; i++) {
        const char *name = known->jobs[i].name;
        if (known->jobs[i].class_index < 0 || names_find(&spec->job_names, name) != NAMES_NONE)
            continue;
        spec->jobs =
            array_grow(spec->jobs, spec->jobs_count, &spec->jobs_space, sizeof *spec->jobs);
        spec->jobs[spec->jobs_count++] = (struct spec_job){.name = name,
                                                           .command = ":",
                                                           .gpus_milli = -1,
                                                           .max_continuations = -1,
                                                           .launcher = LAUNCHER_DIRECT,
                                                           .cancel_on_blocking_failure = true};
        names_add(&spec->job_names, name);
    }
}

static void add_files(struct spec *spec, const struct workflow *known)
{
    for (size_t i = 0; i < known->files_count; i++) {
        const struct file_row *file = &known->files[i];
        if (names_find(&spec->file_names, file->name) != NAMES_NONE)
            continue;
        spec->files =
            array_grow(spec->files, spec->files_count, &spec->files_space, sizeof *spec->files);
        spec->files[spec->files_count++] = (struct spec_file){
            .name = file->name, .path = file->path, .temporary = file->temporary};
        names_add(&spec->file_names, file->name);
    }
}

// A value that no job writes is put into commands now; of the others the one that they will have
// when the job starts.
static void add_data(struct spec *spec, const struct workflow *known)
{
    cleanup_free bool *written = xcalloc(known->data_count + 1, sizeof *written);
    for (size_t i = 0; i < known->job_data_count; i++)
        written[known->job_data[i].other] |= known->job_data[i].role == ROLE_OUTPUT;
    for (size_t i = 0; i < known->data_count; i++) {
        const struct data_row *data = &known->data[i];
        if (names_find(&spec->data_names, data->name) != NAMES_NONE)
            continue;
        spec->data =
            array_grow(spec->data, spec->data_count, &spec->data_space, sizeof *spec->data);
        spec->data[spec->data_count++] =
            (struct spec_data){.name = data->name, .data = written[i] ? NULL : data->data};
        names_add(&spec->data_names, data->name);
    }
}

static void add_text(struct texts *texts, const char *name)
{
    if (texts->count == texts->space) {
        texts->space = texts->space * 2 + 4;
        texts->items = xrealloc(texts->items, texts->space, sizeof *texts->items);
    }
    texts->items[texts->count++] = name;
}

// Of jobs that have a place in the text, what it says counts.
static struct spec_job *known_job(struct spec *spec, const char *name, size_t first)
{
    int64_t at = names_find(&spec->job_names, name);
    return at >= 0 && (size_t)at >= first ? &spec->jobs[at] : NULL;
}

static void add_links(struct spec *spec, const struct workflow *known, size_t first)
{
    for (size_t i = 0; i < known->job_files_count; i++) {
        const struct pair_row *use = &known->job_files[i];
        struct spec_job *job = known_job(spec, known->jobs[use->job].name, first);
        if (job)
            add_text(use->role == ROLE_OUTPUT ? &job->output_files : &job->input_files,
                     known->files[use->other].name);
    }
    for (size_t i = 0; i < known->job_data_count; i++) {
        const struct pair_row *use = &known->job_data[i];
        struct spec_job *job = known_job(spec, known->jobs[use->job].name, first);
        if (job)
            add_text(use->role == ROLE_OUTPUT ? &job->output_data : &job->input_data,
                     known->data[use->other].name);
    }
}

// The lists were on the heap while they grew.
static void keep_links(struct spec *spec, size_t first, struct arena *text)
{
    for (size_t i = first; i < spec->jobs_count; i++) {
        struct spec_job *job = &spec->jobs[i];
        struct texts *lists[] = {&job->input_files, &job->output_files, &job->input_data,
                                 &job->output_data};
        for (size_t k = 0; k < sizeof lists / sizeof *lists; k++) {
            const char **items = arena_alloc(text, (lists[k]->count + 1) * sizeof *items);
            for (uint32_t n = 0; n < lists[k]->count; n++)
                items[n] = lists[k]->items[n];
            free(lists[k]->items);
            *lists[k] = (struct texts){items, lists[k]->count, 0};
        }
    }
}

// Places of the base are in another text.
static void forget_places(struct spec *spec)
{
    for (size_t i = 0; i < spec->classes_count; i++)
        spec->classes[i].place = (struct spec_place){0};
    for (size_t i = 0; i < spec->schedulers_count; i++)
        spec->schedulers[i].place = (struct spec_place){0};
    for (size_t i = 0; i < spec->handlers_count; i++)
        spec->handlers[i].place = (struct spec_place){0};
}

void spec_add_known(struct spec *spec, struct workflow_more *more, struct arena *text)
{
    more->lineage = spec->lineage ? spec->lineage : more->lineage;
    more->state = spec->state;
    more->jobs = spec->jobs_count;
    more->files = spec->files_count;
    more->data = spec->data_count;
    add_lineage(spec, more->lineage, text);
    add_jobs(spec, more->known);
    add_files(spec, more->known);
    add_data(spec, more->known);
    add_links(spec, more->known, more->jobs);
    keep_links(spec, more->jobs, text);
    forget_places(spec);
    spec->slurm_defaults = (struct texts){0};
    more->known_jobs = spec->jobs_count - more->jobs;
    more->known_files = spec->files_count - more->files;
    more->known_data = spec->data_count - more->data;
}
