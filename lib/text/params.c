// SPDX-License-Identifier: GPL-2.0-or-later
// Ranges in decimal, lists with quotes, and the instances of several parameters.
#include "lib/text/params.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/mem.h"

enum { DIGITS_MOST = 18 }; // of a number in a range: what 64 bits hold

struct decimal { // units * 10^-decimals
    int64_t units;
    int decimals;
    bool is_float; // it has a point or an exponent
};

static int scale(struct decimal *decimal, int decimals)
{
    for (; decimal->decimals < decimals; decimal->decimals++)
        if (__builtin_mul_overflow(decimal->units, 10, &decimal->units))
            return -1;
    return 0;
}

// [eE] [-+]? digits, up to `end`: -1 when it is none.
static int parse_exponent(const char *text, const char *end, int *exponent)
{
    bool minus = text + 1 < end && text[1] == '-',
         sign = minus || (text + 1 < end && text[1] == '+');
    const char *digits = text + 1 + sign;
    *exponent = 0;
    if (digits == end || end - digits > 3)
        return -1;
    for (; digits < end && isdigit((unsigned char)*digits); digits++)
        *exponent = *exponent * 10 + (*digits - '0');
    *exponent = minus ? -*exponent : *exponent;
    return digits == end ? 0 : -1;
}

// [-+]? digits [. digits] exponent?, blanks around it; 0, or -1 when `text` up to `end` is no such
// number of up to 18 digits. With more decimals than that, or fewer than none, the number is too
// long for a range, which the caller sees.
static int parse_decimal(const char *text, const char *end, struct decimal *decimal)
{
    int digits = 0, decimals = -1, exponent = 0;
    int64_t units = 0;
    while (text < end && isspace((unsigned char)*text))
        text++;
    while (text < end && isspace((unsigned char)end[-1]))
        end--;
    bool minus = text < end && *text == '-', any = false;
    if (text < end && (*text == '-' || *text == '+'))
        text++;
    for (; text < end && *text != 'e' && *text != 'E'; text++) {
        if (*text == '.' && decimals < 0) {
            decimals = 0;
        } else if (isdigit((unsigned char)*text) && digits < DIGITS_MOST) {
            any = true;
            units = units * 10 + (*text - '0');
            digits += units > 0;
            decimals += decimals >= 0;
        } else {
            return -1;
        }
    }
    bool has_exponent = text < end;
    if (!any || (has_exponent && parse_exponent(text, end, &exponent)))
        return -1;
    *decimal = (struct decimal){minus ? -units : units, (decimals < 0 ? 0 : decimals) - exponent,
                                decimals > 0 || has_exponent};
    if (decimal->decimals < 0 && scale(decimal, 0))
        decimal->decimals = DIGITS_MOST + 1;
    return 0;
}

// 1: a range, into list; 0: no range (a string that merely contains colons); -1: a wrong one.
static int parse_range(const char *text, const char *end, struct param_list *list,
                       struct error *err)
{
    const char *first = memchr(text, ':', (size_t)(end - text));
    const char *second = first ? memchr(first + 1, ':', (size_t)(end - first - 1)) : NULL;
    struct decimal a, b, s = {1, 0, false};
    if (!first || parse_decimal(text, first, &a) ||
        parse_decimal(first + 1, second ? second : end, &b) ||
        (second && parse_decimal(second + 1, end, &s)))
        return 0;
    bool is_float = a.is_float || b.is_float || s.is_float;
    int decimals = a.decimals > b.decimals ? a.decimals : b.decimals;
    decimals = decimals > s.decimals ? decimals : s.decimals;
    int64_t span;
    int length = (int)(end - text);
    if (decimals > DIGITS_MOST || scale(&a, decimals) || scale(&b, decimals) ||
        scale(&s, decimals) || __builtin_sub_overflow(b.units, a.units, &span))
        return error_set(err, ERROR_USAGE, 0, "the range %.*s has numbers of more than 18 digits",
                         length, text);
    if (!s.units)
        return error_set(err, ERROR_USAGE, 0, "the range %.*s has step 0, which leads nowhere",
                         length, text);
    if (span && (span > 0) != (s.units > 0))
        return error_set(err, ERROR_USAGE, 0, "the range %.*s is empty; %s", length, text,
                         second ? "its step leads away from its end"
                                : "to count down, give a step: a:b:-1");
    *list = (struct param_list){
        .start = a.units, .step = s.units, .decimals = decimals, .is_float = is_float};
    list->count = (size_t)(span / s.units) + 1;
    return 1;
}

// Prints a float shortest, so that it reads back the same, without exponent. `size` 40 is enough
// for 1e-15 … 1e15; beyond that the text is cut to what fits.
static void print_float(double number, char *text, size_t size)
{
    int digits = 1;
    char shortest[40];
    for (; digits < 17; digits++) {
        snprintf(shortest, sizeof shortest, "%.*e", digits - 1, number);
        if (strtod(shortest, NULL) == number)
            break;
    }
    snprintf(shortest, sizeof shortest, "%.*e", digits - 1, number);
    int exponent = atoi(strchr(shortest, 'e') + 1), decimals = digits - 1 - exponent;
    snprintf(text, size, "%.*f", decimals > 0 ? decimals : 0, number);
}

struct param_value param_value_text(const char *text)
{
    return (struct param_value){.type = PARAM_TEXT, .text = text};
}

struct param_value param_value_integer(int64_t integer, struct arena *arena)
{
    return (struct param_value){.type = PARAM_INTEGER,
                                .integer = integer,
                                .text = arena_printf(arena, "%" PRId64, integer)};
}

struct param_value param_value_float(double number, struct arena *arena)
{
    char text[400];
    print_float(number, text, sizeof text);
    return (struct param_value){
        .type = PARAM_FLOAT, .number = number, .text = arena_strdup(arena, text)};
}

void param_value_scan(const char *text, struct arena *arena, struct param_value *value)
{
    char *end;
    const char *digits = text + (*text == '-' || *text == '+');
    *value = param_value_text(text);
    if (!isdigit((unsigned char)*digits) && *digits != '.')
        return;
    errno = 0;
    long long integer = strtoll(text, &end, 10);
    if (!*end && !errno) {
        *value = param_value_integer(integer, arena);
        return;
    }
    double number = strtod(text, &end);
    if (!*end && isfinite(number) && !strpbrk(text, "xX"))
        *value = param_value_float(number, arena);
}

// One item of a list from `at` to the next comma or the end; NULL and err, or where it ended.
static const char *parse_item(const char *at, const char *end, struct arena *arena,
                              struct param_value *value, struct error *err)
{
    while (at < end && isspace((unsigned char)*at))
        at++;
    if (at < end && (*at == '\'' || *at == '"')) {
        const char *close = memchr(at + 1, *at, (size_t)(end - at - 1));
        if (!close) {
            error_set(err, ERROR_USAGE, 0, "a quote in the list does not end: %.*s",
                      (int)(end - at), at);
            return NULL;
        }
        *value = param_value_text(arena_strndup(arena, at + 1, (size_t)(close - at - 1)));
        for (at = close + 1; at < end && isspace((unsigned char)*at);)
            at++;
        if (at < end && *at != ',') {
            error_set(err, ERROR_USAGE, 0, "a comma is missing in the list before %.*s",
                      (int)(end - at), at);
            return NULL;
        }
        return at;
    }
    const char *comma = memchr(at, ',', (size_t)(end - at)), *stop = comma ? comma : end,
               *last = stop;
    while (last > at && isspace((unsigned char)last[-1]))
        last--;
    if (last == at) {
        error_set(err, ERROR_USAGE, 0, "an item of the list is empty; write '' for an empty text");
        return NULL;
    }
    param_value_scan(arena_strndup(arena, at, (size_t)(last - at)), arena, value);
    return stop;
}

// The items between the brackets.
static int parse_items(const char *at, const char *end, struct arena *arena,
                       struct param_list *list, struct error *err)
{
    cleanup_free struct param_value *values = NULL;
    size_t count = 0, space = 0;
    for (;; at++) {
        values = array_grow(values, count, &space, sizeof *values);
        at = parse_item(at, end, arena, &values[count], err);
        if (!at)
            return -1;
        count++;
        if (at >= end)
            break;
    }
    struct param_value *kept = arena_alloc(arena, count * sizeof *kept);
    memcpy(kept, values, count * sizeof *kept);
    *list = (struct param_list){.values = kept, .count = count};
    return 0;
}

int param_list_parse(const char *text, struct arena *arena, struct param_list *list,
                     struct error *err)
{
    const char *start = text, *end = text + strlen(text);
    while (start < end && isspace((unsigned char)*start))
        start++;
    while (end > start && isspace((unsigned char)end[-1]))
        end--;
    if (start < end && *start == '[' && end[-1] == ']') {
        const char *inside = start + 1;
        while (inside < end && isspace((unsigned char)*inside))
            inside++;
        if (inside >= end - 1)
            return error_set(err, ERROR_USAGE, 0,
                             "the list is empty, so that there would be nothing to run");
        return parse_items(start + 1, end - 1, arena, list, err);
    }
    bool braces = end - start > 2 && *start == '{' && end[-1] == '}';
    int range = parse_range(start + braces, end - braces, list, err);
    if (range)
        return range < 0 ? -1 : 0;
    struct param_value *value = arena_alloc(arena, sizeof *value);
    param_value_scan(arena_strndup(arena, start, (size_t)(end - start)), arena, value);
    *list = (struct param_list){.values = value, .count = 1};
    return 0;
}

static void range_get(const struct param_list *list, size_t index, struct param_value *value)
{
    int64_t units = list->start + (int64_t)index * list->step;
    if (!list->is_float) {
        *value = (struct param_value){.type = PARAM_INTEGER, .integer = units};
        snprintf(value->buffer, sizeof value->buffer, "%" PRId64, units);
        return;
    }
    uint64_t whole = units < 0 ? -(uint64_t)units : (uint64_t)units, unit = 1;
    for (int i = 0; i < list->decimals; i++)
        unit *= 10;
    *value = (struct param_value){.type = PARAM_FLOAT};
    int length = snprintf(value->buffer, sizeof value->buffer, "%s%" PRIu64 ".%0*" PRIu64,
                          units < 0 ? "-" : "", whole / unit, list->decimals, whole % unit);
    while (length > 0 && value->buffer[length - 1] == '0')
        value->buffer[--length] = '\0';
    if (length > 0 && value->buffer[length - 1] == '.')
        value->buffer[--length] = '\0';
    value->number = strtod(value->buffer, NULL);
}

void param_list_get(const struct param_list *list, size_t index, struct param_value *value)
{
    if (list->values) {
        *value = list->values[index];
        return;
    }
    range_get(list, index, value);
    value->text = value->buffer;
}

int params_count(const struct params *params, size_t *count, struct error *err)
{
    *count = params->count && params->mode == PARAM_ZIP ? params->lists[0].count : 1;
    for (size_t i = 0; i < params->count; i++) {
        size_t own = params->lists[i].count;
        if (params->mode == PARAM_ZIP && own != *count)
            return error_set(err, ERROR_USAGE, 0,
                             "with parameter_mode zip all parameters need the same number of "
                             "values; %s has %zu, %s has %zu",
                             params->names[0], *count, params->names[i], own);
        if (params->mode == PARAM_PRODUCT && __builtin_mul_overflow(*count, own, count))
            *count = SIZE_MAX;
        if (*count > PARAMS_MOST)
            return error_set(
                err, ERROR_USAGE, 0,
                "the parameters make more than %d instances, which is the most there may be",
                PARAMS_MOST);
    }
    return 0;
}

void params_get(const struct params *params, size_t instance, struct param_value *values)
{
    for (size_t i = params->count; i-- > 0;) {
        size_t own = params->lists[i].count;
        param_list_get(&params->lists[i], params->mode == PARAM_ZIP ? instance : instance % own,
                       &values[i]);
        if (!params->lists[i].values)
            values[i].text = values[i].buffer;
        if (params->mode == PARAM_PRODUCT)
            instance /= own;
    }
}
