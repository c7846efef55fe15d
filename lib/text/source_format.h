// SPDX-License-Identifier: GPL-2.0-or-later
// Which format a workflow file has, and the JSON that it says.
#ifndef LIB_TEXT_SOURCE_FORMAT_H
#define LIB_TEXT_SOURCE_FORMAT_H

#include "lib/text/source.h"

// Takes the mark off with which some editors begin a file of UTF-8. False after an error: the text
// is UTF-16.
bool source_take_utf8(const char **text, size_t *length, struct problems *problems);

// Sets source->json to the JSON of `text`: itself, or its rewriting (JSON5, YAML), which goes to
// source->rewrite. The format comes from the extension of the name; for others, and for "-"
// (standard input), from the text. False after an error: there is nothing to be read. source_fini
// is due on both.
bool source_read(struct source *source, const char *text, size_t length, const char *name);

#endif
