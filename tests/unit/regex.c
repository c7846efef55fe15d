// SPDX-License-Identifier: GPL-2.0-or-later
// Regular expressions: what matches, with and without a plain beginning, and what takes too long.
#include "lib/base/regex.h"

#include "lib/base/mem.h"
#include "tests/tap.h"

static const struct {
    const char *pattern, *text;
    int matches;
} rows[] = {
    {"b", "abc", 1},
    {"^b", "abc", 0},
    {"^a_1$", "a_1", 1},
    {"^a_1$", "a_10", 0},
    {"^a_1$", "b_1", 0},
    {"^a\\.1", "a.1", 1},
    {"^a\\.1", "ax1", 0},
    {"^a\\d+$", "a12", 1},
    {"^a\\d+$", "b12", 0},
    {"^ab?c", "ac", 1},
    {"^ab*c", "ac", 1},
    {"^ab{0,2}c", "ac", 1},
    {"^ab+c", "ac", 0},
    {"^ab+c", "abbc", 1},
    {"^\\.?x", "x", 1},
    {"^a|b", "xb", 1},
    {"^(a|b)c", "bc", 1},
    {"^(?i)a", "A", 1},
    {"(?i)^a", "A", 1},
    {"^a(?i)b", "aB", 1},
    {"^\xc3\xa9", "\xc3\xa9", 1},
    {"^a\xc3\xa9?b", "ab", 1},
    {"^\\Qa.b\\E", "a.b", 1},
    {"^[ab]c", "bc", 1},
    {"^", "x", 1},
    {"^aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab",
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac", 0},
    {"^(a+)+$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", -1},
};

int main(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct error err = {0};
        struct regex *regex = regex_compile(rows[i].pattern, &err);
        if (!ok(regex != NULL, "%s is one", rows[i].pattern))
            continue;
        is_int(regex_match(regex, rows[i].text, &err), rows[i].matches, rows[i].text);
        regex_free(regex);
    }
    return done_testing();
}
