// SPDX-License-Identifier: GPL-2.0-or-later
// Graphs as text of Graphviz (DOT). Whatever the texts hold, what is written is valid and draws as
// they read.
#ifndef LIB_SHOW_DOT_H
#define LIB_SHOW_DOT_H

#include <stddef.h>
#include <stdio.h>

struct dot_attribute {
    const char *name;
    const char *text; // quoted here; '\n' breaks a line. NULL: the attribute is left out
    // used as it is, when text is NULL: parts that are not ours went through dot_html
    const char *html;
};

// Writes text as a quoted string: quotes and backslashes escaped, "&" kept from being read as an
// entity, control characters and what is no UTF-8 made harmless.
void dot_quote(FILE *out, const char *text);

// The same for a place inside of an HTML-like label. The caller's to free.
char *dot_html(const char *text);

// Ids are ours: letters and digits. Lists of attributes end with one without a name; NULL: none.
void dot_begin(FILE *out, const char *name);
// what: graph, node, edge
void dot_defaults(FILE *out, const char *what, const struct dot_attribute *attributes);
void dot_node(FILE *out, const char *id, const struct dot_attribute *attributes);
void dot_edge(FILE *out, const char *from, const char *to, const struct dot_attribute *attributes);
void dot_end(FILE *out);

#endif
