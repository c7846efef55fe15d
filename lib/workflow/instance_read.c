// SPDX-License-Identifier: GPL-2.0-or-later
// Reads WfFormat. 1.5 has two lists, what tasks are (specification) and what they took (execution);
// in 1.4 a task has both, and its files with it.
#include "lib/workflow/instance.h"

#include <ctype.h>
#include <jansson.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/mem.h"
#include "lib/text/source.h"
#include "lib/text/source_format.h"
#include "lib/workflow/spec_fields.h"

enum { ERRORS_MOST = 50 }; // nobody reads more

struct reader {
    struct source source;
    struct instance *instance;
    size_t errors; // there were before
};

static bool goes_on(const struct reader *r)
{
    return r->source.problems->errors < r->errors + ERRORS_MOST;
}

// What follows would only say the same in other words.
static bool is_good(const struct reader *r)
{
    return r->source.problems->errors == r->errors;
}

// ---- values ----

static void expected(struct reader *r, const char *what, json_t *found)
{
    source_error(&r->source, "expected %s, found %s", what, field_found(&r->source, found));
}

static void expected_at(struct reader *r, const char *key, const char *what, json_t *found)
{
    source_down_key(&r->source, key);
    expected(r, what, found);
    source_up(&r->source);
}

// The member of that type, or NULL: it is not there (an error if it is needed) or of another type.
static json_t *member(struct reader *r, const json_t *object, const char *key, json_type type,
                      const char *what, bool needed)
{
    json_t *value = json_object_get(object, key);
    if (!value || json_is_null(value)) {
        if (needed)
            source_error(&r->source, "\"%s\" is missing: %s", key, what);
        return NULL;
    }
    if (json_typeof(value) == type)
        return value;
    expected_at(r, key, what, value);
    return NULL;
}

static const char *keep(struct reader *r, const json_t *text)
{
    return arena_strdup(r->instance->text, json_string_value(text)); // jansson takes no NUL here
}

static const char *text(struct reader *r, const json_t *object, const char *key, bool needed)
{
    return keep(r, member(r, object, key, JSON_STRING, "text", needed));
}

// -1: not there. WfFormat's numbers are amounts.
static double number(struct reader *r, const json_t *object, const char *key)
{
    static const double most = 1e15;
    json_t *value = json_object_get(object, key);
    double got = json_number_value(value);
    if (!value || json_is_null(value))
        return -1;
    if (json_is_number(value) && got >= 0 && got <= most)
        return got;
    expected_at(r, key, "a number from 0 to 1e15", value);
    return -1;
}

// ---- files ----

static void add_output(struct reader *r, uint32_t task, uint32_t file)
{
    struct instance *in = r->instance;
    int64_t other = in->files[file].producer;
    if (other >= 0 && other != task)
        source_error(&r->source, "the file %s is written by the task %s too: a file has one writer",
                     source_quote(&r->source, in->files[file].id),
                     source_quote(&r->source, in->tasks[other].id));
    in->files[file].producer = task;
    instance_list_add(&in->tasks[task].outputs, file);
}

static void read_size(struct reader *r, const json_t *object, uint32_t file)
{
    double size = number(r, object, "sizeInBytes");
    if (size >= 0)
        r->instance->files[file].size = (int64_t)size;
}

static void read_files(struct reader *r, const json_t *specification)
{
    json_t *list = member(r, specification, "files", JSON_ARRAY, "a list of files", false), *file;
    size_t i;
    source_down_key(&r->source, "files");
    json_array_foreach(list, i, file) {
        source_down_index(&r->source, i);
        const char *id = NULL;
        if (!json_is_object(file))
            expected(r, "an object", file);
        else
            id = text(r, file, "id", true);
        if (id)
            read_size(r, file, instance_add_file(r->instance, id));
        source_up(&r->source);
        if (!goes_on(r))
            break;
    }
    source_up(&r->source);
}

// ---- tasks ----

typedef void (*read_item)(struct reader *r, uint32_t task, json_t *item);

static void each(struct reader *r, const json_t *object, const char *key, uint32_t task,
                 read_item read)
{
    json_t *list = member(r, object, key, JSON_ARRAY, "a list", false), *item;
    size_t i;
    source_down_key(&r->source, key);
    json_array_foreach(list, i, item) {
        source_down_index(&r->source, i);
        read(r, task, item);
        source_up(&r->source);
        if (!goes_on(r))
            break;
    }
    source_up(&r->source);
}

// The place of the task of that id, or -1 after an error.
static int64_t find_task(struct reader *r, json_t *id)
{
    int64_t found = NAMES_NONE;
    if (!json_is_string(id))
        expected(r, "the id of a task", id);
    else if ((found = names_find(&r->instance->task_ids, json_string_value(id))) == NAMES_NONE)
        source_error(&r->source, "there is no task with the id %s",
                     source_quote(&r->source, json_string_value(id)));
    return found;
}

static void read_parent(struct reader *r, uint32_t task, json_t *item)
{
    int64_t parent = find_task(r, item);
    if (parent >= 0)
        instance_list_add(&r->instance->tasks[task].parents, (uint32_t)parent);
}

static void read_child(struct reader *r, uint32_t task, json_t *item)
{
    int64_t child = find_task(r, item);
    if (child >= 0)
        instance_list_add(&r->instance->tasks[child].parents, task);
}

static void read_file(struct reader *r, uint32_t task, json_t *item, bool output)
{
    if (!json_is_string(item))
        expected(r, "the id of a file", item);
    else if (output)
        add_output(r, task, instance_add_file(r->instance, json_string_value(item)));
    else
        instance_list_add(&r->instance->tasks[task].inputs,
                          instance_add_file(r->instance, json_string_value(item)));
}

static void read_input(struct reader *r, uint32_t task, json_t *item)
{
    read_file(r, task, item, false);
}

static void read_output(struct reader *r, uint32_t task, json_t *item)
{
    read_file(r, task, item, true);
}

// Of 1.4: {"name", "sizeInBytes", "link": "input" or "output"}.
static void read_linked_file(struct reader *r, uint32_t task, json_t *item)
{
    if (!json_is_object(item)) {
        expected(r, "an object", item);
        return;
    }
    const char *id = text(r, item, "name", true), *link = text(r, item, "link", true);
    if (!id || !link)
        return;
    uint32_t file = instance_add_file(r->instance, id);
    read_size(r, item, file);
    if (!strcmp(link, "output"))
        add_output(r, task, file);
    else if (!strcmp(link, "input"))
        instance_list_add(&r->instance->tasks[task].inputs, file);
    else
        expected_at(r, "link", "\"input\" or \"output\"", json_object_get(item, "link"));
}

static void read_links(struct reader *r, uint32_t task, json_t *object)
{
    each(r, object, "parents", task, read_parent);
    each(r, object, "children", task, read_child);
    each(r, object, "inputFiles", task, read_input);
    each(r, object, "outputFiles", task, read_output);
    each(r, object, "files", task, read_linked_file);
}

// "mProject_ID0000001" is one of many mProject.
static const char *without_number(struct reader *r, const char *id)
{
    size_t length = strlen(id);
    while (length && isdigit((unsigned char)id[length - 1]))
        length--;
    if (length > 2 && length < strlen(id) && !strncmp(id + length - 2, "ID", 2))
        length -= 2;
    while (length && strchr("_-.", id[length - 1]))
        length--;
    return length ? arena_strndup(r->instance->text, id, length) : id;
}

// The program and its arguments joined by blanks, as WfCommons' own translators do it: some are
// pieces of shell.
static const char *command_line(struct reader *r, const json_t *command, const char *program)
{
    json_t *words = member(r, command, "arguments", JSON_ARRAY, "a list of texts", false), *word;
    size_t i;
    cleanup_free char *line = xstrdup(program);
    source_down_key(&r->source, "arguments");
    json_array_foreach(words, i, word) {
        cleanup_free char *old = line;
        source_down_index(&r->source, i);
        if (!json_is_string(word) && goes_on(r))
            expected(r, "text", word);
        source_up(&r->source);
        line = xasprintf("%s %s", old, json_is_string(word) ? json_string_value(word) : "");
    }
    source_up(&r->source);
    return arena_strdup(r->instance->text, line);
}

static void read_command(struct reader *r, uint32_t task, const json_t *object)
{
    struct instance_task *t = &r->instance->tasks[task];
    const json_t *command = member(r, object, "command", JSON_OBJECT, "an object", false);
    source_down_key(&r->source, "command");
    const char *program = text(r, command, "program", false);
    if (program && *program) {
        const char *slash = strrchr(program, '/');
        t->command = command_line(r, command, program);
        if (!strpbrk(program, " \t\n"))
            t->category = slash && slash[1] ? slash + 1 : program;
    }
    source_up(&r->source);
}

static void read_measures(struct reader *r, uint32_t task, json_t *object)
{
    struct instance_task *t = &r->instance->tasks[task];
    t->runtime_s = number(r, object, "runtimeInSeconds");
    t->cpu_percent = number(r, object, "avgCPU");
    t->memory_bytes = number(r, object, "memoryInBytes");
    t->cores = number(r, object, json_object_get(object, "cores") ? "cores" : "coreCount");
    read_command(r, task, object);
    const char *category = text(r, object, "category", false);
    t->category = category && *category ? category : t->category;
}

// Their ids first: who names one may stand before it.
static void read_ids(struct reader *r, json_t *list, bool old)
{
    struct instance *in = r->instance;
    json_t *task;
    size_t i;
    in->tasks = xcalloc(json_array_size(list) + 1, sizeof *in->tasks);
    in->tasks_count = json_array_size(list);
    json_array_foreach(list, i, task) {
        const char *id = NULL;
        source_down_index(&r->source, i);
        if (!json_is_object(task))
            expected(r, "an object", task);
        else
            id = text(r, task, old && !json_object_get(task, "id") ? "name" : "id", true);
        size_t place = names_add(&in->task_ids, id);
        if (id && place != i) {
            source_down_key(&r->source, "id");
            source_error(&r->source, "the id %s is that of tasks[%zu] too",
                         source_quote(&r->source, id), place);
            source_up(&r->source);
        }
        in->tasks[i] = (struct instance_task){.id = id ? id : "",
                                              .category = id ? without_number(r, id) : "",
                                              .runtime_s = -1,
                                              .cpu_percent = -1,
                                              .memory_bytes = -1,
                                              .cores = -1};
        source_up(&r->source);
        if (!goes_on(r))
            break;
    }
}

static void read_tasks(struct reader *r, json_t *object, bool old)
{
    json_t *list = member(r, object, "tasks", JSON_ARRAY, "a list of tasks", true), *task;
    size_t i;
    source_down_key(&r->source, "tasks");
    if (list && !json_array_size(list))
        source_error(&r->source, "there is no task");
    read_ids(r, list, old);
    bool known = is_good(r);
    json_array_foreach(list, i, task) {
        source_down_index(&r->source, i);
        if (known && goes_on(r)) {
            read_links(r, (uint32_t)i, task);
            if (old)
                read_measures(r, (uint32_t)i, task);
        }
        source_up(&r->source);
    }
    source_up(&r->source);
}

static void read_execution(struct reader *r, json_t *workflow)
{
    json_t *execution = member(r, workflow, "execution", JSON_OBJECT, "an object", false), *task;
    size_t i;
    if (!execution)
        return;
    source_down_key(&r->source, "execution");
    r->instance->makespan_s = number(r, execution, "makespanInSeconds");
    json_t *list = member(r, execution, "tasks", JSON_ARRAY, "a list of tasks", true);
    source_down_key(&r->source, "tasks");
    json_array_foreach(list, i, task) {
        int64_t found = NAMES_NONE;
        source_down_index(&r->source, i);
        if (!json_is_object(task)) {
            expected(r, "an object", task);
        } else if (member(r, task, "id", JSON_STRING, "the id of a task", true)) {
            source_down_key(&r->source, "id");
            found = find_task(r, json_object_get(task, "id"));
            source_up(&r->source);
        }
        if (found >= 0)
            read_measures(r, (uint32_t)found, task);
        source_up(&r->source);
        if (!goes_on(r))
            break;
    }
    source_up(&r->source);
    source_up(&r->source);
}

// ---- all of it ----

static void check_version(struct reader *r, const char *version)
{
    if (!version || !strcmp(version, "1.5") || !strcmp(version, "1.4"))
        return;
    source_down_key(&r->source, "schemaVersion");
    source_error(&r->source,
                 "expected \"1.5\" or \"1.4\", found %s; wfcommons-migrate-instance.py of WfFormat "
                 "brings older ones up to date",
                 source_quote(&r->source, version));
    source_up(&r->source);
}

static void read_workflow(struct reader *r, json_t *workflow)
{
    json_t *specification =
        member(r, workflow, "specification", JSON_OBJECT, "an object with tasks", false);
    bool old = !json_object_get(workflow, "specification") && json_object_get(workflow, "tasks");
    if (old) {
        r->instance->makespan_s = number(r, workflow, "makespanInSeconds");
        read_tasks(r, workflow, true);
        return;
    }
    if (!json_object_get(workflow, "specification"))
        source_error(&r->source, "\"specification\" is missing: an object with tasks");
    if (!specification)
        return;
    source_down_key(&r->source, "specification");
    read_files(r, specification);
    read_tasks(r, specification, false);
    source_up(&r->source);
    if (is_good(r))
        read_execution(r, workflow);
}

static void read_top(struct reader *r, json_t *root)
{
    struct instance *in = r->instance;
    source_go_top(&r->source);
    if (!json_is_object(root)) {
        expected(r, "an object, an instance of WfCommons", root);
        return;
    }
    in->name = text(r, root, "name", true);
    in->description = text(r, root, "description", false);
    in->version = text(r, root, "schemaVersion", true);
    check_version(r, in->version);
    json_t *workflow = member(r, root, "workflow", JSON_OBJECT, "an object", true);
    if (!workflow || !is_good(r))
        return;
    source_down_key(&r->source, "workflow");
    read_workflow(r, workflow);
    source_up(&r->source);
}

int instance_read(const char *text, size_t length, struct instance *instance,
                  struct problems *problems)
{
    instance_init(instance);
    struct reader r = {.source = {.problems = problems, .arena = instance->text},
                       .instance = instance,
                       .errors = problems->errors};
    if (!source_take_utf8(&text, &length, problems))
        return -1;
    json_error_t where;
    json_auto_t *root = json_loadb(text, length, JSON_REJECT_DUPLICATES, &where);
    r.source.json = (struct json_text){text, length};
    if (root)
        read_top(&r, root);
    else
        problem_add(problems, false, where.line > 0 ? where.line : 1,
                    where.column > 0 ? where.column : 1, NULL, "this is no JSON: %s", where.text);
    source_fini(&r.source);
    instance_settle(instance);
    return problems->errors > r.errors ? -1 : 0;
}
