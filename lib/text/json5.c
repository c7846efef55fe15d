// SPDX-License-Identifier: GPL-2.0-or-later
// A lexer for JSON5 that writes JSON.
#include "lib/text/json5.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/text/problem.h"
#include "lib/text/rewrite.h"

struct lexer {
    const char *at, *end, *line_start;
    const char *counted; // up to here the columns of the line are counted
    int line, counted_column;
    struct rewrite *out;
    bool comma;        // read, and written only when something follows it
    bool behind_value; // so that a comma may follow
    int comma_line, comma_column;
    struct problems *problems;
};

// The column of `at`, counted on from the one asked for before, so that a long line is counted
// once.
static int column(struct lexer *lexer, const char *at)
{
    if (lexer->counted < lexer->line_start || lexer->counted > at) {
        lexer->counted = lexer->line_start;
        lexer->counted_column = 1;
    }
    for (; lexer->counted < at; lexer->counted++)
        lexer->counted_column += (*lexer->counted & 0xc0) != 0x80; // characters, not bytes
    return lexer->counted_column;
}

static void error_here(struct lexer *lexer, const char *at, const char *text)
{
    problem_add(lexer->problems, false, lexer->line, column(lexer, at), NULL, "%s", text);
}

// How many bytes of line end stand here: \n, \r\n, \r, U+2028, U+2029; 0: none.
static size_t line_end(const struct lexer *lexer)
{
    const char *p = lexer->at;
    size_t left = (size_t)(lexer->end - p);
    if (*p == '\n')
        return 1;
    if (*p == '\r')
        return left > 1 && p[1] == '\n' ? 2 : 1;
    return left > 2 && !memcmp(p, "\xe2\x80", 2) && (p[2] == '\xa8' || p[2] == '\xa9') ? 3 : 0;
}

// Spaces besides line ends: ASCII ones, U+00A0, the byte order mark.
static size_t blank(const struct lexer *lexer)
{
    const char *p = lexer->at;
    size_t left = (size_t)(lexer->end - p);
    if (*p == ' ' || *p == '\t' || *p == '\v' || *p == '\f')
        return 1;
    if (left > 1 && !memcmp(p, "\xc2\xa0", 2))
        return 2;
    return left > 2 && !memcmp(p, "\xef\xbb\xbf", 3) ? 3 : 0;
}

static void new_line(struct lexer *lexer, size_t count)
{
    lexer->at += count;
    lexer->line++;
    lexer->line_start = lexer->at;
}

static void skip_comment(struct lexer *lexer)
{
    const char *start = lexer->at;
    if (start[1] == '/') {
        while (lexer->at < lexer->end && !line_end(lexer))
            lexer->at++;
        return;
    }
    struct lexer begin = *lexer;
    for (lexer->at += 2; lexer->at < lexer->end;) {
        size_t count = line_end(lexer);
        if (count) {
            new_line(lexer, count);
        } else if (lexer->at + 1 < lexer->end && lexer->at[0] == '*' && lexer->at[1] == '/') {
            lexer->at += 2;
            return;
        } else {
            lexer->at++;
        }
    }
    error_here(&begin, start, "this comment does not end; write */ behind it");
}

static void skip_space(struct lexer *lexer)
{
    while (lexer->at < lexer->end) {
        size_t count;
        if ((count = line_end(lexer)))
            new_line(lexer, count);
        else if ((count = blank(lexer)))
            lexer->at += count;
        else if (lexer->at + 1 < lexer->end && lexer->at[0] == '/' &&
                 (lexer->at[1] == '/' || lexer->at[1] == '*'))
            skip_comment(lexer);
        else
            return;
    }
}

static int hex(char c)
{
    const char *digits = "0123456789abcdef", *found = c ? strchr(digits, c | 0x20) : NULL;
    return found ? (int)(found - digits) : -1;
}

// After a backslash: lexer->at is on the character behind it.
static void put_escape(struct lexer *lexer)
{
    static const char from[] = "bfnrtv0", *const to[] = {"\\b", "\\f",     "\\n",    "\\r",
                                                         "\\t", "\\u000b", "\\u0000"};
    size_t count = line_end(lexer);
    if (count) { // the string goes on in the next line
        new_line(lexer, count);
        return;
    }
    char c = *lexer->at++;
    const char *simple = c ? strchr(from, c) : NULL;
    if (simple) {
        rewrite_put_text(lexer->out, to[simple - from]);
    } else if (c == 'u') { // as in JSON, whose parser checks the digits
        rewrite_put(lexer->out, "\\u", 2);
    } else if (c == 'x') {
        int high = lexer->end - lexer->at >= 2 ? hex(lexer->at[0]) : -1,
            low = high >= 0 ? hex(lexer->at[1]) : -1;
        if (low < 0) {
            error_here(lexer, lexer->at, "\\x needs two hexadecimal digits behind it");
            return;
        }
        char text[8];
        rewrite_put(lexer->out, text,
                    (size_t)snprintf(text, sizeof text, "\\u%04x", (unsigned)(high * 16 + low)));
        lexer->at += 2;
    } else {
        rewrite_put_char(lexer->out, (unsigned char)c);
    }
}

static void read_string(struct lexer *lexer)
{
    struct lexer begin = *lexer;
    char quote = *lexer->at++;
    rewrite_put(lexer->out, "\"", 1);
    while (lexer->at < lexer->end && *lexer->at != quote) {
        if (*lexer->at == '\\' && lexer->at + 1 < lexer->end) {
            lexer->at++;
            put_escape(lexer);
        } else if (*lexer->at == '\n' || *lexer->at == '\r') {
            break;
        } else {
            rewrite_put_char(lexer->out, (unsigned char)*lexer->at++);
        }
    }
    rewrite_put(lexer->out, "\"", 1);
    if (lexer->at < lexer->end && *lexer->at == quote)
        lexer->at++;
    else
        error_here(&begin, begin.at,
                   "this text does not end in its line; close the quotes, or end the line with \\ "
                   "to go on");
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '$' || (c & 0x80);
}

static bool is_key(const struct lexer *lexer, const char *after)
{
    struct problems unheard = {0}; // what is wrong in between is told when it is read
    struct lexer ahead = *lexer;
    ahead.at = after;
    ahead.problems = &unheard;
    skip_space(&ahead);
    problems_fini(&unheard);
    return ahead.at < ahead.end && *ahead.at == ':';
}

// "depends-on:" begins here: gives its end, or NULL.
static const char *odd_key_end(const struct lexer *lexer, const char *p)
{
    while (p < lexer->end && (is_word(*p) || *p == '-' || *p == '.'))
        p++;
    return is_key(lexer, p) ? p : NULL;
}

static void read_word(struct lexer *lexer)
{
    static const char *const values[] = {"true", "false", "null"};
    const char *start = lexer->at, *p = start;
    while (p < lexer->end && is_word(*p))
        p++;
    const char *odd = is_key(lexer, p) ? NULL : odd_key_end(lexer, p);
    if (odd) {
        error_here(lexer, start, "a key that has more than letters, digits, _ and $ needs quotes");
        p = odd;
    }
    size_t count = (size_t)(p - start);
    bool value = false;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        value |= strlen(values[i]) == count && !memcmp(start, values[i], count);
    if (is_key(lexer, p)) {
        rewrite_put(lexer->out, "\"", 1);
        rewrite_put(lexer->out, start, count);
        rewrite_put(lexer->out, "\"", 1);
    } else if (value) {
        rewrite_put(lexer->out, start, count);
    } else if ((count == 8 && !memcmp(start, "Infinity", 8)) ||
               (count == 3 && !memcmp(start, "NaN", 3))) {
        error_here(lexer, start, "no finite number; torc has no use for Infinity and NaN");
        rewrite_put_text(lexer->out, "0");
    } else {
        problem_add(lexer->problems, false, lexer->line, column(lexer, start), NULL,
                    "%.*s is no value; write it in quotes if it is a text",
                    count > 40 ? 40 : (int)count, start);
        rewrite_put_text(lexer->out, "null");
    }
    lexer->at = p;
}

static void put_hex(struct lexer *lexer, const char *digits, const char *end, const char *start)
{
    uint64_t number = 0;
    char text[32];
    if (digits == end)
        error_here(lexer, start, "0x needs hexadecimal digits behind it");
    for (; digits < end; digits++) {
        if (hex(*digits) < 0 || number >> 59) {
            error_here(lexer, start, "no hexadecimal number of up to 15 digits");
            break;
        }
        number = number * 16 + (uint64_t)hex(*digits);
    }
    rewrite_put(lexer->out, text, (size_t)snprintf(text, sizeof text, "%" PRIu64, number));
}

// A number: [+-] 0x…, digits with a dot anywhere and an exponent; the JSON parser checks the
// digits.
static void read_number(struct lexer *lexer)
{
    const char *start = lexer->at, *p = start, *end = start;
    if (*p == '+' || *p == '-')
        end = p + 1;
    while (end < lexer->end && (is_word(*end) || *end == '.' ||
                                ((*end == '+' || *end == '-') && (end[-1] | 0x20) == 'e' &&
                                 !(end - start > 2 && (start[1] | 0x20) == 'x'))))
        end++;
    if (*p == '-')
        rewrite_put(lexer->out, "-", 1);
    if (*p == '+' || *p == '-')
        p++;
    size_t count = (size_t)(end - p);
    lexer->at = end;
    if (count > 1 && p[0] == '0' && (p[1] | 0x20) == 'x') {
        put_hex(lexer, p + 2, end, start);
    } else if (count && (*p == 'I' || *p == 'N')) {
        error_here(lexer, start, "no finite number; torc has no use for Infinity and NaN");
        rewrite_put(lexer->out, "0", 1);
    } else {
        if (count && *p == '.')
            rewrite_put(lexer->out, "0", 1);
        for (; p < end; p++) {
            rewrite_put(lexer->out, p, 1);
            if (*p == '.' && (p + 1 == end || (p[1] | 0x20) == 'e'))
                rewrite_put(lexer->out, "0", 1);
        }
    }
}

// What people write who know comments and texts of another language.
static void read_foreign(struct lexer *lexer)
{
    const char *start = lexer->at;
    if (*start == '#') {
        error_here(lexer, start, "a comment begins with //, not with #");
        while (lexer->at < lexer->end && !line_end(lexer))
            lexer->at++;
        return;
    }
    error_here(lexer, start, "a text stands in \"…\" or in '…', not in `…`");
    rewrite_put_text(lexer->out, "null");
    const char *close = memchr(start + 1, '`', (size_t)(lexer->end - start - 1));
    while (lexer->at < lexer->end && lexer->at != close) {
        size_t count = line_end(lexer);
        if (count)
            new_line(lexer, count);
        else
            lexer->at++;
    }
    lexer->at += close != NULL;
}

static void read_token(struct lexer *lexer)
{
    char c = *lexer->at;
    bool behind_value = lexer->behind_value;
    lexer->behind_value = !strchr("[{:,", c);
    if (c == ',' && !behind_value) {
        error_here(lexer, lexer->at++, "there is nothing before this comma; remove it");
        return;
    }
    if (lexer->comma && c != '}' && c != ']') {
        rewrite_point(lexer->out, lexer->comma_line, lexer->comma_column);
        rewrite_put(lexer->out, ",", 1);
    }
    lexer->comma = false;
    if (c == ',') {
        lexer->comma = true;
        lexer->comma_line = lexer->line;
        lexer->comma_column = column(lexer, lexer->at++);
        return;
    }
    rewrite_point(lexer->out, lexer->line, column(lexer, lexer->at));
    if (c == '"' || c == '\'')
        read_string(lexer);
    else if (c == '+' || c == '-' || c == '.' || (c >= '0' && c <= '9'))
        read_number(lexer);
    else if (is_word(c))
        read_word(lexer);
    else if (c == '#' || c == '`')
        read_foreign(lexer);
    else
        rewrite_put(lexer->out, lexer->at++, 1);
}

int json5_read(const char *text, size_t length, struct rewrite *rewrite, struct problems *problems)
{
    *rewrite = (struct rewrite){0};
    struct lexer lexer = {.at = text,
                          .end = text + length,
                          .line_start = text,
                          .counted = text,
                          .line = 1,
                          .counted_column = 1,
                          .out = rewrite,
                          .problems = problems};
    size_t errors = problems->errors;
    rewrite_put(lexer.out, "", 0);
    for (skip_space(&lexer); lexer.at < lexer.end; skip_space(&lexer))
        read_token(&lexer);
    if (lexer.comma)
        rewrite_put(lexer.out, ",", 1);
    return problems->errors > errors ? -1 : 0;
}
