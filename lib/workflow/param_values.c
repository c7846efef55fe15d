// SPDX-License-Identifier: GPL-2.0-or-later
// Values of parameters: from text, from lists of JSON and YAML, and from files.
#include "lib/workflow/param_values.h"

#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/text.h"
#include "lib/base/text_file.h"
#include "lib/text/yaml_value.h"
#include "lib/workflow/spec_fields.h"

// One value of a native list, or a native scalar; a number of JSON stands at `offset`.
static bool read_native(struct source *source, json_t *value, size_t offset,
                        struct param_value *into)
{
    struct arena *arena = source->arena;
    const struct json_text *json = &source->json;
    if (json_is_string(value))
        into->text =
            arena_strdup(arena, json_string_value(value) + (source->plain && yaml_is_plain(value)));
    else if (json_is_number(value))
        into->text =
            arena_strndup(arena, json->text + offset, json_value_end(json, offset) - offset);
    else if (json_is_boolean(value))
        into->text = json_is_true(value) ? "true" : "false";
    else
        source_error(source, "expected a number or text, found %s", field_found(source, value));
    return json_is_string(value) || json_is_number(value) || json_is_boolean(value);
}

static bool read_list(struct source *source, json_t *list, struct param_list *into)
{
    size_t count = json_array_size(list), good = 0;
    struct json_items items;
    struct json_item item = {0};
    if (!count) {
        source_error(source, "the list is empty, so that there would be nothing to run");
        return false;
    }
    struct param_value *values = arena_alloc(source->arena, count * sizeof *values);
    bool open = json_items_open(&source->json, source_offset(source), &items);
    for (size_t i = 0; i < count; i++) {
        source_down_index(source, i);
        if (open && json_items_next(&source->json, &items, &item) > 0)
            good += read_native(source, json_array_get(list, i), item.value, &values[i]);
        source_up(source);
    }
    *into = (struct param_list){.values = values, .count = count};
    return good == count;
}

// Is it text from end to end?
static bool check_utf8(struct source *source, const char *path, const char *text, size_t length)
{
    size_t line = 1;
    const char *at = text, *from = text;
    for (uint32_t c; at < text + length; line += c == '\n', from = at) {
        c = text_next(&at);
        if (c && !(c == TEXT_REPLACEMENT && at == from + 1))
            continue;
        source_error(source, "%s: line %zu: the byte 0x%02x is not UTF-8; save the file as UTF-8",
                     path, line, (unsigned char)*from);
        return false;
    }
    return true;
}

bool param_file_read(struct source *source, const char *path, char **text, size_t *length)
{
    struct error err;
    static const char mark[] = "\xef\xbb\xbf";
    *text = NULL;
    if (text_file_read(path, text, length, &err)) {
        source_error(source, "%s; paths are relative to the current folder", err.text);
        return false;
    }
    if (!strncmp(*text, mark, sizeof mark - 1)) {
        *length -= sizeof mark - 1;
        memmove(*text, *text + sizeof mark - 1, *length + 1);
    }
    return check_utf8(source, path, *text, *length);
}

// Quotes around all of a line are not part of its value, as those of an item of a list are not.
static const char *line_value(const char *line, size_t length, struct arena *arena)
{
    bool quotes = length > 1 && (*line == '"' || *line == '\'') &&
                  memchr(line + 1, *line, length - 1) == line + length - 1;
    return quotes ? arena_strndup(arena, line + 1, length - 2) : arena_strndup(arena, line, length);
}

static bool read_file(struct source *source, const char *path, struct param_list *into)
{
    cleanup_free char *text = NULL;
    cleanup_free struct param_value *values = NULL;
    size_t length, number = 0, count = 0, space = 0;
    if (!param_file_read(source, path, &text, &length))
        return false;
    for (char *line = text, *next; line; line = next) {
        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        number++;
        line += strspn(line, " \t\r");
        size_t end = strlen(line);
        while (end && strchr(" \t\r", line[end - 1]))
            end--;
        if (memchr(line, '\r', end)) {
            source_error(source,
                         "%s: line %zu ends in CR alone, as on old Macs; save the file with line "
                         "ends of LF",
                         path, number);
            return false;
        }
        if (!end || *line == '#')
            continue;
        values = array_grow(values, count, &space, sizeof *values);
        values[count++].text = line_value(line, end, source->arena);
    }
    if (!count) {
        source_error(source, "the file %s has no values, so that there would be nothing to run",
                     path);
        return false;
    }
    struct param_value *kept = arena_alloc(source->arena, count * sizeof *kept);
    memcpy(kept, values, count * sizeof *kept);
    *into = (struct param_list){.values = kept, .count = count};
    return true;
}

bool param_values_read(struct source *source, json_t *value, struct param_list *list)
{
    struct error err;
    const char *text = source->plain && yaml_is_plain(value) ? NULL : json_string_value(value);
    if (json_is_array(value))
        return read_list(source, value, list);
    if (text && *text == '@')
        return read_file(source, text + 1, list);
    if (text && param_list_parse(text, source->arena, list, &err)) {
        source_error(source, "%s", err.text);
        return false;
    }
    if (text)
        return true;
    struct param_value *one = arena_alloc(source->arena, sizeof *one);
    *list = (struct param_list){.values = one, .count = 1};
    return read_native(source, value, source_offset(source), one);
}
