// SPDX-License-Identifier: GPL-2.0-or-later
// PCRE2, and nobody else includes it.
#define PCRE2_CODE_UNIT_WIDTH 8
#include "lib/regex.h"

#include <pcre2.h>
#include <string.h>

#include "lib/mem.h"

enum { STEPS_MOST = 200000 }; /* of backtracking in one name */

struct regex {
    pcre2_code *code;
    pcre2_match_data *data;
    pcre2_match_context *context;
};

struct regex *regex_compile(const char *pattern, struct error *err)
{
    int code;
    size_t offset;
    pcre2_code *compiled = pcre2_compile((PCRE2_SPTR)pattern, strlen(pattern), PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C, &code, &offset,
                                         NULL);
    if (!compiled) {
        PCRE2_UCHAR text[120];
        pcre2_get_error_message(code, text, sizeof text);
        error_set(err, ERROR_USAGE, 0, "no valid regular expression: %s at character %zu", (const char *)text, offset + 1);
        return NULL;
    }
    struct regex *regex = xcalloc(1, sizeof *regex);
    pcre2_jit_compile(compiled, PCRE2_JIT_COMPLETE); /* where there is none it is interpreted */
    regex->code = compiled;
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
    int result = pcre2_match(regex->code, (PCRE2_SPTR)text, strlen(text), 0, 0, regex->data, regex->context);
    if (result >= 0 || result == PCRE2_ERROR_NOMATCH)
        return result >= 0;
    PCRE2_UCHAR why[120];
    pcre2_get_error_message(result, why, sizeof why);
    return error_set(err, ERROR_USAGE, 0, "\"%.80s\" cannot be matched: %s", text, (const char *)why);
}
