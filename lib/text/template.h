// SPDX-License-Identifier: GPL-2.0-or-later
// Texts with {parameter} in them. {p}, {p:03d} and {p:.4f} are replaced, {{p}} becomes {p} when p
// is a parameter; any other brace and every ${x} stays, though a parameter inside ${files.…} is
// replaced. Pure.
#ifndef LIB_TEXT_TEMPLATE_H
#define LIB_TEXT_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct param_value;

struct template_names {
    const char *const *names;
    const struct param_value *values; // as many as names
    size_t count;
    bool escape; // values go into a regular expression: its special characters are escaped
    bool plain;  // formats are ignored ({v:03d} prints plain, without a note): variables
};

enum template_note_kind { TEMPLATE_FINE, TEMPLATE_UNKNOWN, TEMPLATE_FORMAT, TEMPLATE_MISFIT };

struct template_note { // the first thing that is odd about a text
    // an unknown {word}; a format that is none; one that the value does not fit
    enum template_note_kind kind;
    const char *at; // in the template, at the brace
    size_t length;
};

// The text with everything replaced, of the arena; the template itself when nothing was. note may
// be NULL.
const char *template_expand(const char *text, const struct template_names *names,
                            struct arena *arena, struct template_note *note);

#endif
