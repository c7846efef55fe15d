// SPDX-License-Identifier: GPL-2.0-or-later
// Lines of a list of commands that mean something to sbatch or to disBatch, and nothing here:
// "#SBATCH --time=10", "#DISBATCH BARRIER". Pure.
#ifndef LIB_WORKFLOW_DIRECTIVES_H
#define LIB_WORKFLOW_DIRECTIVES_H

#include <stddef.h>

#include "lib/workflow/sbatch_options.h"

struct problems;

struct directives {                 // {0} to begin with
    int sbatch_line, disbatch_line; // the first of each; 0: none
    struct sbatch_options options;  // of all "#SBATCH" lines
    unsigned disbatch;              // bits: which words of disBatch there are
};

// Looks at a line (from its # on, length bytes) of that number; any comment will do.
void directives_look(struct directives *directives, const char *text, size_t length, int line);

// Warns of what was seen, once for either, with what to use instead; and frees it.
void directives_end(struct directives *directives, struct problems *problems);

#endif
