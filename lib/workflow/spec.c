// SPDX-License-Identifier: GPL-2.0-or-later
// Reads the workflow file: the scanner splits the top and the big lists, jansson reads one element
// at a time into compact structs, so that a file of a million jobs is never held as a tree.
#include "lib/workflow/spec.h"

#include <jansson.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/text/json_syntax.h"
#include "lib/workflow/spec_execution.h"
#include "lib/workflow/spec_expand.h"
#include "lib/workflow/spec_fields.h"
#include "lib/workflow/spec_handling.h"
#include "lib/workflow/spec_params.h"
#include "lib/workflow/spec_schedulers.h"
#include "lib/workflow/spec_syntax.h"

// clang-format off
#define TABLE(name) {.fields = name, .count = sizeof name / sizeof *name}

// Of an entry that may stand for many: spec_params.c reads them.
#define PARAMETERS \
    {.name = "parameters", .type = FIELD_NO_EFFECT}, \
    {.name = "parameter_mode", .type = FIELD_NO_EFFECT}, \
    {.name = "use_parameters", .type = FIELD_NO_EFFECT}, \
    {.name = "parameters_file", .type = FIELD_NO_EFFECT}, \
    {.name = "use_parameters_file", .type = FIELD_NO_EFFECT}
// clang-format on

static const char *const launchers[] = {"direct", "srun", NULL};
static const char *const shells[] = {"bash", "strict", NULL};
static const char *const sort_methods[] = {"gpus_runtime_memory", "gpus_memory_runtime", "none",
                                           NULL};

#define AT(member) offsetof(struct spec_job, member)
static const struct field job_fields[] = {
    {.name = "name", .type = FIELD_JOB_NAME, .offset = AT(name), .required = true},
    {.name = "command", .type = FIELD_COMMAND, .offset = AT(command), .required = true},
    {.name = "depends_on", .type = FIELD_TEXTS, .offset = AT(depends_on)},
    {.name = "input_files", .type = FIELD_TEXTS, .offset = AT(input_files)},
    {.name = "output_files", .type = FIELD_TEXTS, .offset = AT(output_files)},
    {.name = "resource_requirements",
     .type = FIELD_TEXT,
     .offset = AT(requirements),
     .extra = "this is the name of a class; a job's own resources are its \"cpus\", \"memory\", "
              "\"gpus\" and \"runtime\""},
    {.name = "invocation_script", .type = FIELD_SCRIPT, .offset = AT(invocation_script)},
    {.name = "input_user_data", .type = FIELD_TEXTS, .offset = AT(input_data)},
    {.name = "output_user_data", .type = FIELD_TEXTS, .offset = AT(output_data)},
    {.name = "cancel_on_blocking_job_failure",
     .type = FIELD_FLAG,
     .offset = AT(cancel_on_blocking_failure)},
    {.name = "supports_termination", .type = FIELD_FLAG, .offset = AT(supports_termination)},
    {.name = "priority",
     .type = FIELD_COUNT,
     .offset = AT(priority),
     .least = 0,
     .most = INT32_MAX},
    {.name = "env", .type = FIELD_ENV, .offset = AT(env)},
    {.name = "workdir", .type = FIELD_PATH, .offset = AT(workdir)},
    {.name = "launcher", .type = FIELD_CHOICE, .offset = AT(launcher), .extra = launchers},
    {.name = "shell", .type = FIELD_CHOICE, .offset = AT(shell), .extra = shells},
    {.name = "termination_signal", .type = FIELD_SIGNAL, .offset = AT(termination_signal)},
    {.name = "max_continuations",
     .type = FIELD_COUNT,
     .offset = AT(max_continuations),
     .least = 0,
     .most = INT32_MAX},
    {.name = "labels", .type = FIELD_LABELS, .offset = AT(labels)},
    {.name = "stdio", .type = FIELD_STDIO, .offset = AT(stdio)},
    {.name = "cpus", .type = FIELD_COUNT, .offset = AT(cpus), .least = 1, .most = 1000000},
    {.name = "memory", .type = FIELD_SIZE, .offset = AT(memory_bytes)},
    {.name = "gpus", .type = FIELD_GPUS, .offset = AT(gpus_milli)},
    {.name = "nodes", .type = FIELD_COUNT, .offset = AT(nodes), .least = 1, .most = 1000000},
    {.name = "runtime", .type = FIELD_DURATION, .offset = AT(runtime_usec)},
    {.name = "scheduler", .type = FIELD_TEXT, .offset = AT(scheduler)},
    {.name = "failure_handler", .type = FIELD_TEXT, .offset = AT(failure_handler)},
    {.name = "depends_on_regexes", .type = FIELD_REGEXES, .offset = AT(needs_regexes)},
    {.name = "input_file_regexes", .type = FIELD_REGEXES, .offset = AT(input_file_regexes)},
    {.name = "output_file_regexes", .type = FIELD_REGEXES, .offset = AT(output_file_regexes)},
    {.name = "input_user_data_regexes", .type = FIELD_REGEXES, .offset = AT(input_data_regexes)},
    {.name = "output_user_data_regexes", .type = FIELD_REGEXES, .offset = AT(output_data_regexes)},
    PARAMETERS,
};
#undef AT

#define AT(member) offsetof(struct spec_file, member)
static const struct field file_fields[] = {
    {.name = "name", .type = FIELD_NAME, .offset = AT(name), .required = true},
    {.name = "path", .type = FIELD_PATH, .offset = AT(path), .required = true},
    {.name = "temporary", .type = FIELD_FLAG, .offset = AT(temporary)},
    {.name = "st_mtime", .type = FIELD_NUMBER, .unused = true},
    {.name = "identifier", .type = FIELD_TEXT, .offset = AT(identifier)},
    PARAMETERS,
};
#undef AT

#define AT(member) offsetof(struct spec_data, member)
static const struct field data_fields[] = {
    {.name = "name", .type = FIELD_NAME, .offset = AT(name), .required = true},
    {.name = "data", .type = FIELD_JSON, .offset = AT(data)},
    {.name = "is_ephemeral", .type = FIELD_FLAG, .offset = AT(ephemeral)},
    PARAMETERS,
};
#undef AT

#define AT(member) offsetof(struct spec_class, member)
static const struct field class_fields[] = {
    {.name = "name", .type = FIELD_NAME, .offset = AT(name), .required = true},
    {.name = "num_cpus",
     .type = FIELD_COUNT,
     .offset = AT(cpus),
     .least = 1,
     .most = 1000000,
     .required = true},
    {.name = "num_gpus", .type = FIELD_GPUS, .offset = AT(gpus_milli)},
    {.name = "num_nodes", .type = FIELD_COUNT, .offset = AT(nodes), .least = 1, .most = 1000000},
    {.name = "memory", .type = FIELD_SIZE, .offset = AT(memory_bytes), .required = true},
    {.name = "runtime", .type = FIELD_DURATION, .offset = AT(runtime_usec)},
    {.name = "tmp", .type = FIELD_SIZE, .offset = AT(tmp_bytes)},
};
#undef AT

#define AT(member) offsetof(struct spec_scheduler, member)
static const struct field scheduler_fields[] = {
    {.name = "name", .type = FIELD_NAME, .offset = AT(name)},
    {.name = "account", .type = FIELD_TEXT, .offset = AT(account)},
    {.name = "partition", .type = FIELD_TEXT, .offset = AT(partition)},
    {.name = "nodes", .type = FIELD_COUNT, .offset = AT(nodes), .least = 1, .most = 1000000},
    {.name = "walltime", .type = FIELD_TEXT, .offset = AT(walltime)},
    {.name = "mem", .type = FIELD_TEXT, .offset = AT(mem)},
    {.name = "gres", .type = FIELD_TEXT, .offset = AT(gres)},
    {.name = "qos", .type = FIELD_TEXT, .offset = AT(qos)},
    {.name = "ntasks_per_node",
     .type = FIELD_COUNT,
     .offset = AT(ntasks_per_node),
     .least = 1,
     .most = 1000000},
    {.name = "tmp", .type = FIELD_TEXT, .offset = AT(tmp)},
    {.name = "extra", .type = FIELD_TEXT, .offset = AT(extra)},
    {.name = "serialize_allocations", .type = FIELD_FLAG, .offset = AT(serialize)},
};
#undef AT

#define AT(member) offsetof(struct spec_handler, member)
static const struct field handler_fields[] = {
    {.name = "name", .type = FIELD_NAME, .offset = AT(name), .required = true},
    {.name = "rules", .type = FIELD_OWN, .read = spec_rules_read, .required = true},
};
#undef AT

static const struct field_table job_table = TABLE(job_fields), file_table = TABLE(file_fields),
                                data_table = TABLE(data_fields), class_table = TABLE(class_fields),
                                scheduler_table = TABLE(scheduler_fields),
                                handler_table = TABLE(handler_fields);

static const struct spec_job job_defaults = {.gpus_milli = -1,
                                             .max_continuations = -1,
                                             .launcher = LAUNCHER_UNSET,
                                             .shell = SHELL_UNSET,
                                             .cancel_on_blocking_failure = true};
static const struct spec_file file_defaults = {0};
static const struct spec_data data_defaults = {0};
static const struct spec_scheduler scheduler_defaults = {0};
static const struct spec_handler handler_defaults = {0};
static const struct spec_class class_defaults = {
    .cpus = 1, .nodes = 1, .runtime_usec = INT64_C(3600000000)};

// clang-format off
#define SECTION(key, noun, list_, count_, space_, names_, expands_) \
    {.name = key, .table = &noun##_table, .defaults = &noun##_defaults, \
     .size = sizeof noun##_defaults, .name_at = offsetof(struct spec_##noun, name), \
     .list = offsetof(struct spec, list_), .count = offsetof(struct spec, count_), \
     .space = offsetof(struct spec, space_), .names = offsetof(struct spec, names_), \
     .expands = expands_}
// clang-format on
static const struct section sections[] = {
    SECTION("jobs", job, jobs, jobs_count, jobs_space, job_names, true),
    SECTION("files", file, files, files_count, files_space, file_names, true),
    SECTION("user_data", data, data, data_count, data_space, data_names, true),
    SECTION("resource_requirements", class, classes, classes_count, classes_space, class_names,
            false),
    SECTION("slurm_schedulers", scheduler, schedulers, schedulers_count, schedulers_space,
            scheduler_names, false),
    SECTION("failure_handlers", handler, handlers, handlers_count, handlers_space, handler_names,
            false),
};
#undef SECTION

#define AT(member) offsetof(struct spec, member)
static const struct field dynamic_fields[] = {
    {.name = "max_iterations",
     .type = FIELD_COUNT,
     .offset = AT(settings.max_iterations),
     .least = 1,
     .most = INT32_MAX},
};
static const struct field_table dynamic_table = TABLE(dynamic_fields);

static const struct field top_fields[] = {
    {.name = "name", .type = FIELD_NAME, .offset = AT(name), .required = true},
    {.name = "description", .type = FIELD_TEXT, .offset = AT(description)},
    {.name = "project", .type = FIELD_TEXT, .offset = AT(project)},
    {.name = "metadata", .type = FIELD_METADATA, .offset = AT(metadata)},
    {.name = "env", .type = FIELD_ENV, .offset = AT(env)},
    {.name = "jobs", .required = true},
    {.name = "files"},
    {.name = "user_data"},
    {.name = "resource_requirements"},
    {.name = "execution_config", .type = FIELD_OWN, .read = spec_execution_read},
    {.name = "compute_node_wait_for_new_jobs_seconds",
     .type = FIELD_COUNT,
     .offset = AT(settings.idle_secs),
     .most = INT32_MAX},
    {.name = "compute_node_ignore_workflow_completion",
     .type = FIELD_FLAG,
     .offset = AT(settings.ignore_completion)},
    {.name = "strict", .type = FIELD_FLAG, .offset = AT(settings.strict)},
    {.name = "shell", .type = FIELD_CHOICE, .offset = AT(shell), .extra = shells},
    {.name = "compute_node_expiration_buffer_seconds",
     .type = FIELD_COUNT,
     .unused = true,
     .most = INT32_MAX},
    {.name = "compute_node_wait_for_healthy_database_minutes",
     .type = FIELD_COUNT,
     .unused = true,
     .most = INT32_MAX},
    {.name = "compute_node_min_time_for_new_jobs_seconds",
     .type = FIELD_COUNT,
     .unused = true,
     .most = INT32_MAX},
    {.name = "user", .type = FIELD_TEXT, .unused = true},
    {.name = "variables", .type = FIELD_NO_EFFECT}, // spec_params_read_top reads these three
    {.name = "parameters", .type = FIELD_NO_EFFECT},
    {.name = "parameters_file", .type = FIELD_NO_EFFECT},
    {.name = "failure_handlers"},
    {.name = "slurm_schedulers"},
    {.name = "slurm_defaults",
     .type = FIELD_OWN,
     .read = spec_defaults_read,
     .offset = AT(slurm_defaults)},
    {.name = "resource_monitor",
     .type = FIELD_OWN,
     .read = spec_monitor_read,
     .offset = AT(settings)},
    {.name = "actions", .type = FIELD_OWN, .read = spec_actions_read, .offset = AT(actions)},
    {.name = "dynamic_jobs", .type = FIELD_OBJECT, .extra = &dynamic_table},
    {.name = "use_pending_failed", .type = FIELD_FLAG, .offset = AT(settings.use_pending_failed)},
    {.name = "jobs_sort_method",
     .type = FIELD_CHOICE,
     .offset = AT(sort_method),
     .extra = sort_methods},
    {.name = "enable_ro_crate", .type = FIELD_FLAG, .unused = true},
    {.name = "access_groups", .type = FIELD_LABELS, .offset = AT(access_groups)},
};
static const struct field more_fields[] = {
    {.name = "jobs"},
    {.name = "files"},
    {.name = "user_data"},
    {.name = "lineage", .type = FIELD_NAME, .offset = AT(lineage)},
    {.name = "state", .type = FIELD_JSON, .offset = AT(state)},
};
static const struct field_table top_table = TABLE(top_fields), more_table = TABLE(more_fields);
#undef AT

static const struct field_table *table_of(const struct spec *spec)
{
    return spec->part == SPEC_MORE ? &more_table : &top_table;
}

// Jobs, and what is only of them: the first three sections.
static bool is_left_out(const struct spec *spec, const char *name)
{
    bool found = !strcmp(name, "actions");
    for (size_t i = 0; i < 3; i++)
        found |= !strcmp(name, sections[i].name);
    return found && spec->part == SPEC_BASE;
}

static void report_duplicate(void *context, size_t offset, size_t length)
{
    struct source *source = context;
    cleanup_free char *key = xstrndup(source->json.text + offset + 1, length - 2);
    source_error_at(source, offset, "the key %s is there twice; leave one of them out",
                    source_quote(source, key));
}

// The value at item, or NULL: the text there is no JSON (reported by the caller). Equal keys are
// reported here. jansson says where it ended: large files are not looked through for that
// before.
static json_t *load_value(struct source *source, struct json_item *item)
{
    const char *text = source->json.text + item->value;
    json_error_t where;
    json_t *value =
        json_loadb(text, source->json.length - item->value,
                   JSON_DECODE_ANY | JSON_REJECT_DUPLICATES | JSON_DISABLE_EOF_CHECK, &where);
    item->value_length =
        value ? (size_t)where.position : json_value_end(&source->json, item->value) - item->value;
    if (value || json_error_code(&where) != json_error_duplicate_key)
        return value;
    value = json_loadb(text, item->value_length, JSON_DECODE_ANY, NULL);
    size_t errors = source->problems->errors;
    if (value)
        json_find_duplicates(&source->json, item->value, report_duplicate, source);
    if (value && source->problems->errors == errors) // equal only once their escapes are read
        source_error_at(source, item->value + (size_t)where.position,
                        "a key is there twice; leave one of them out");
    return value;
}

static bool read_section(struct source *source, struct spec *spec, const struct section *section,
                         struct json_item *top)
{
    size_t offset = top->value;
    struct json_items items;
    struct json_item item;
    int more = 0;
    if (!json_items_open(&source->json, offset, &items) || items.close != ']') {
        json_auto_t *found = load_value(source, top);
        if (found)
            source_error(source, "expected a list of objects, [{…}, …], found %s",
                         field_found(source, found));
        return found;
    }
    for (size_t i = 0; (more = json_items_begin(&source->json, &items, &item)) > 0; i++) {
        source_go_element(source, section->name, i, item.value);
        json_auto_t *value = load_value(source, &item);
        if (!value)
            return false;
        items.at = item.value + item.value_length;
        spec_variables_apply(spec, value);
        spec_expand(source, spec, section, value, (struct spec_place){item.value, (uint32_t)i});
    }
    if (!more && items.first) {
        source_go_key(source, section->name, offset);
        if (section == sections && spec->part == SPEC_WHOLE)
            source_error(source, "the list is empty; a workflow has at least one job");
    }
    top->value_length = items.at - top->value;
    return more == 0;
}

// In the workflow's env a workflow's parameter of one value is replaced.
static void apply_single(const struct spec *spec, json_t *env, struct arena *arena)
{
    const char *key;
    json_t *item;
    size_t count = 0;
    cleanup_free const char **names = xcalloc(spec->params.count + 1, sizeof *names);
    cleanup_free struct param_value *values = xcalloc(spec->params.count + 1, sizeof *values);
    for (size_t i = 0; i < spec->params.count; i++) {
        if (spec->params.lists[i].count != 1)
            continue;
        names[count] = spec->params.names[i];
        param_list_get(&spec->params.lists[i], 0, &values[count++]);
    }
    struct template_names single = {.names = names, .values = values, .count = count};
    json_object_foreach(env, key, item)
        if (json_is_string(item))
            json_string_set(item, template_expand(json_string_value(item), &single, arena, NULL));
}

static void read_value(struct source *source, struct spec *spec, json_t *value,
                       const struct field *field)
{
    spec_variables_apply(spec, value);
    if (field->read == spec_execution_read)
        spec->execution_offset = source->base_offset;
    if (field->type == FIELD_ENV && spec->params.count)
        apply_single(spec, value, source->arena);
    field_read(source, value, field, spec);
}

// One key of the top level; gives the length of its value. False: the text is broken.
static bool read_top(struct source *source, struct spec *spec, struct json_item *item, bool *seen)
{
    json_auto_t *key_json =
        json_loadb(source->json.text + item->key, item->key_length, JSON_DECODE_ANY, NULL);
    const char *key = json_string_value(key_json);
    if (!key)
        return false;
    source_go_top(source);
    const struct field_table *table = table_of(spec);
    const struct field *field = field_find(source, key, table);
    if (!field || is_left_out(spec, field->name)) {
        item->value_length = json_value_end(&source->json, item->value) - item->value;
        return item->value_length;
    }
    bool *seen_before = &seen[field - table->fields];
    bool is_null = source->json.text[item->value] == 'n'; // nothing else begins so
    source_go_key(source, field->name, item->value);
    if (*seen_before)
        source_error_at(source, item->key, "the key \"%s\" is there twice; leave one of them out",
                        key);
    *seen_before |= !is_null;
    for (size_t i = 0; i < sizeof sections / sizeof *sections && !is_null; i++)
        if (!strcmp(field->name, sections[i].name))
            return read_section(source, spec, &sections[i], item);
    json_auto_t *value = load_value(source, item);
    if (value && !json_is_null(value))
        read_value(source, spec, value, field);
    return value;
}

static bool read_all(struct source *source, struct spec *spec)
{
    bool seen[sizeof top_fields / sizeof *top_fields] = {false};
    struct json_items items;
    struct json_item item;
    int more;
    source_go_top(source);
    if (memchr(source->json.text, '\0',
               source->json.length)) // jansson takes it for the end of a value
        return false;
    if (!json_items_open(&source->json, source->base_offset, &items) || items.close != '}')
        return false;
    spec_params_read_top(source, spec);
    for (; (more = json_items_begin(&source->json, &items, &item)) > 0;
         items.at = item.value + item.value_length)
        if (!read_top(source, spec, &item, seen))
            return false;
    if (spec->part != SPEC_MORE)
        spec_execution_settle(source, spec);
    if (more < 0 || json_skip_space(&source->json, items.at) < source->json.length)
        return false;
    source_go_top(source);
    for (size_t i = 0; i < top_table.count && spec->part == SPEC_WHOLE; i++)
        if (top_fields[i].required && !seen[i])
            source_error(source, "\"%s\" is missing", top_fields[i].name);
    return true;
}

static bool read_part(struct source *source, struct spec *spec, enum spec_part part)
{
    spec->part = part;
    if (read_all(source, spec))
        return true;
    spec_report_syntax(source);
    return false;
}

static void spec_init(struct spec *spec)
{
    *spec = (struct spec){.limit_resources = true, .sort_method = SORT_PATH};
    settings_init(&spec->settings);
}

bool spec_read(struct source *source, struct spec *spec)
{
    spec_init(spec);
    return read_part(source, spec, SPEC_WHOLE);
}

bool spec_read_more(struct source *base, struct source *source, struct spec *spec)
{
    spec_init(spec);
    if (base)
        read_part(base, spec, SPEC_BASE);
    spec->incomplete = false;
    return read_part(source, spec, SPEC_MORE);
}

void spec_fini(struct spec *spec)
{
    settings_fini(&spec->settings);
    free(spec->jobs);
    free(spec->files);
    free(spec->data);
    free(spec->classes);
    free(spec->schedulers);
    free(spec->handlers);
    for (size_t i = 0; i < spec->drafts_count; i++)
        arena_destroy(spec->drafts[i].arena);
    free(spec->drafts);
    names_fini(&spec->job_names);
    names_fini(&spec->file_names);
    names_fini(&spec->data_names);
    names_fini(&spec->class_names);
    names_fini(&spec->scheduler_names);
    names_fini(&spec->handler_names);
    *spec = (struct spec){0};
}
