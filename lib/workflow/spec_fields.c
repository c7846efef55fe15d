// SPDX-License-Identifier: GPL-2.0-or-later
// Goes through the keys of an object by its table; what each value is, its reader knows.
#include "lib/workflow/spec_fields.h"

#include <string.h>

#include "lib/base/mem.h"
#include "lib/text/foreign_words.h"
#include "lib/text/yaml_value.h"
#include "lib/workflow/spec.h"
#include "lib/workflow/spec_values.h"

// Which fields take YAML's plain scalars for numbers and truth values; objects leave it to their
// own fields, all others take the text that was written.
static json_t *settle(struct source *source, json_t *value, enum field_type type)
{
    enum how { AS_WRITTEN, SETTLED, LEFT };
    static const enum how hows[] = {
        [FIELD_FLAG] = SETTLED, [FIELD_COUNT] = SETTLED,    [FIELD_GPUS] = SETTLED,
        [FIELD_JSON] = SETTLED, [FIELD_METADATA] = SETTLED, [FIELD_STDIO] = LEFT,
        [FIELD_OBJECT] = LEFT,  [FIELD_NO_EFFECT] = LEFT,   [FIELD_NUMBER] = SETTLED,
        [FIELD_OWN] = LEFT,
    };
    if (!source->plain || hows[type] == LEFT)
        return json_incref(value);
    return hows[type] == SETTLED ? yaml_settle(value) : yaml_as_written(value);
}

void field_read(struct source *source, json_t *value, const struct field *field, void *into)
{
    json_auto_t *settled = settle(source, value, field->type);
    union {
        struct texts texts;
        struct spec_stdio stdio;
        double number;
        int64_t count;
        const char *text;
    } nobody = {0};
    field_readers[field->type](source, settled, field,
                               field->unused ? (char *)&nobody : (char *)into + field->offset);
}

const struct field *field_named(const char *key, const struct field_table *table)
{
    for (size_t i = 0; i < table->count; i++)
        if (*key == *table->fields[i].name && !strcmp(key, table->fields[i].name))
            return &table->fields[i];
    return NULL;
}

const struct field *field_find(struct source *source, const char *key,
                               const struct field_table *table)
{
    const struct field *field = field_named(key, table);
    if (field)
        return field;
    enum { LISTED = 10 }; // a short table is shown whole
    const char *all = "";
    cleanup_free const char **names = xcalloc(table->count, sizeof *names);
    for (size_t i = 0; i < table->count; i++)
        names[i] = table->fields[i].name;
    for (size_t i = 0; i < table->count && table->count <= LISTED; i++)
        all = arena_printf(source->arena, "%s%s%s", i ? all : "; the keys here are ", i ? ", " : "",
                           names[i]);
    const char *meant = foreign_word_meant(key, names, table->count);
    source_down_key(source, key);
    if (meant)
        source_error_key(source, "unknown key; it is \"%s\" here", meant);
    else
        source_error_key(source, "unknown key%s",
                         source_suggest(source, key, names, table->count, all));
    source_up(source);
    return NULL;
}

static const struct field *find_leniently(struct source *source, const char *key,
                                          const struct field_table *table)
{
    const struct field *field = field_named(key, table);
    if (field)
        return field;
    source_down_key(source, key);
    source_warning(source, "unknown key, without effect");
    source_up(source);
    return NULL;
}

void fields_read(struct source *source, json_t *object, const struct field_table *table, void *into)
{
    const char *key;
    json_t *value;
    if (!json_is_object(object)) {
        bool tight =
            source->plain && json_is_string(object) && strchr(json_string_value(object), ':');
        source_error(source, "expected an object, found %s%s", field_found(source, object),
                     tight ? "; YAML wants a blank behind the colon of a key" : "");
        return;
    }
    json_object_foreach(object, key, value) {
        const struct field *field =
            table->lenient ? find_leniently(source, key, table) : field_find(source, key, table);
        if (!field || json_is_null(value))
            continue;
        source_down_key(source, key);
        field_read(source, value, field, into);
        source_up(source);
    }
    for (size_t i = 0; i < table->count; i++) {
        const json_t *found =
            table->fields[i].required ? json_object_get(object, table->fields[i].name) : NULL;
        if (table->fields[i].required && (!found || json_is_null(found)))
            source_error(source, "\"%s\" is missing", table->fields[i].name);
    }
}
