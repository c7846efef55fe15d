// SPDX-License-Identifier: GPL-2.0-or-later
// Regular expressions over names: PCRE2, unanchored, UTF-8.
#ifndef LIB_BASE_REGEX_H
#define LIB_BASE_REGEX_H

#include <stdbool.h>

#include "lib/base/error.h"

struct regex;

// NULL and ERROR_USAGE when the pattern is none: what is wrong with it, and at which character.
struct regex *regex_compile(const char *pattern, struct error *err);
void regex_free(struct regex *regex); // NULL is fine

// 1: it matches somewhere in text, 0: nowhere, -1: to find out takes too long (ERROR_USAGE).
int regex_match(const struct regex *regex, const char *text, struct error *err);

#endif
