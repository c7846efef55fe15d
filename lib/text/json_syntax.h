// SPDX-License-Identifier: GPL-2.0-or-later
// Says in plain words where and why a text is no JSON. Runs only after something failed to be read.
#ifndef LIB_TEXT_JSON_SYNTAX_H
#define LIB_TEXT_JSON_SYNTAX_H

#include "lib/text/json_position.h"

struct json_fault {
    size_t offset;
    size_t open; // the bracket that is not closed, where the text ends too early; else SIZE_MAX
    char text[160];
};

enum { JSON_DEEPEST = 2000 }; // brackets inside brackets; jansson's own limit is 2048

// 0 when the text is JSON that jansson reads, else -1 and the first fault.
int json_check(const struct json_text *json, struct json_fault *fault);

// Calls found for each key (at offset, length with its quotes) that its object has had before, in
// the value at `at`, which is JSON and nested less than 2048 deep.
typedef void (*json_duplicate)(void *context, size_t offset, size_t length);
void json_find_duplicates(const struct json_text *json, size_t at, json_duplicate found,
                          void *context);

#endif
