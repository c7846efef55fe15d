// SPDX-License-Identifier: GPL-2.0-or-later
// Reads the fields of one JSON object into a struct, by a table: types, ranges, unknown and missing
// keys.
#ifndef LIB_WORKFLOW_SPEC_FIELDS_H
#define LIB_WORKFLOW_SPEC_FIELDS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/text/source.h"

enum field_type {
    FIELD_TEXT,     // const char *
    FIELD_SCRIPT,   // likewise, of the shell's
    FIELD_COMMAND,  // likewise, not blank
    FIELD_NAME,     // const char *, that a person can read: not empty, short, no control characters
    FIELD_PATH,     // likewise, without ~ and $VARIABLES, which nobody would replace
    FIELD_JOB_NAME, // likewise, without '*' in front, which barriers have
    FIELD_TEXTS,    // struct texts
    FIELD_REGEXES,  // likewise
    FIELD_LABELS,   // struct texts, each without comma or outer blanks
    FIELD_FLAG,     // bool
    FIELD_COUNT,    // int32_t, from least to most
    FIELD_SIZE,     // int64_t, bytes
    FIELD_DURATION, // int64_t, microseconds
    FIELD_GPUS,     // int32_t, thousandths
    FIELD_NUMBER,   // double
    FIELD_SIGNAL,   // int32_t
    FIELD_CHOICE,   // int32_t, place in the NULL-terminated list that `extra` is
    FIELD_ENV,      // const char *, JSON object of texts
    FIELD_JSON,     // const char *, JSON of anything
    FIELD_METADATA, // likewise, an object or text
    FIELD_STDIO,    // struct spec_stdio
    FIELD_OBJECT,   // the fields of the struct field_table that `extra` is, into the same struct
    FIELD_OWN,      // whatever `read` makes of it
    FIELD_NO_EFFECT, // read elsewhere
};

struct field {
    const char *name;
    enum field_type type;
    size_t offset;
    int64_t least, most; // FIELD_COUNT
    const void *extra; // FIELD_CHOICE: the words; FIELD_OBJECT: its table; FIELD_TEXT: what is said
                       // of an object instead
    void (*read)(struct source *source, json_t *value, const struct field *field,
                 void *at); // FIELD_OWN; values as they are
    bool unused;            // checked, but without effect here; semantics §1 names them
    bool required;
};

struct field_table {
    const struct field *fields;
    size_t count;
    bool lenient; // keys that are not in it are only warned of
};

// Reads object, where source stands, into the struct `into`, which has its defaults already.
void fields_read(struct source *source, json_t *object, const struct field_table *table,
                 void *into);

// Reads one value, where source stands, for that field.
void field_read(struct source *source, json_t *value, const struct field *field, void *into);

// Is the text one that a field of a name, a command or labels takes? If not, that is an error where
// source stands.
bool field_check_text(struct source *source, const struct field *field, const char *text);

// The entry of that key, or NULL.
const struct field *field_named(const char *key, const struct field_table *table);

// Likewise, but NULL comes after an error with the nearest name. source stands at the object.
const struct field *field_find(struct source *source, const char *key,
                               const struct field_table *table);

// What a value is, for a message: `the number 5`, `"text"`, `a list`.
const char *field_found(struct source *source, json_t *value);

#endif
