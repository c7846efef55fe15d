// SPDX-License-Identifier: GPL-2.0-or-later
// What the output can show: how wide it is, whether it has colours, whether it is a terminal at
// all.
#ifndef LIB_SHOW_SCREEN_H
#define LIB_SHOW_SCREEN_H

#include <stdbool.h>
#include <stdio.h>

#include "lib/base/record.h"

enum color {
    COLOR_NONE,
    COLOR_BOLD,
    COLOR_DIM,
    COLOR_RED,
    COLOR_GREEN,
    COLOR_YELLOW,
    COLOR_BLUE,
    COLOR_CYAN,
    COLORS
};

struct screen {
    FILE *out;
    int width; // columns: $COLUMNS, else the terminal's, else 80
    bool cuts; // what is too long loses its middle: on terminals, and where $COLUMNS says how wide
    // colours only on terminals, and not when $NO_COLOR is set or TERM is "dumb"
    bool terminal, color;
    const char *ellipsis; // one column
};

// Looks at `out`. Sets the locale's LC_CTYPE to one of UTF-8, so that widths are right.
void screen_init(struct screen *screen, FILE *out);

// Printf in a colour; text of users goes through text_safe first.
void screen_print(const struct screen *screen, enum color color, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// Prints text that is not ours: made harmless, and, where the screen cuts, shortened to `width`
// columns (0: as it is).
void screen_text(const struct screen *screen, enum color color, const char *text, int width);

// The same, broken between words to fit the screen; what stands before the first line and each
// other one is `indent` wide. A line end follows.
void screen_wrap(const struct screen *screen, int indent, const char *text);

// The lines of a longer text, each after `indent`; of more than `most` the last ones.
void screen_lines(const struct screen *screen, const char *indent, const char *text, int most);

// Writes a line in the place of the one that the cursor is in; cut off where the terminal ends.
void screen_replace_line(FILE *out, const char *text);

// "" without colours
const char *screen_color_start(const struct screen *screen, enum color color);
const char *screen_color_end(const struct screen *screen, enum color color);

extern const enum job_state
    job_states_in_order[JOB_STATES]; // as people want to read counts: what is done first
enum color job_state_color(enum job_state state);
enum color workflow_state_color(enum workflow_state state);

#endif
