// SPDX-License-Identifier: GPL-2.0-or-later
// One reader per type of field; each says what it found and what it expected.
#include "lib/workflow/spec_values.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "lib/base/duration.h"
#include "lib/base/mem.h"
#include "lib/base/signals.h"
#include "lib/base/size.h"
#include "lib/base/text.h"
#include "lib/text/amend.h"
#include "lib/text/substitute.h"
#include "lib/text/yaml_value.h"
#include "lib/workflow/spec.h"

enum { NAME_LONGEST = 1024 };

// "{i}" without its quotes is an object in YAML, with a key and no value.
static bool is_brace_text(const struct source *source, json_t *object)
{
    const json_t *only = json_object_iter_value(json_object_iter(object));
    const char *text = json_string_value(only);
    bool empty = json_is_null(only) || (text && !text[yaml_is_plain(only)]);
    return source->plain && json_object_size(object) == 1 && empty;
}

const char *field_found(struct source *source, json_t *value)
{
    if (source->plain && yaml_is_plain(value)) {
        json_auto_t *settled = yaml_settle(value);
        return field_found(source, settled);
    }
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return is_brace_text(source, value)
                   ? "an object; in YAML a text that begins with { needs quotes around it"
                   : "an object";
    case JSON_ARRAY:
        return "a list";
    case JSON_STRING:
        return source_quote(source, json_string_value(value));
    case JSON_INTEGER:
        return arena_printf(source->arena, "the number %" JSON_INTEGER_FORMAT,
                            json_integer_value(value));
    case JSON_REAL:
        return arena_printf(source->arena, "the number %.17g", json_real_value(value));
    case JSON_TRUE:
        return "true";
    case JSON_FALSE:
        return "false";
    case JSON_NULL:
        return "null";
    }
    return "nothing";
}

static void expected(struct source *source, const char *what, json_t *value)
{
    source_error(source, "expected %s, found %s", what, field_found(source, value));
}

// What is a text once it has quotes: a number, true or false.
static void expected_text(struct source *source, json_t *value)
{
    bool bare = json_is_integer(value) || json_is_boolean(value);
    source_error(source, "expected text, found %s%s", field_found(source, value),
                 bare ? "; put quotes around it" : "");
}

static const char *keep_text(struct source *source, const json_t *value)
{
    return arena_strndup(source->arena, json_string_value(value), json_string_length(value));
}

// With as few digits as say the same: 0.1 stays 0.1.
static const char *keep_json(struct source *source, json_t *value)
{
    enum { FEWEST = 15, MOST = 17 };
    for (size_t digits = FEWEST;; digits++) {
        cleanup_free char *text =
            json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(digits));
        json_auto_t *again = digits < MOST ? json_loads(text, JSON_DECODE_ANY, NULL) : NULL;
        if (digits == MOST || json_equal(again, value))
            return arena_strdup(source->arena, text);
    }
}

static bool is_blank(const char *text)
{
    return !text[strspn(text, " \t\r\n")];
}

static bool check_name(struct source *source, const struct field *field, const char *name)
{
    size_t length = strlen(name);
    bool control = false;
    for (const char *p = name; *p;)
        control |= text_is_control(text_next(&p));
    if (!*name)
        source_error(source, "this must not be empty");
    else if (control)
        source_error(source, "%s: a name has no control characters, no tabs and no line ends",
                     source_quote(source, name));
    else if (length > NAME_LONGEST)
        source_error(source, "the name is %zu bytes long; at most %d are allowed", length,
                     NAME_LONGEST);
    else if (field->type == FIELD_JOB_NAME && *name == '*')
        source_error(source, "%s: names that begin with \"*\" are torc's own",
                     source_quote(source, name));
    else
        return true;
    return false;
}

// What the shell would replace in a path: ~, ~anna, $HOME, ${HOME} or $(date); *length of it. NULL:
// nothing. A $ behind a blank is hardly meant so.
static const char *shell_part(const char *path, size_t *length)
{
    static const char word[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789-";
    *length = *path == '~' ? 1 + strspn(path + 1, word) : 0;
    if (*length && (!path[*length] || path[*length] == '/'))
        return path;
    for (const char *p = path; (p = strchr(p, '$')); p++) {
        *length = 1 + strspn(p + 1, word);
        if (p[1] == '{' || p[1] == '(')
            *length = 1 + strcspn(p + 1, "})") + 1;
        else if (*length == 1 || (p[1] >= '0' && p[1] <= '9') || p[1] == '-' ||
                 (p > path && p[-1] == ' '))
            continue;
        return p;
    }
    return NULL;
}

static bool check_path(struct source *source, const struct field *field, const char *path)
{
    size_t length;
    if (!check_name(source, field, path))
        return false;
    const char *part = shell_part(path, &length);
    if (part)
        source_error(
            source,
            "%s: a path is taken as it stands, no shell sees it; write out what %.*s stands for",
            source_quote(source, path), (int)length, part);
    return !part;
}

static bool label_is_good(const char *label)
{
    size_t length = strlen(label);
    return length && !strchr(label, ',') && !memchr(" \t", label[0], 2) &&
           !memchr(" \t", label[length - 1], 2);
}

bool field_check_text(struct source *source, const struct field *field, const char *text)
{
    if (field->type == FIELD_NAME || field->type == FIELD_JOB_NAME)
        return check_name(source, field, text);
    if (field->type == FIELD_PATH)
        return check_path(source, field, text);
    if (field->type == FIELD_COMMAND && is_blank(text))
        source_error(source, "the command is empty; write \"true\" for a job that does nothing");
    else if (field->type == FIELD_LABELS && !label_is_good(text))
        source_error(source,
                     "%s is no label: a label has at least one character, no comma, and no blank "
                     "at either end",
                     source_quote(source, text));
    else
        return true;
    return false;
}

static void read_text(struct source *source, json_t *value, const struct field *field, void *at)
{
    if (!json_is_string(value) && !strcmp(field->name, "name"))
        expected(source, "a name", value);
    else if (json_is_object(value) && field->extra)
        source_error(source, "expected text, found an object; %s", (const char *)field->extra);
    else if (!json_is_string(value))
        expected_text(source, value);
    else if (field_check_text(source, field, json_string_value(value)))
        *(const char **)at = keep_text(source, value);
}

static void read_texts(struct source *source, json_t *value, const struct field *field, void *at)
{
    struct texts *texts = at;
    size_t count = json_array_size(value);
    if (json_is_string(value)) {
        source_error(source, "expected a list of texts; write [%s]", field_found(source, value));
        return;
    }
    if (!json_is_array(value)) {
        expected(source, "a list of texts", value);
        return;
    }
    texts->items = arena_alloc(source->arena, (count ? count : 1) * sizeof *texts->items);
    texts->count = 0;
    for (size_t i = 0; i < count; i++) {
        json_t *item = json_array_get(value, i);
        const char *text = json_string_value(item);
        source_down_index(source, i);
        if (!text)
            expected_text(source, item);
        else
            field_check_text(source, field, text);
        texts->items[texts->count++] = text ? keep_text(source, item) : NULL;
        source_up(source);
    }
}

static void read_flag(struct source *source, json_t *value, const struct field *field, void *at)
{
    (void)field;
    if (json_is_boolean(value))
        *(bool *)at = json_is_true(value);
    else
        expected(source, "true or false", value);
}

static void read_count(struct source *source, json_t *value, const struct field *field, void *at)
{
    json_int_t number = json_integer_value(value);
    const char *text = json_string_value(value);
    if (text && *text && strspn(text, "0123456789") == strlen(text))
        source_error(source, "expected a whole number, found text; write %s without quotes", text);
    else if (json_is_real(value) && json_real_value(value) > (double)field->most)
        source_error(source, "%g is too large; the most is %lld", json_real_value(value),
                     (long long)field->most);
    else if (json_is_real(value) && fabs(json_real_value(value)) < 1e15 &&
             fmod(json_real_value(value), 1) == 0)
        source_error(source, "expected a whole number without point or exponent; write %.0f",
                     json_real_value(value));
    else if (!json_is_integer(value))
        expected(source, "a whole number", value);
    else if (number < field->least)
        source_error(source, "%" JSON_INTEGER_FORMAT " is too small; the least is %lld", number,
                     (long long)field->least);
    else if (number > field->most)
        source_error(source, "%" JSON_INTEGER_FORMAT " is too large; the most is %lld", number,
                     (long long)field->most);
    else
        *(int32_t *)at = (int32_t)number;
}

static void read_size(struct source *source, json_t *value, const struct field *field, void *at)
{
    int64_t bytes = json_integer_value(value);
    (void)field;
    if (!json_is_integer(value) && !json_is_string(value)) {
        expected(source, "a size such as \"512m\" or \"2g\"", value);
        return;
    }
    if (json_is_string(value) && size_parse(json_string_value(value), &bytes)) {
        cleanup_free char *meant = amend_size(json_string_value(value));
        source_error(source, "%s is not a size; write %s", field_found(source, value),
                     meant ? meant : "512m, 2g, …");
        return;
    }
    if (bytes <= 0) {
        source_error(source, "a size must be more than 0; write 512m, 2g, …");
        return;
    }
    if (bytes < 1 << 20)
        source_warning(source,
                       "%" PRId64 " bytes, less than 1m, is not enough for anything; a number "
                       "without a unit is bytes: write 512m, 2g, …",
                       bytes);
    *(int64_t *)at = bytes;
}

static void refuse_duration(struct source *source, const char *text)
{
    cleanup_free char *meant = amend_duration(text);
    source_error(source, "%s is not a duration; write %s", source_quote(source, text),
                 meant ? meant : "30m, 1h30m, 2d, 01:30:00, PT1H30M, …");
}

static void read_duration(struct source *source, json_t *value, const struct field *field, void *at)
{
    int64_t usec;
    (void)field;
    const char *text = json_string_value(value);
    if (json_is_number(value) || (text && *text && strspn(text, "0123456789") == strlen(text)))
        source_error(source, "%s has no unit; write \"30m\", \"2h\", \"PT1H30M\", …",
                     field_found(source, value));
    else if (!text)
        expected(source, "a duration such as \"30m\" or \"PT1H\"", value);
    else if (duration_parse(text, &usec))
        refuse_duration(source, text);
    else if (usec <= 0)
        source_error(source, "a duration must be more than 0; write 30m, 2h, PT1H30M, …");
    else
        *(int64_t *)at = usec;
}

static void read_gpus(struct source *source, json_t *value, const struct field *field, void *at)
{
    enum { MOST = 1000 };
    double number = json_number_value(value), milli = round(number * 1000);
    (void)field;
    if (!json_is_number(value))
        expected(source, "a number of GPUs", value);
    else if (number < 0 || number > MOST)
        source_error(source, "%g GPUs: expected a number from 0 to %d", number, MOST);
    else if (fabs(number * 1000 - milli) > 1e-6)
        source_error(source,
                     "%.9g GPUs: parts of a GPU are given in thousandths, such as 0.5 or 0.125",
                     number);
    else if (number > 1 && fmod(milli, 1000) != 0)
        source_error(source, "%g GPUs: a job has a part of one GPU, or whole GPUs", number);
    else
        *(int32_t *)at = (int32_t)milli;
}

static void read_number(struct source *source, json_t *value, const struct field *field, void *at)
{
    (void)field;
    if (json_is_number(value))
        *(double *)at = json_number_value(value);
    else
        expected(source, "a number", value);
}

static void read_signal(struct source *source, json_t *value, const struct field *field, void *at)
{
    int number = json_is_string(value) ? signal_find(json_string_value(value)) : 0;
    (void)field;
    if (!json_is_string(value))
        expected(source, "the name of a signal such as \"SIGTERM\"", value);
    else if (!number)
        source_error(source, "%s is no signal that can be sent to a job; write %s",
                     field_found(source, value), SIGNAL_NAMES);
    else
        *(int32_t *)at = number;
}

static void read_choice(struct source *source, json_t *value, const struct field *field, void *at)
{
    const char *const *names = field->extra, *text = json_string_value(value);
    size_t count = 0;
    char *all = arena_strdup(source->arena, "");
    for (; names[count]; count++) {
        if (text && !strcmp(text, names[count])) {
            *(int32_t *)at = (int32_t)count;
            return;
        }
    }
    for (size_t i = 0; i < count; i++)
        all = arena_printf(source->arena, "%s%s\"%s\"", all,
                           !i              ? ""
                           : i + 1 < count ? ", "
                                           : " or ",
                           names[i]);
    source_error(source, "expected %s, found %s", all, field_found(source, value));
}

static bool is_variable_name(const char *name)
{
    const char *rest = name;
    while ((*rest >= 'a' && *rest <= 'z') || (*rest >= 'A' && *rest <= 'Z') || *rest == '_' ||
           (rest > name && *rest >= '0' && *rest <= '9'))
        rest++;
    return rest > name && !*rest;
}

static void read_env(struct source *source, json_t *value, const struct field *field, void *at)
{
    const char *name;
    json_t *item;
    size_t wrong = 0;
    (void)field;
    if (!json_is_object(value)) {
        expected(source, "an object of names and texts", value);
        return;
    }
    void *next;
    json_object_foreach_safe(value, next, name, item) {
        if (json_is_null(item)) { // as good as left out
            json_object_del(value, name);
            continue;
        }
        source_down_key(source, name);
        if (!is_variable_name(name)) {
            source_error_key(source,
                             "%s is no name of an environment variable: letters, digits and _, no "
                             "digit in front",
                             source_quote(source, name));
            wrong++;
        } else if (!json_is_string(item)) {
            expected_text(source, item);
            wrong++;
        } else if (substitute_wanted(json_string_value(item))) {
            source_warning(source, "${files.…} and ${user_data.…} are replaced in \"command\" and "
                                   "\"invocation_script\" only");
        }
        source_up(source);
    }
    if (!wrong && json_object_size(value))
        *(const char **)at = keep_json(source, value);
}

static void read_json(struct source *source, json_t *value, const struct field *field, void *at)
{
    if (field->type == FIELD_METADATA && !json_is_object(value) && !json_is_string(value))
        expected(source, "an object or text", value);
    else
        *(const char **)at = keep_json(source, value);
}

static void read_stdio(struct source *source, json_t *value, const struct field *field, void *at)
{
    static const struct field fields[] = {
        {.name = "mode",
         .type = FIELD_CHOICE,
         .offset = offsetof(struct spec_stdio, mode),
         .extra = stdio_mode_names},
        {.name = "delete_on_success",
         .type = FIELD_FLAG,
         .offset = offsetof(struct spec_stdio, delete_on_success)},
    };
    static const struct field_table table = {.fields = fields,
                                             .count = sizeof fields / sizeof *fields};
    struct spec_stdio *stdio = at;
    (void)field;
    stdio->set = true;
    fields_read(source, value, &table, stdio);
}

static void read_object(struct source *source, json_t *value, const struct field *field, void *at)
{
    fields_read(source, value, field->extra, (char *)at - field->offset);
}

static void read_own(struct source *source, json_t *value, const struct field *field, void *at)
{
    field->read(source, value, field, at);
}

static void read_nothing(struct source *source, json_t *value, const struct field *field, void *at)
{
    (void)source, (void)value, (void)field, (void)at;
}

field_reader *const field_readers[] = {
    [FIELD_TEXT] = read_text,     [FIELD_COMMAND] = read_text,  [FIELD_NAME] = read_text,
    [FIELD_JOB_NAME] = read_text, [FIELD_TEXTS] = read_texts,   [FIELD_LABELS] = read_texts,
    [FIELD_FLAG] = read_flag,     [FIELD_SCRIPT] = read_text,   [FIELD_REGEXES] = read_texts,
    [FIELD_COUNT] = read_count,   [FIELD_SIZE] = read_size,     [FIELD_DURATION] = read_duration,
    [FIELD_GPUS] = read_gpus,     [FIELD_SIGNAL] = read_signal, [FIELD_CHOICE] = read_choice,
    [FIELD_ENV] = read_env,       [FIELD_JSON] = read_json,     [FIELD_METADATA] = read_json,
    [FIELD_STDIO] = read_stdio,   [FIELD_OBJECT] = read_object, [FIELD_NO_EFFECT] = read_nothing,
    [FIELD_NUMBER] = read_number, [FIELD_OWN] = read_own,       [FIELD_PATH] = read_text,
};
