// SPDX-License-Identifier: GPL-2.0-or-later
// Reads parameters, tables and lists in files, and joins inherited with local ones.
#include "lib/workflow/spec_params.h"

#include <string.h>

#include "lib/base/mem.h"
#include "lib/text/param_table.h"
#include "lib/text/yaml_value.h"
#include "lib/workflow/param_values.h"
#include "lib/workflow/spec_fields.h"

size_t params_find(const struct params *params, const char *name, size_t length)
{
    size_t i = 0;
    while (i < params->count &&
           (strncmp(params->names[i], name, length) != 0 || params->names[i][length]))
        i++;
    return i;
}

static bool is_word(const char *text)
{
    size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
    return *text && !text[length] && !(*text >= '0' && *text <= '9');
}

static bool is_variable(const struct spec *spec, const char *name)
{
    for (size_t i = 0; i < spec->variables.count; i++)
        if (!strcmp(spec->variables.names[i], name))
            return true;
    return false;
}

// Is that a name which {name} can stand for, and no variable's? source stands at it.
static bool check_name(struct source *source, const struct spec *spec, const char *name)
{
    if (!is_word(name))
        source_error_key(
            source,
            "%s cannot stand in braces: a name is a letter or _, then letters, digits and _",
            source_quote(source, name));
    else if (is_variable(spec, name))
        source_error_key(source, "%s is the name of a variable too; give one of them another name",
                         source_quote(source, name));
    else
        return true;
    return false;
}

static bool read_table(struct source *source, const struct spec *spec, const char *path,
                       struct params *params)
{
    struct error err;
    enum param_table_kind kind;
    cleanup_free char *text = NULL;
    size_t length, errors = source->problems->errors;
    if (param_table_kind(path, &kind))
        source_error(source, "%s: a table is .csv, .tsv, .json, .jsonl or .ndjson",
                     source_quote(source, path));
    else if (param_file_read(source, path, &text, &length) &&
             param_table_read(text, length, kind, source->arena, params, &err))
        source_error(source, "%s: %s", path, err.text);
    for (size_t i = 0; i < params->count; i++)
        if (is_variable(spec, params->names[i]))
            source_error(
                source,
                "the column %s of %s is the name of a variable too; give one of them another name",
                source_quote(source, params->names[i]), path);
    return source->problems->errors == errors;
}

static void add_param(struct source *source, struct params *params, const char *name,
                      const struct param_list *list)
{
    size_t at = params_find(params, name, strlen(name));
    if (at == params->count) {
        params->names[params->count] = arena_strdup(source->arena, name);
        params->count++;
    }
    params->lists[at] = *list;
}

static void reserve(struct source *source, struct params *params, size_t count)
{
    params->names = arena_alloc(source->arena, (count + 1) * sizeof *params->names);
    params->lists = arena_alloc(source->arena, (count + 1) * sizeof *params->lists);
}

// The members of "parameters", where source stands, into params, which has room for them.
static void read_map(struct source *source, const struct spec *spec, json_t *map,
                     struct params *params)
{
    const char *name;
    json_t *value;
    if (!json_is_object(map)) {
        source_error(source, "expected an object of names and values, found %s",
                     field_found(source, map));
        return;
    }
    json_object_foreach(map, name, value) {
        struct param_list list;
        source_down_key(source, name);
        if (check_name(source, spec, name) && !json_is_null(value) &&
            param_values_read(source, value, &list))
            add_param(source, params, name, &list);
        source_up(source);
    }
}

struct wanted { // what an entry says about its parameters
    struct texts use;
    const char *table;
    bool use_table;
    int32_t mode;
};

static const char *const modes[] = {"product", "zip", NULL};
#define AT(member) offsetof(struct wanted, member)
static const struct field wanted_fields[] = {
    {.name = "use_parameters", .type = FIELD_TEXTS, .offset = AT(use)},
    {.name = "parameters_file", .type = FIELD_PATH, .offset = AT(table)},
    {.name = "use_parameters_file", .type = FIELD_FLAG, .offset = AT(use_table)},
    {.name = "parameter_mode", .type = FIELD_CHOICE, .offset = AT(mode), .extra = modes},
};
#undef AT

static void read_wanted(struct source *source, json_t *object, struct wanted *wanted)
{
    for (size_t i = 0; i < sizeof wanted_fields / sizeof *wanted_fields; i++) {
        json_t *value = json_object_get(object, wanted_fields[i].name);
        if (!value || json_is_null(value))
            continue;
        source_down_key(source, wanted_fields[i].name);
        field_read(source, value, &wanted_fields[i], wanted);
        source_up(source);
    }
}

static void inherit(struct source *source, const struct spec *spec, const struct texts *use,
                    struct params *params)
{
    for (uint32_t i = 0; i < use->count; i++) {
        const char *name = use->items[i];
        size_t found = name ? params_find(&spec->params, name, strlen(name)) : 0;
        if (name && found < spec->params.count) {
            add_param(source, params, name, &spec->params.lists[found]);
        } else if (name) {
            source_down_key(source, "use_parameters");
            source_down_index(source, i);
            source_error(
                source, "the workflow has no parameter %s%s", source_quote(source, name),
                source_suggest(source, name, spec->params.names, spec->params.count,
                               spec->params.count
                                   ? ""
                                   : "; \"parameters\" at the top of the file gives it some"));
            source_up(source);
            source_up(source);
        }
    }
}

// A table stands alone.
static bool check_alone(struct source *source, const struct spec *spec, json_t *object,
                        const struct wanted *wanted)
{
    static const char *const others[] = {"parameters", "use_parameters", "parameter_mode"};
    size_t errors = source->problems->errors;
    if (wanted->table && wanted->use_table) {
        source_down_key(source, "use_parameters_file");
        source_error_key(
            source,
            "there are two tables, the workflow's and \"parameters_file\"; leave one of them out");
        source_up(source);
    } else if (wanted->use_table && !spec->has_table) {
        source_down_key(source, "use_parameters_file");
        source_error(source, "the workflow has no \"parameters_file\"");
        source_up(source);
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        const json_t *other = json_object_get(object, others[i]);
        if (!other || json_is_null(other))
            continue;
        source_down_key(source, others[i]);
        source_error_key(
            source, "a table has all the parameters of its entry; leave this or the table out");
        source_up(source);
    }
    return source->problems->errors == errors;
}

static bool read_entry_table(struct source *source, const struct spec *spec, json_t *object,
                             const struct wanted *wanted, struct params *params)
{
    if (!check_alone(source, spec, object, wanted))
        return false;
    if (wanted->use_table) {
        *params = spec->table;
        return true;
    }
    source_down_key(source, "parameters_file");
    bool good = read_table(source, spec, wanted->table, params);
    source_up(source);
    return good;
}

int spec_params_read_entry(struct source *source, const struct spec *spec, json_t *object,
                           struct params *params)
{
    size_t errors = source->problems->errors, count;
    struct wanted wanted = {0};
    struct error err;
    json_t *map = json_object_get(object, "parameters");
    *params = (struct params){0};
    read_wanted(source, object, &wanted);
    if (wanted.table || wanted.use_table)
        return read_entry_table(source, spec, object, &wanted, params) &&
                       source->problems->errors == errors
                   ? 1
                   : -1;
    map = json_is_null(map) ? NULL : map;
    if (map || wanted.use.count) {
        reserve(source, params, wanted.use.count + json_object_size(map));
        inherit(source, spec, &wanted.use, params);
        source_down_key(source, "parameters");
        if (map)
            read_map(source, spec, map, params);
        params->mode = (enum param_mode)wanted.mode;
        if (source->problems->errors == errors && params_count(params, &count, &err))
            source_error_key(source, "%s", err.text);
        source_up(source);
    }
    return source->problems->errors > errors ? -1 : params->count > 0;
}

// ---- the workflow's ----

// The value of a key at the top, or NULL; source goes there.
static json_t *load_top(struct source *source, const char *key)
{
    struct json_step step = {.key = key};
    const struct json_text *json = &source->json;
    source_go_top(source);
    size_t at = memmem(json->text, json->length, key, strlen(key))
                    ? json_find(json, source->base_offset, &step, 1, false)
                    : source->base_offset;
    if (at == source->base_offset || at >= json->length)
        return NULL;
    source_go_key(source, key, at);
    json_t *value =
        json_loadb(json->text + at, json_value_end(json, at) - at, JSON_DECODE_ANY, NULL);
    if (!json_is_null(value))
        return value;
    json_decref(value);
    return NULL;
}

static const char *read_variable(struct source *source, json_t *value)
{
    json_auto_t *written = source->plain ? yaml_as_written(value) : json_incref(value);
    if (json_is_string(written))
        return arena_strdup(source->arena, json_string_value(written));
    source_error(source, "expected text, found %s%s", field_found(source, value),
                 json_is_integer(value) || json_is_boolean(value) ? "; put quotes around it" : "");
    return NULL;
}

// Texts are constant: what one variable says may not depend on another.
static void check_variables(struct source *source, const struct template_names *variables)
{
    for (size_t i = 0; i < variables->count; i++) {
        const char *text = variables->values[i].text;
        if (template_expand(text, variables, source->arena, NULL) == text)
            continue;
        source_down_key(source, variables->names[i]);
        source_error(source, "the value of a variable may not name a variable");
        source_up(source);
    }
}

static void read_variables(struct source *source, struct spec *spec, json_t *map)
{
    const char *name;
    json_t *value;
    size_t most = json_object_size(map), count = 0;
    if (!json_is_object(map)) {
        source_error(source, "expected an object of names and texts, found %s",
                     field_found(source, map));
        return;
    }
    const char **names = arena_alloc(source->arena, (most + 1) * sizeof *names);
    struct param_value *values = arena_alloc(source->arena, (most + 1) * sizeof *values);
    json_object_foreach(map, name, value) {
        source_down_key(source, name);
        const char *text = json_is_null(value) || !check_name(source, spec, name)
                               ? NULL
                               : read_variable(source, value);
        source_up(source);
        if (!text)
            continue;
        names[count] = arena_strdup(source->arena, name);
        values[count++].text = text;
    }
    spec->variables =
        (struct template_names){.names = names, .values = values, .count = count, .plain = true};
    check_variables(source, &spec->variables);
}

void spec_params_read_top(struct source *source, struct spec *spec)
{
    json_auto_t *variables = load_top(source, "variables");
    if (variables)
        read_variables(source, spec, variables);
    json_auto_t *map = load_top(source, "parameters");
    if (map) {
        spec_variables_apply(spec, map);
        reserve(source, &spec->params, json_object_size(map));
        read_map(source, spec, map, &spec->params);
    }
    json_auto_t *written = load_top(source, "parameters_file");
    if (!written)
        return;
    json_auto_t *file = source->plain ? yaml_as_written(written) : json_incref(written);
    spec_variables_apply(spec, file);
    if (map)
        source_error_key(
            source, "a workflow has \"parameters\" or a table, not both; leave one of them out");
    else if (!json_is_string(file))
        source_error(source, "expected the path of a table, found %s",
                     field_found(source, written));
    else
        spec->has_table = read_table(source, spec, json_string_value(file), &spec->table);
}

static void apply(const struct template_names *variables, json_t *value, struct arena *arena)
{
    const char *key, *text = json_string_value(value);
    json_t *item;
    size_t i;
    if (text && strchr(text, '{')) {
        const char *replaced = template_expand(text, variables, arena, NULL);
        if (replaced != text)
            json_string_set(value, replaced);
    } else if (json_is_array(value)) {
        json_array_foreach(value, i, item)
            apply(variables, item, arena);
    } else if (json_is_object(value)) {
        json_object_foreach(value, key, item)
            if (strcmp(key, "use_parameters") != 0)
                apply(variables, item, arena);
    }
}

void spec_variables_apply(const struct spec *spec, json_t *value)
{
    if (!spec->variables.count)
        return;
    struct arena *arena = arena_create();
    apply(&spec->variables, value, arena);
    arena_destroy(arena);
}
