// SPDX-License-Identifier: GPL-2.0-or-later
// Plain structs to JSON and back, by tables of their fields: one walker for all of them.
#ifndef LIB_STORE_CODEC_H
#define LIB_STORE_CODEC_H

#include <jansson.h>
#include <stddef.h>

#include "lib/base/arena.h"
#include "lib/base/error.h"

enum codec_type {
    CODEC_END,
    CODEC_INT,  // any integer, bool or enum; size: its bytes
    CODEC_TEXT, // const char *; NULL is left out. Text that is no UTF-8 becomes a list of one text,
                // a character a byte
    CODEC_PART, // a struct inside
    CODEC_LIST, // a pointer to structs, and a count
    CODEC_INTS, // a pointer to integers of `size` bytes, and a count
    CODEC_TEXTS, // a pointer to texts, and a count
    CODEC_FIXED, // an array of `length` integers of `size` bytes inside the struct
};

struct codec_field {
    const char *name;
    enum codec_type type;
    size_t offset, size, length;
    size_t count_offset, count_size; // of lists
    const struct codec_record *of;   // of parts and lists
};

struct codec_record {
    size_t size;
    const struct codec_field *fields; // up to CODEC_END
};

#define CODEC_SIZE(s, f) sizeof(((struct s *)0)->f)
// clang-format off
#define CODEC_RECORD(s) {.size = sizeof(struct s), .fields = (const struct codec_field[])
#define INT(s, f) \
    {.name = #f, .type = CODEC_INT, .offset = offsetof(struct s, f), .size = CODEC_SIZE(s, f)}
#define TEXT(s, f) {.name = #f, .type = CODEC_TEXT, .offset = offsetof(struct s, f)}
#define PART(s, f, rec) {.name = #f, .type = CODEC_PART, .offset = offsetof(struct s, f), .of = rec}
#define FIXED(s, f) \
    {.name = #f, .type = CODEC_FIXED, .offset = offsetof(struct s, f), \
     .size = CODEC_SIZE(s, f[0]), .length = CODEC_SIZE(s, f) / CODEC_SIZE(s, f[0])}
#define COUNTED(s, f, kind, count) \
    .name = #f, .type = kind, .offset = offsetof(struct s, f), \
    .size = sizeof(*((struct s *)0)->f), \
    .count_offset = offsetof(struct s, count), .count_size = CODEC_SIZE(s, count)
#define LIST(s, f, record) {COUNTED(s, f, CODEC_LIST, f##_count), .of = record}
#define INTS(s, f) {COUNTED(s, f, CODEC_INTS, f##_count)}
#define TEXTS(s, f) {COUNTED(s, f, CODEC_TEXTS, f##_count)}
// clang-format on

json_t *codec_encode(const struct codec_record *record, const void *data); // a new reference

// Fills data, which need not be initialised; what it points to is in the arena. Keys that are
// missing are 0, NULL or empty; unknown keys are ignored; a wrong type is an error
// (ERROR_UNREACHABLE: the other side speaks another language).
int codec_decode(const struct codec_record *record, const json_t *json, void *data,
                 struct arena *arena, struct error *err);

#endif
