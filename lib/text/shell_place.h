// SPDX-License-Identifier: GPL-2.0-or-later
// Where in the shell's grammar a text has come to: bare, in one of the shell's quotes, or in a
// here-document. Pure.
#ifndef LIB_TEXT_SHELL_PLACE_H
#define LIB_TEXT_SHELL_PLACE_H

#include <stdbool.h>
#include <stddef.h>

enum shell_place {
    SHELL_BARE,
    SHELL_DOUBLE,   // "…"
    SHELL_SINGLE,   // '…'
    SHELL_ANSI,     // $'…'
    SHELL_HERE,     // below <<END
    SHELL_HERE_RAW, // below <<'END'
};

enum { SHELL_NESTED = 32, SHELL_HERE_MOST = 8, SHELL_DELIMITER = 64 };

struct shell_level { // a place inside of another: "$(" begins a bare one inside quotes
    enum shell_place place;
    int parens;     // open in a bare place
    int arithmetic; // parens at which ((…)) began; 0: not in one
    int here;       // of a here-document: which one it is
    bool ticks;     // a bare place inside `…`
};

struct shell_here { // a here-document that has been announced
    char delimiter[SHELL_DELIMITER];
    bool raw, tabs; // <<'END', <<-END
};

struct shell {
    struct shell_level levels[SHELL_NESTED];
    int depth;
    struct shell_here here[SHELL_HERE_MOST];
    int here_count, here_begun;
    bool word_start, line_start, comment;
};

void shell_init(struct shell *shell);

// Goes over the next characters of a text that is not at its end; gives how many. Beyond what the
// struct has room for, places are no longer told apart.
size_t shell_step(struct shell *shell, const char *p);

// Something stands here that is part of a word.
void shell_word(struct shell *shell);

enum shell_place shell_place(const struct shell *shell);

// How many `…` stand around the place: each takes a backslash away from before \, ` and $.
int shell_ticks(const struct shell *shell);

#endif
