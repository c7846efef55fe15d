// SPDX-License-Identifier: GPL-2.0-or-later
// A strict walk over JSON text, without recursion: brackets are kept on a stack of their own.
#include "lib/text/json_syntax.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/names.h"

struct walk {
    const struct json_text *json;
    struct json_fault *fault;
    size_t at;
    size_t open[JSON_DEEPEST]; // offsets of the brackets that are open
    size_t depth;
};

__attribute__((format(printf, 3, 4))) static int fail(struct walk *walk, size_t at,
                                                      const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    vsnprintf(walk->fault->text, sizeof walk->fault->text, format, ap);
    va_end(ap);
    walk->fault->offset = at;
    return -1;
}

// The next byte, or '\0' at the end.
static char peek(const struct walk *walk, size_t ahead)
{
    return walk->at + ahead < walk->json->length ? walk->json->text[walk->at + ahead] : '\0';
}

static int fail_at_end(struct walk *walk)
{
    struct json_places places = {0};
    if (!walk->depth)
        return fail(walk, walk->at, "the file ends here, where a value was expected");
    size_t open = walk->fault->open = walk->open[walk->depth - 1];
    struct json_place place = json_place_of(walk->json, open, &places);
    json_places_fini(&places);
    return fail(walk, walk->at,
                "the file ends here, but the %c of line %d, column %d is not closed",
                walk->json->text[open], place.line, place.column);
}

// How many bytes the UTF-8 character at `at` has; 0 when it is none.
static size_t utf8_length(const struct walk *walk)
{
    const unsigned char *p = (const unsigned char *)walk->json->text + walk->at;
    size_t left = walk->json->length - walk->at, length = *p < 0x80    ? 1
                                                          : *p >= 0xf0 ? 4
                                                          : *p >= 0xe0 ? 3
                                                                       : 2;
    if (*p >= 0x80 && (*p < 0xc2 || *p > 0xf4 || length > left))
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    if ((*p == 0xe0 && p[1] < 0xa0) || (*p == 0xed && p[1] > 0x9f) || (*p == 0xf0 && p[1] < 0x90) ||
        (*p == 0xf4 && p[1] > 0x8f))
        return 0;
    return length;
}

static int hex4(const struct walk *walk, size_t ahead)
{
    int value = 0;
    for (size_t i = 0; i < 4; i++) {
        char c = peek(walk, ahead + i);
        if (!isxdigit((unsigned char)c))
            return -1;
        value = value * 16 +
                (isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10);
    }
    return value;
}

static int check_unicode_escape(struct walk *walk)
{
    int code = hex4(walk, 2), low;
    if (code < 0)
        return fail(walk, walk->at, "\\u needs four hexadecimal digits behind it");
    if (code == 0)
        return fail(walk, walk->at, "text cannot hold the character \\u0000");
    walk->at += 6;
    if (code < 0xd800 || code > 0xdfff)
        return 0;
    low = peek(walk, 0) == '\\' && peek(walk, 1) == 'u' ? hex4(walk, 2) : -1;
    if (code > 0xdbff || low < 0xdc00 || low > 0xdfff)
        return fail(walk, walk->at - 6,
                    "\\u%04x is half of a pair of escapes, and the other half is missing", code);
    walk->at += 6;
    return 0;
}

static int check_escape(struct walk *walk)
{
    char c = peek(walk, 1);
    if (c == 'u')
        return check_unicode_escape(walk);
    if (!c || !strchr("\"\\/bfnrt", c))
        return fail(walk, walk->at, "\\%c is no escape in JSON; write \\\\ for a backslash",
                    isprint((unsigned char)c) ? c : '?');
    walk->at += 2;
    return 0;
}

static int check_text(struct walk *walk)
{
    size_t start = walk->at++;
    while (walk->at < walk->json->length) {
        unsigned char c = (unsigned char)walk->json->text[walk->at];
        if (c == '"') {
            walk->at++;
            return 0;
        }
        if (c == '\n' || c == '\r')
            return fail(
                walk, start,
                "this text has no closing quote on its line; write \\n for a line end inside text");
        if (c < 0x20)
            return fail(walk, walk->at, "the control character 0x%02x inside text%s", c,
                        c == '\t' ? "; write \\t" : "");
        if (c == '\\' && check_escape(walk))
            return -1;
        if (c == '\\')
            continue;
        size_t length = utf8_length(walk);
        if (!length)
            return fail(walk, walk->at, "the byte 0x%02x is not UTF-8 here; save the file as UTF-8",
                        c);
        walk->at += length;
    }
    return fail(walk, start, "this text has no closing quote");
}

static size_t digits(const struct walk *walk, size_t ahead)
{
    size_t count = 0;
    while (isdigit((unsigned char)peek(walk, ahead + count)))
        count++;
    return count;
}

static int check_number(struct walk *walk)
{
    size_t length = peek(walk, 0) == '-', whole = digits(walk, length), start = walk->at;
    bool good = whole == 1 || (whole > 1 && peek(walk, length) != '0'), real = false;
    length += whole;
    if (peek(walk, length) == '.') {
        size_t decimals = digits(walk, length + 1);
        good &= decimals > 0;
        length += 1 + decimals;
        real = true;
    }
    if (tolower((unsigned char)peek(walk, length)) == 'e') {
        length += 1 + (peek(walk, length + 1) == '-' || peek(walk, length + 1) == '+');
        good &= digits(walk, length) > 0;
        length += digits(walk, length);
        real = true;
    }
    if (!good)
        return fail(
            walk, start,
            "this is no number in JSON: no 0 in front, and digits on both sides of the point");
    cleanup_free char *text = xstrndup(walk->json->text + start, length);
    errno = 0;
    double value = real ? strtod(text, NULL) : (double)strtoll(text, NULL, 10);
    if (errno == ERANGE && (!real || value > 1 || value < -1))
        return fail(walk, start, "this number is too large");
    walk->at += length;
    return 0;
}

// Something that is no value: says what it looks like.
static int fail_at_value(struct walk *walk, const char *wanted)
{
    char c = peek(walk, 0);
    size_t length = 0;
    while (walk->at + length < walk->json->length &&
           !strchr(",]}[{:\"' \t\r\n", peek(walk, length)))
        length++;
    if (walk->at >= walk->json->length)
        return fail_at_end(walk);
    if (c == '\'')
        return fail(walk, walk->at, "JSON has \"…\" around text, not '…'");
    if (c == '#' || (c == '/' && (peek(walk, 1) == '/' || peek(walk, 1) == '*')))
        return fail(walk, walk->at,
                    "JSON has no comments; remove it, or use \"description\" or \"metadata\", or "
                    "name the file .json5");
    if (isalpha((unsigned char)c) || c == '_')
        return fail(walk, walk->at,
                    "expected %s, found %.*s; text and keys need quotes, and true, false and null "
                    "are lower-case",
                    wanted, (int)(length < 30 ? length : 30), walk->json->text + walk->at);
    if ((unsigned char)c >= 0x80 && utf8_length(walk))
        return fail(walk, walk->at,
                    "expected %s, found %.*s; text and keys need plain quotes, \"…\"", wanted,
                    (int)utf8_length(walk), walk->json->text + walk->at);
    if ((unsigned char)c < 0x20 || (unsigned char)c >= 0x7f)
        return fail(walk, walk->at, "expected %s, found the byte 0x%02x", wanted, (unsigned char)c);
    return fail(walk, walk->at, "expected %s, found %c", wanted, c);
}

static int check_word(struct walk *walk)
{
    static const char *const words[] = {"true", "false", "null"};
    size_t left = walk->json->length - walk->at;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t length = strlen(words[i]);
        if (length > left || memcmp(walk->json->text + walk->at, words[i], length) != 0 ||
            isalnum((unsigned char)peek(walk, length)))
            continue;
        walk->at += length;
        return 0;
    }
    return fail_at_value(walk, "a value");
}

static void skip_space(struct walk *walk)
{
    walk->at = json_skip_space(walk->json, walk->at);
}

// A key and its colon.
static int check_key(struct walk *walk)
{
    if (peek(walk, 0) != '"')
        return fail_at_value(walk, "a key in quotes");
    if (check_text(walk))
        return -1;
    skip_space(walk);
    if (peek(walk, 0) != ':')
        return fail_at_value(walk, "a colon behind the key");
    walk->at++;
    return 0;
}

static bool is_object(const struct walk *walk)
{
    return walk->depth && walk->json->text[walk->open[walk->depth - 1]] == '{';
}

// A value, or the bracket that begins one. *complete: whether it has ended.
static int check_value(struct walk *walk, bool *complete)
{
    char c = peek(walk, 0);
    *complete = true;
    if (c == '"')
        return check_text(walk);
    if (c == '-' || isdigit((unsigned char)c))
        return check_number(walk);
    if (c != '{' && c != '[')
        return check_word(walk);
    if (walk->depth == JSON_DEEPEST)
        return fail(walk, walk->at, "brackets are nested more than %d deep", JSON_DEEPEST);
    walk->open[walk->depth++] = walk->at++;
    skip_space(walk);
    *complete = peek(walk, 0) == (c == '{' ? '}' : ']');
    if (*complete) {
        walk->depth--;
        walk->at++;
    }
    return 0;
}

// What may follow a value: closing brackets, then a comma or the end.
static int check_after(struct walk *walk)
{
    for (skip_space(walk); walk->depth; skip_space(walk)) {
        char close = is_object(walk) ? '}' : ']';
        char wanted[] = "a comma or ?";
        wanted[sizeof wanted - 2] = close;
        if (peek(walk, 0) == ',') {
            size_t comma = walk->at++;
            skip_space(walk);
            if (peek(walk, 0) == close)
                return fail(walk, comma, "JSON has no comma before %c; remove it", close);
            return 0;
        }
        if (peek(walk, 0) == '"' || peek(walk, 0) == '{' || (peek(walk, 0) == '[' && close == ']'))
            return fail(walk, walk->at, "a comma is missing before this");
        if (peek(walk, 0) != close)
            return fail_at_value(walk, wanted);
        walk->at++;
        walk->depth--;
    }
    return walk->at < walk->json->length
               ? fail(walk, walk->at, "the file goes on after its last bracket")
               : 0;
}

int json_check(const struct json_text *json, struct json_fault *fault)
{
    cleanup_free struct walk *walk = xcalloc(1, sizeof *walk);
    walk->json = json;
    walk->fault = fault;
    fault->open = SIZE_MAX;
    bool complete = true;
    do {
        skip_space(walk);
        if (is_object(walk)) {
            if (check_key(walk))
                return -1;
            skip_space(walk);
        }
        if (check_value(walk, &complete) || (complete && check_after(walk)))
            return -1;
    } while (walk->depth);
    return 0;
}

void json_find_duplicates(const struct json_text *json, size_t at, json_duplicate found,
                          void *context)
{
    struct json_items items;
    struct json_item item;
    struct names keys;
    if (!json_items_open(json, at, &items))
        return;
    names_init(&keys);
    while (json_items_next(json, &items, &item) > 0) {
        char *key = item.key_length ? xstrndup(json->text + item.key, item.key_length) : NULL;
        if (names_add(&keys, key) != keys.count - 1)
            found(context, item.key, item.key_length);
        json_find_duplicates(json, item.value, found, context); // the caller says that this ends
    }
    for (size_t i = 0; i < keys.count; i++)
        free((char *)keys.list[i]);
    names_fini(&keys);
}
