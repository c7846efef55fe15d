// SPDX-License-Identifier: GPL-2.0-or-later
// A workflow file of another format rewritten as JSON, with the way back from each token to where
// the user wrote it. Pure.
#ifndef LIB_TEXT_REWRITE_H
#define LIB_TEXT_REWRITE_H

#include <stddef.h>

struct rewrite_point {
    size_t offset;    // of a token in the JSON text
    int line, column; // of what it was made from, from 1; columns count characters
};

struct rewrite {
    char *json; // NUL-terminated
    size_t length, space;
    struct rewrite_point *points; // by offset, ascending
    size_t points_count, points_space;
};

void rewrite_put(struct rewrite *rewrite, const char *bytes, size_t count);
void rewrite_put_text(struct rewrite *rewrite, const char *text);
// One byte of a text between double quotes, escaped where JSON wants it.
void rewrite_put_char(struct rewrite *rewrite, unsigned char c);
// What is put next was made from this place.
void rewrite_point(struct rewrite *rewrite, int line, int column);

// The place that the token at (or before) `offset` was made from.
void rewrite_locate(const struct rewrite *rewrite, size_t offset, int *line, int *column);

void rewrite_fini(struct rewrite *rewrite);

#endif
