// SPDX-License-Identifier: GPL-2.0-or-later
// The workflow file while it is read: its text, the place that is being looked at, and the problems
// found so far.
#ifndef LIB_TEXT_SOURCE_H
#define LIB_TEXT_SOURCE_H

#include <stdbool.h>

#include "lib/base/arena.h"
#include "lib/text/json_position.h"
#include "lib/text/problem.h"
#include "lib/text/rewrite.h"

enum { SOURCE_DEPTH = 8 };

struct suggestion {          // the last one
    const char *word, *near; // near: NULL: nothing was
    const char *const *names;
    size_t count;
    size_t work; // so far, for all
};

struct source {
    struct json_text json;
    struct problems *problems;
    struct arena *arena;                  // of texts that are kept
    struct json_step steps[SOURCE_DEPTH]; // the path of the place; the first base_depth of them
                                          // lead to base_offset
    size_t depth, base_depth, base_offset;
    struct suggestion suggestion;
    struct json_places places;
    struct rewrite rewrite; // the JSON that another format was rewritten as, when it was
    // plain: texts may have the mark of YAML's plain scalars (lib/text/yaml_value.h)
    bool rewritten, plain;
};

void source_fini(struct source *source);

// Goes to the whole file, to the value of a key at the top, or to an element of a list there, of
// which the offset is known.
void source_go_top(struct source *source);
void source_go_key(struct source *source, const char *key, size_t offset);
void source_go_element(struct source *source, const char *key, size_t index, size_t offset);

// Goes one step down, and back up.
void source_down_key(struct source *source, const char *key);
void source_down_index(struct source *source, size_t index);
void source_up(struct source *source);

// Something is wrong with the value here, with its key, or is only a warning.
void source_error(struct source *source, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void source_error_key(struct source *source, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void source_warning(struct source *source, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
// a warning for Slurm
void source_unfit(struct source *source, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void source_error_at(struct source *source, size_t offset, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// Where the value here begins in the JSON text.
size_t source_offset(const struct source *source);

// Where the value here begins, and where an offset is; in the file as the user wrote it.
void source_position(struct source *source, int *line, int *column);
struct json_place source_place(struct source *source, size_t offset);

// `"text"`, cut where it is longer than a line wants; of the arena.
const char *source_quote(struct source *source, const char *text);

// `; did you mean "x"?`, or `otherwise` when no name is near, or so many errors were found that
// nobody reads on.
const char *source_suggest(struct source *source, const char *word, const char *const *names,
                           size_t count, const char *otherwise);

#endif
