// SPDX-License-Identifier: GPL-2.0-or-later
// Replaces {parameter} in texts.
#include "lib/text/template.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/mem.h"
#include "lib/text/params.h"

struct brace {                       // {word} or {word:format}
    const char *word, *format, *end; // end: behind the closing brace
    size_t word_length, format_length;
};

struct output {
    char *text;
    size_t length, space;
};

static void put(struct output *out, const char *text, size_t length)
{
    if (!length)
        return;
    if (out->length + length > out->space) {
        out->space = (out->length + length) * 2 + 64;
        out->text = xrealloc(out->text, out->space, 1);
    }
    memcpy(out->text + out->length, text, length);
    out->length += length;
}

static bool parse_brace(const char *at, struct brace *brace)
{
    const char *p = at + 1;
    if (!isalpha((unsigned char)*p) && *p != '_')
        return false;
    *brace = (struct brace){.word = p};
    while (isalnum((unsigned char)*p) || *p == '_')
        p++;
    brace->word_length = (size_t)(p - brace->word);
    if (*p == ':') {
        brace->format = ++p;
        while (*p && *p != '}' && *p != '{' && !isspace((unsigned char)*p))
            p++;
        brace->format_length = (size_t)(p - brace->format);
    }
    brace->end = p + 1;
    return *p == '}';
}

static const struct param_value *find(const struct template_names *names, const struct brace *brace)
{
    for (size_t i = 0; i < names->count; i++)
        if (!strncmp(names->names[i], brace->word, brace->word_length) &&
            !names->names[i][brace->word_length])
            return &names->values[i];
    return NULL;
}

// 0?Nd with integers, .Nf with floats and integers: true when `out` has the text. A format asks for
// a number: what is written like one is one, be it 007 or in quotes.
static bool print_format(const struct brace *brace, const struct param_value *value, char *out,
                         size_t size, enum template_note_kind *kind)
{
    const struct param_number read = param_number(value->text);
    const char *p = brace->format, *end = p + brace->format_length;
    bool zero = p < end && *p == '0', point = p < end && *p == '.';
    int width = 0, digits = 0;
    for (p += point; p < end && isdigit((unsigned char)*p) && digits < 3; p++, digits++)
        width = width * 10 + (*p - '0');
    bool is_int = p + 1 == end && *p == 'd' && !point,
         is_float = p + 1 == end && *p == 'f' && point && digits;
    *kind = is_int || is_float ? TEMPLATE_MISFIT : TEMPLATE_FORMAT;
    if (is_int && read.type == PARAM_INTEGER) {
        snprintf(out, size, zero ? "%0*" PRId64 : "%*" PRId64, width, read.integer);
        return true;
    }
    if (is_float && read.type != PARAM_TEXT) {
        snprintf(out, size, "%.*f", width, read.number);
        return true;
    }
    return false;
}

static void put_escaped(struct output *out, const char *text)
{
    for (; *text; text++) {
        if (strchr("\\^$.|?*+()[]{}-#", *text) || isspace((unsigned char)*text))
            put(out, "\\", 1);
        put(out, text, 1);
    }
}

static void put_value(struct output *out, const struct template_names *names,
                      const struct brace *brace, const struct param_value *value,
                      struct template_note *note)
{
    char formatted[1200];
    const char *text = value->text;
    enum template_note_kind kind;
    if (brace->format && !names->plain) {
        if (print_format(brace, value, formatted, sizeof formatted, &kind))
            text = formatted;
        else if (note && note->kind == TEMPLATE_FINE)
            *note = (struct template_note){kind, brace->word - 1,
                                           (size_t)(brace->end - brace->word) + 1};
    }
    if (names->escape)
        put_escaped(out, text);
    else
        put(out, text, strlen(text));
}

// In ${…} only files and user_data have parameters replaced; ${x} is the shell's.
static bool is_reference(const char *dollar)
{
    return !strncmp(dollar, "${files.", 8) || !strncmp(dollar, "${user_data.", 12);
}

const char *template_expand(const char *text, const struct template_names *names,
                            struct arena *arena, struct template_note *note)
{
    struct output out = {0};
    const char *done = text;
    if (note)
        *note = (struct template_note){0};
    for (const char *p = strchr(text, '{'); p; p = strchr(p, '{')) {
        struct brace brace;
        bool twice =
            p[1] == '{' && parse_brace(p + 1, &brace) && *brace.end == '}' && find(names, &brace);
        if (twice) { // {{p}}: {p}
            put(&out, done, (size_t)(p - done));
            put(&out, p + 1, (size_t)(brace.end - p - 1));
            done = p = brace.end + 1;
            continue;
        }
        if (p > text && p[-1] == '$') {
            const char *close = is_reference(p - 1) ? NULL : strchr(p, '}');
            p = close ? close + 1 : p + 1;
            continue;
        }
        const struct param_value *value =
            p[1] != '{' && parse_brace(p, &brace) ? find(names, &brace) : NULL;
        if (!value) {
            if (note && note->kind == TEMPLATE_FINE && p[1] != '{' && (p == text || p[-1] != '{') &&
                parse_brace(p, &brace))
                *note = (struct template_note){TEMPLATE_UNKNOWN, p, (size_t)(brace.end - p)};
            p++;
            continue;
        }
        put(&out, done, (size_t)(p - done));
        put_value(&out, names, &brace, value, note);
        done = p = brace.end;
    }
    if (done == text) {
        free(out.text);
        return text;
    }
    put(&out, done, strlen(done));
    const char *result = arena_strndup(arena, out.text ? out.text : "", out.length);
    free(out.text);
    return result;
}
