// SPDX-License-Identifier: GPL-2.0-or-later
// An invocation script: is it a wrapper, which runs what stands behind it, or a preamble, whose
// last command would only take it for arguments? Pure.
#ifndef LIB_TEXT_INVOCATION_H
#define LIB_TEXT_INVOCATION_H

#include <stdbool.h>
#include <stddef.h>

enum invocation_kind {
    INVOCATION_NONE,    // blank
    INVOCATION_WRAPPER, // the command goes behind it, after a blank
    INVOCATION_LINES,   // it says itself that it is a preamble: several lines, or one that ends,
                        // or a comment
    INVOCATION_WORD, // one line, but its last command does not run its arguments: a preamble, too
};

struct invocation {
    enum invocation_kind kind;
    size_t length;    // of the script without blanks at its end
    const char *word; // INVOCATION_WORD: what the last command begins with, in the script
    size_t word_length;
    bool runs_nothing; // a preamble that ends in a wrapper without anything to run: word is that
};

struct invocation invocation_of(const char *script);

#endif
