// SPDX-License-Identifier: GPL-2.0-or-later
// The files and data of a job: those in its lists and those that its command names.
#include <string.h>

#include "lib/base/mem.h"
#include "lib/text/invocation.h"
#include "lib/text/path.h"
#include "lib/text/substitute.h"
#include "lib/workflow/resolve.h"

static void add_pair(struct pair_row **list, size_t *count, size_t *space, struct pair_row row)
{
    *list = array_grow(*list, *count, space, sizeof **list);
    (*list)[(*count)++] = row;
}

// A file has one producer: the second one is told who the first is.
static void set_producer(struct resolver *resolver, uint32_t job, uint32_t file)
{
    struct source *source = resolver->source;
    uint32_t first = resolver->workflow->files[file].same, *producer = &resolver->producer[first];
    if (*producer == NO_JOB) {
        *producer = job;
        return;
    }
    const char *other = resolver->spec->jobs[*producer].name, *also = resolver->files.list[first];
    also = first == file || !also
               ? ""
               : arena_printf(source->arena, ", which is also %s,", source_quote(source, also));
    source_error(source,
                 "file %s%s is already written by jobs[%u]%s%s; a file is written by one job only",
                 source_quote(source, resolver->files.list[file]), also,
                 resolver->spec->jobs[*producer].place.index, other ? ", " : "",
                 other ? source_quote(source, other) : "");
}

static void link_file(struct resolver *resolver, uint32_t job, uint32_t file, enum file_role role,
                      bool by_regex)
{
    struct workflow *workflow = resolver->workflow;
    uint32_t first = workflow->files[file].same;
    if (resolver->seen_file[role][first] == job + 1)
        return;
    resolver->seen_file[role][first] = job + 1;
    add_pair(
        &workflow->job_files, &workflow->job_files_count, &resolver->job_files_space,
        (struct pair_row){.job = job, .other = first, .role = (uint8_t)role, .by_regex = by_regex});
    if (role == ROLE_OUTPUT)
        set_producer(resolver, job, file);
}

static void link_data(struct resolver *resolver, uint32_t job, uint32_t data, enum file_role role,
                      bool by_regex)
{
    struct workflow *workflow = resolver->workflow;
    if (resolver->seen_data[role][data] == job + 1)
        return;
    resolver->seen_data[role][data] = job + 1;
    add_pair(
        &workflow->job_data, &workflow->job_data_count, &resolver->job_data_space,
        (struct pair_row){.job = job, .other = data, .role = (uint8_t)role, .by_regex = by_regex});
}

// The place of a file or of user data by its name, or NAMES_NONE after an error.
static int64_t find_name(struct resolver *resolver, const struct names *names, const char *what,
                         const char *name)
{
    struct source *source = resolver->source;
    int64_t found = names_find(names, name);
    if (found == NAMES_NONE)
        source_error(source, "no %s is named %s%s", what, source_quote(source, name),
                     source_suggest(source, name, names->list, names->count, ""));
    return found;
}

static void link_list(struct resolver *resolver, uint32_t job, const char *key,
                      const struct texts *texts, enum file_role role, bool is_file)
{
    struct source *source = resolver->source;
    for (uint32_t i = 0; i < texts->count; i++) {
        if (!texts->items[i])
            continue;
        source_down_key(source, key);
        source_down_index(source, i);
        int64_t found = is_file
                            ? find_name(resolver, &resolver->files, "file", texts->items[i])
                            : find_name(resolver, &resolver->data, "user data", texts->items[i]);
        if (found != NAMES_NONE && is_file)
            link_file(resolver, job, (uint32_t)found, role, false);
        else if (found != NAMES_NONE)
            link_data(resolver, job, (uint32_t)found, role, false);
        source_up(source);
        source_up(source);
    }
}

static void link_regexes(struct resolver *resolver, uint32_t job, const char *key,
                         const struct texts *regexes, enum file_role role, bool is_file)
{
    struct source *source = resolver->source;
    for (uint32_t i = 0; i < regexes->count; i++) {
        if (!regexes->items[i])
            continue;
        source_down_key(source, key);
        source_down_index(source, i);
        const struct selection *selection =
            resolve_selection(resolver, is_file ? SELECT_FILES : SELECT_DATA, regexes->items[i]);
        for (size_t k = 0; selection && k < selection->count; k++) {
            if (is_file)
                link_file(resolver, job, selection->matches[k], role, role == ROLE_INPUT);
            else
                link_data(resolver, job, selection->matches[k], role, role == ROLE_INPUT);
        }
        source_up(source);
        source_up(source);
    }
}

struct command { // what a lookup needs to know
    struct resolver *resolver;
    uint32_t job;
    bool elsewhere; // it does not run where relative paths start
};

// Is the folder that a job runs in another one than that of the submission? As it reads: what
// leads up may come out anywhere, by a link.
static bool is_elsewhere(const struct resolver *resolver, const char *workdir)
{
    return workdir &&
           (strstr(workdir, "..") ||
            strcmp(path_normalise(workdir, resolver->folder, resolver->source->arena), ".") != 0);
}

static const char *look_up_file(struct command *command, const char *name, enum file_role role)
{
    struct resolver *resolver = command->resolver;
    int64_t found = find_name(resolver, &resolver->files, "file", name);
    if (found == NAMES_NONE)
        return NULL;
    link_file(resolver, command->job, (uint32_t)found, role, false);
    const char *path = resolver->workflow->files[found].path;
    return command->elsewhere && path && *path != '/' && resolver->folder
               ? arena_printf(resolver->source->arena, "%s/%s", resolver->folder, path)
               : path;
}

static const char *look_up_data(struct command *command, const char *name, enum file_role role)
{
    struct resolver *resolver = command->resolver;
    int64_t found = find_name(resolver, &resolver->data, "user data", name);
    if (found == NAMES_NONE)
        return NULL;
    const struct data_row *row = &resolver->workflow->data[found];
    link_data(resolver, command->job, (uint32_t)found, role, false);
    if (role == ROLE_OUTPUT)
        return row->name;
    if (!row->data)
        resolver->workflow->jobs[command->job].flags |= JOB_NAMES_DATA;
    return row->data;
}

static const char *look_up(void *context, enum substitute_kind kind, const char *name)
{
    struct command *command = context;
    switch (kind) {
    case SUBSTITUTE_FILE_INPUT:
        return look_up_file(command, name, ROLE_INPUT);
    case SUBSTITUTE_FILE_OUTPUT:
        return look_up_file(command, name, ROLE_OUTPUT);
    case SUBSTITUTE_DATA_INPUT:
        return look_up_data(command, name, ROLE_INPUT);
    case SUBSTITUTE_DATA_OUTPUT:
        return look_up_data(command, name, ROLE_OUTPUT);
    }
    return NULL;
}

static const char *replace_names(struct resolver *resolver, uint32_t job, const char *key,
                                 const char *text)
{
    size_t length, habit_length;
    const char *slip = text ? substitute_slip(text, &length) : NULL;
    const char *habit = text ? substitute_habit(text, &habit_length) : NULL;
    bool wanted = text && substitute_wanted(text);
    if (!wanted && !slip && !habit)
        return text;
    source_down_key(resolver->source, key);
    if (slip)
        source_warning(
            resolver->source,
            "%.*s…} stays as it is, and bash knows no such name; torc replaces ${files.input.N}, "
            "${files.output.N}, ${user_data.input.N} and ${user_data.output.N}",
            (int)length, slip);
    if (habit)
        source_warning(
            resolver->source,
            "%.*s stays as it is; torc replaces ${files.input.N}, ${files.output.N}, "
            "${user_data.input.N} and ${user_data.output.N}, with a $, and {word} where it is a "
            "parameter",
            (int)habit_length, habit);
    struct command command = {resolver, job,
                              is_elsewhere(resolver, resolver->spec->jobs[job].workdir)};
    cleanup_free char *replaced = wanted ? substitute(text, look_up, &command) : NULL;
    source_up(resolver->source);
    if (!wanted)
        return text;
    return arena_strdup(resolver->workflow->text, replaced);
}

struct writers { // of user data, by its place
    uint32_t *count, *last;
    struct command command;
};

static const char *check_written(void *context, enum substitute_kind kind, const char *name)
{
    struct writers *writers = context;
    struct resolver *resolver = writers->command.resolver;
    int64_t found = kind == SUBSTITUTE_DATA_INPUT ? names_find(&resolver->data, name) : NAMES_NONE;
    if (found == NAMES_NONE || resolver->workflow->data[found].data)
        return NULL;
    uint32_t count = writers->count[found];
    if (count == 0 || (count == 1 && writers->last[found] == writers->command.job))
        source_error(resolver->source,
                     "${user_data.input.%s} has no value in the file, and no other job writes it; "
                     "give it one (\"data\"), or name "
                     "the job that sets it in \"output_user_data\"",
                     name);
    return NULL;
}

void resolve_data_values(struct resolver *resolver)
{
    const struct workflow *workflow = resolver->workflow;
    struct writers writers = {.count = xcalloc(workflow->data_count + 1, sizeof *writers.count),
                              .last = xcalloc(workflow->data_count + 1, sizeof *writers.last),
                              .command = {.resolver = resolver}};
    for (size_t i = 0; i < workflow->job_data_count; i++) {
        const struct pair_row *pair = &workflow->job_data[i];
        if (pair->role == ROLE_OUTPUT) {
            writers.count[pair->other]++;
            writers.last[pair->other] = pair->job;
        }
    }
    for (uint32_t j = 0; j < workflow->jobs_count; j++) {
        if (!(workflow->jobs[j].flags & JOB_NAMES_DATA) || !workflow->jobs[j].command)
            continue;
        const struct spec_place *place = &resolver->spec->jobs[j].place;
        writers.command.job = j;
        source_go_element(resolver->source, "jobs", place->index, place->offset);
        source_down_key(resolver->source, "command");
        free(substitute(workflow->jobs[j].command, check_written, &writers));
        source_up(resolver->source);
    }
    free(writers.count);
    free(writers.last);
}

// Script and command run as one: a wrapper on the line of the command, a preamble above it.
static const char *join(struct resolver *resolver, const char *script, const char *command)
{
    if (!script || !command)
        return command;
    struct source *source = resolver->source;
    const struct invocation found = invocation_of(script);
    const char *word =
        arena_strndup(source->arena, found.word ? found.word : "", found.word_length);
    if (found.kind == INVOCATION_NONE)
        return command;
    source_down_key(source, "invocation_script");
    if (found.kind == INVOCATION_WORD)
        source_warning(
            source,
            "%s does not run what stands behind it, so the command goes on a line of its "
            "own; end the script with a line end to say so yourself",
            *word ? source_quote(source, word) : "this");
    else if (found.runs_nothing)
        source_warning(
            source,
            "%s has nothing to run: several lines, or one that ends with a line end or a comment, "
            "go before the command, not around it; write a wrapper as one line without "
            "either",
            source_quote(source, word));
    source_up(source);
    return arena_printf(resolver->workflow->text, "%.*s%s%s", (int)found.length, script,
                        found.kind == INVOCATION_WRAPPER ? " " : "\n", command);
}

// What the shell leaves running when the command ends is killed then.
static void warn_of_background(struct resolver *resolver, const char *command)
{
    size_t length = command ? strlen(command) : 0;
    while (length && strchr(" \t\n", command[length - 1]))
        length--;
    if (length < 2 || command[length - 1] != '&' || strchr("&\\", command[length - 2]))
        return;
    source_down_key(resolver->source, "command");
    source_warning(resolver->source, "it ends in &: what is still running in the background when "
                                     "the command ends is killed; put \"wait\" behind it");
    source_up(resolver->source);
}

void resolve_job_links(struct resolver *resolver, uint32_t j)
{
    const struct spec_job *job = &resolver->spec->jobs[j];
    source_go_element(resolver->source, "jobs", job->place.index, job->place.offset);
    link_list(resolver, j, "input_files", &job->input_files, ROLE_INPUT, true);
    link_list(resolver, j, "output_files", &job->output_files, ROLE_OUTPUT, true);
    link_list(resolver, j, "input_user_data", &job->input_data, ROLE_INPUT, false);
    link_list(resolver, j, "output_user_data", &job->output_data, ROLE_OUTPUT, false);
    const char *script = replace_names(resolver, j, "invocation_script", job->invocation_script);
    const char *command = replace_names(resolver, j, "command", job->command);
    link_regexes(resolver, j, "input_file_regexes", &job->input_file_regexes, ROLE_INPUT, true);
    link_regexes(resolver, j, "output_file_regexes", &job->output_file_regexes, ROLE_OUTPUT, true);
    link_regexes(resolver, j, "input_user_data_regexes", &job->input_data_regexes, ROLE_INPUT,
                 false);
    link_regexes(resolver, j, "output_user_data_regexes", &job->output_data_regexes, ROLE_OUTPUT,
                 false);
    warn_of_background(resolver, command);
    resolver->workflow->jobs[j].command = join(resolver, script, command);
}
