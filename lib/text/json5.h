// SPDX-License-Identifier: GPL-2.0-or-later
// JSON5 (json5.org) rewritten as JSON, token by token, so that one parser and one kind of error
// serve both. Pure.
#ifndef LIB_TEXT_JSON5_H
#define LIB_TEXT_JSON5_H

#include <stddef.h>

struct problems;
struct rewrite; // lib/text/rewrite.h

// Rewrites `text`: comments go, trailing commas go, keys and strings get double quotes, numbers
// their JSON form. The order of tokens is not checked (the JSON parser does that). Unterminated
// strings and comments, words that are neither key nor value, and numbers that JSON cannot hold
// (Infinity, NaN) go to problems. Returns 0, or -1 when there were errors; rewrite_fini is due on
// both.
int json5_read(const char *text, size_t length, struct rewrite *rewrite, struct problems *problems);

#endif
