// SPDX-License-Identifier: GPL-2.0-or-later
// Aligned tables for people, and the same rows as CSV for programs. Rows go in cell by cell, from
// left to right; a table of any length is written in pages of bounded memory (the columns never
// become narrower from page to page).
#ifndef LIB_SHOW_TABLE_H
#define LIB_SHOW_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/show/screen.h"

enum table_align { ALIGN_LEFT, ALIGN_RIGHT };
enum table_fit {
    FIT_KEEP,   // always as wide as its longest cell
    FIT_SHRINK, // shortened in the middle when the table is wider than the screen
    FIT_NAME,   // the same, but never to less than 20 columns: what looks alike then tells nothing
    FIT_LIST,   // like FIT_SHRINK, for lists: whole items of it, then the ellipsis
    FIT_DROP,   // left out when shortening to 20 columns is not enough, the last one first
    FIT_LATE,   // left out when everything else is not enough, the last one first
};

struct table_column {
    const char *title; // for people
    const char *key;   // in CSV; NULL: not in CSV
    enum table_align align;
    enum table_fit fit;
};

struct table;

enum table_style { TABLE_PEOPLE, TABLE_CSV };

// screen and columns are borrowed until table_destroy, which writes what is still to be written.
struct table *table_create(const struct screen *screen, enum table_style style,
                           const struct table_column *columns, size_t count);
void table_destroy(struct table *table); // NULL is fine

// The next cell. NULL and unknown numbers: "-" for people, nothing in CSV. CSV has bytes, seconds,
// fractions and ISO times. In CSV the cells of columns without a key are left out.
void table_text(struct table *table, enum color color, const char *text);
void table_number(struct table *table, int64_t number);
void table_milli(struct table *table, int64_t milli);
void table_bytes(struct table *table, int64_t bytes);
void table_duration(struct table *table, int64_t usec);
void table_percent(struct table *table, int64_t part, int64_t whole);
// 0: unknown; base: see format_clock
void table_time(struct table *table, int64_t usec, int64_t base_usec);

#endif
