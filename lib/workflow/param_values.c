// SPDX-License-Identifier: GPL-2.0-or-later
// Values of parameters: from text, from lists of JSON and YAML, and from files.
#include "lib/workflow/param_values.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/text.h"
#include "lib/base/text_file.h"
#include "lib/text/yaml.h"
#include "lib/text/yaml_value.h"
#include "lib/workflow/spec_fields.h"

// A plain scalar of YAML: a number only when it is written as one prints it in decimal; 010 and
// 0x1f are text.
static struct param_value plain_value(const char *scalar, struct arena *arena)
{
    const char *digits = scalar + (*scalar == '-' || *scalar == '+');
    bool zeros =
        digits[0] == '0' && digits[1] && digits[1] != '.' && digits[1] != 'e' && digits[1] != 'E';
    enum yaml_type type = yaml_type(scalar);
    errno = 0;
    if (!zeros && type == YAML_INTEGER) {
        long long integer = strtoll(scalar, NULL, 10);
        if (!errno)
            return param_value_integer(integer, arena);
    }
    double number = !zeros && type == YAML_FLOAT ? strtod(scalar, NULL) : (double)NAN;
    return isfinite(number) ? param_value_float(number, arena) : param_value_text(scalar);
}

// One value of a native list, or a native scalar.
static bool read_native(struct source *source, json_t *value, struct param_value *into)
{
    struct arena *arena = source->arena;
    if (source->plain && yaml_is_plain(value))
        *into = plain_value(arena_strdup(arena, json_string_value(value) + 1), arena);
    else if (json_is_string(value))
        *into = param_value_text(arena_strdup(arena, json_string_value(value)));
    else if (json_is_integer(value))
        *into = param_value_integer(json_integer_value(value), arena);
    else if (json_is_real(value))
        *into = param_value_float(json_real_value(value), arena);
    else if (json_is_boolean(value))
        *into = param_value_text(json_is_true(value) ? "true" : "false");
    else
        source_error(source, "expected a number or text, found %s", field_found(source, value));
    return json_is_string(value) || json_is_number(value) || json_is_boolean(value);
}

static bool read_list(struct source *source, json_t *list, struct param_list *into)
{
    size_t count = json_array_size(list), good = 0;
    if (!count) {
        source_error(source, "the list is empty, so that there would be nothing to run");
        return false;
    }
    struct param_value *values = arena_alloc(source->arena, count * sizeof *values);
    for (size_t i = 0; i < count; i++) {
        source_down_index(source, i);
        good += read_native(source, json_array_get(list, i), &values[i]);
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

// Quotes around all of it make a line a text, as they do an item of a list.
static struct param_value line_value(const char *line, size_t length, struct arena *arena)
{
    struct param_value value;
    bool quotes = length > 1 && (*line == '"' || *line == '\'') &&
                  memchr(line + 1, *line, length - 1) == line + length - 1;
    if (quotes)
        return param_value_text(arena_strndup(arena, line + 1, length - 2));
    param_value_scan(arena_strndup(arena, line, length), arena, &value);
    return value;
}

static bool read_file(struct source *source, const char *path, struct param_list *into)
{
    cleanup_free char *text = NULL;
    cleanup_free struct param_value *values = NULL;
    size_t length, count = 0, space = 0;
    if (!param_file_read(source, path, &text, &length))
        return false;
    for (char *line = text, *next; line; line = next) {
        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        line += strspn(line, " \t\r");
        size_t end = strlen(line);
        while (end && strchr(" \t\r", line[end - 1]))
            end--;
        if (!end || *line == '#')
            continue;
        values = array_grow(values, count, &space, sizeof *values);
        values[count++] = line_value(line, end, source->arena);
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
    return read_native(source, value, one);
}
