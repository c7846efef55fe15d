// SPDX-License-Identifier: GPL-2.0-or-later
// What is wrong with a workflow file: a list, so that the user sees everything in one run.
#ifndef LIB_TEXT_PROBLEM_H
#define LIB_TEXT_PROBLEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

// as many fit a screen with what else is said
enum { PROBLEM_NOWHERE = 0, PROBLEMS_SCREEN = 20 };

struct problem {
    bool warning;
    bool unfit; // a warning of what allocations cannot hold: torc-sbatch says it itself, and others
                // need not care
    int line, column; // from 1; PROBLEM_NOWHERE: the whole file
    char *path;       // "jobs[3].memory", or NULL
    char *text;       // what was found, what was expected, what to do
};

struct problems {
    struct problem *list;
    size_t count, space;
    size_t errors; // of them, not warnings
    bool of_list;  // of commands, which torc validate does not read
    size_t last;   // the one that was added last, or was there already
};

void problems_fini(struct problems *problems);

void problem_add(struct problems *problems, bool warning, int line, int column, const char *path,
                 const char *format, ...) __attribute__((format(printf, 6, 7)));

// The last problem added, a warning, is of that kind.
void problem_is_unfit(struct problems *problems);

// Forgets them.
void problems_drop_unfit(struct problems *problems);

// Sorts by position and drops what is there twice, such as one mistake in many instances of an
// entry.
void problems_settle(struct problems *problems);

// Settles, and prints "program: file:line:col: path: text" (warnings with "warning: " before the
// path), at most `most` of them (0: all), errors first when not all fit, then how many more there
// are and what shows them.
void problems_print(struct problems *problems, FILE *out, const char *program, const char *file,
                    size_t most);

#endif
