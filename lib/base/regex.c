// SPDX-License-Identifier: GPL-2.0-or-later
// PCRE2, and nobody else includes it.
#define PCRE2_CODE_UNIT_WIDTH 8
#include "lib/base/regex.h"

#include <ctype.h>
#include <pcre2.h>
#include <string.h>

#include "lib/base/mem.h"

enum { STEPS_MOST = 200000 }; // of backtracking in one name

enum { PREFIX_LONGEST = 64 };

struct regex {
    char prefix[PREFIX_LONGEST]; // with which every match begins: a sweep may have as many regexes
                                 // as jobs
    size_t prefix_length;
    pcre2_code *code;
    pcre2_match_data *data;
    pcre2_match_context *context;
};

// The plain characters behind a ^, escaped ones included, but for one that may be missing.
static void find_prefix(struct regex *regex, const char *pattern)
{
    if (*pattern != '^' || strchr(pattern, '|'))
        return;
    for (const char *p = pattern + 1; *p && regex->prefix_length < PREFIX_LONGEST; p++) {
        if (*p == '\\' && ispunct((unsigned char)p[1]))
            p++;
        else if (!isalnum((unsigned char)*p) && !strchr("_-/, :=%@", *p))
            return;
        if (p[1] == '*' || p[1] == '?' || p[1] == '{')
            return;
        regex->prefix[regex->prefix_length++] = *p;
    }
}

struct regex *regex_compile(const char *pattern, struct error *err)
{
    int code;
    size_t offset;
    pcre2_code *compiled = pcre2_compile((PCRE2_SPTR)pattern, strlen(pattern),
                                         PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C, &code, &offset, NULL);
    if (!compiled) {
        PCRE2_UCHAR text[120];
        pcre2_get_error_message(code, text, sizeof text);
        error_set(err, ERROR_USAGE, 0, "no valid regular expression: %s at character %zu",
                  (const char *)text, offset + 1);
        return NULL;
    }
    struct regex *regex = xcalloc(1, sizeof *regex);
    pcre2_jit_compile(compiled, PCRE2_JIT_COMPLETE); // where there is none it is interpreted
    regex->code = compiled;
    find_prefix(regex, pattern);
    regex->data = pcre2_match_data_create(1, NULL);
    regex->context = pcre2_match_context_create(NULL);
    if (!regex->data || !regex->context)
        abort();
    pcre2_set_match_limit(regex->context, STEPS_MOST);
    return regex;
}

void regex_free(struct regex *regex)
{
    if (!regex)
        return;
    pcre2_match_context_free(regex->context);
    pcre2_match_data_free(regex->data);
    pcre2_code_free(regex->code);
    free(regex);
}

int regex_match(const struct regex *regex, const char *text, struct error *err)
{
    if (strncmp(text, regex->prefix, regex->prefix_length) != 0)
        return 0;
    int result =
        pcre2_match(regex->code, (PCRE2_SPTR)text, strlen(text), 0, 0, regex->data, regex->context);
    if (result >= 0 || result == PCRE2_ERROR_NOMATCH)
        return result >= 0;
    PCRE2_UCHAR why[120];
    pcre2_get_error_message(result, why, sizeof why);
    if (result == PCRE2_ERROR_MATCHLIMIT)
        return error_set(
            err, ERROR_USAGE, 0,
            "this takes too long to match with \"%.80s\"; write it without a repeat inside of a "
            "repeat, such as (a+)+",
            text);
    return error_set(err, ERROR_USAGE, 0, "\"%.80s\" cannot be matched: %s", text,
                     (const char *)why);
}
