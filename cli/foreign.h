// SPDX-License-Identifier: GPL-2.0-or-later
// What users of NREL's torc and of HyperQueue type, and what it is here.
#ifndef CLI_FOREIGN_H
#define CLI_FOREIGN_H

#include "lib/base/command_line.h"

// A sentence that says what the command `word`, whose first operand is `second` (NULL: none), is
// here; NULL: nobody's command. Of our own ones only with what is no operand here: "jobs list". The
// caller's to free.
char *foreign_command_text(const char *word, const char *second);

extern const struct option_slip foreign_options[];

#endif
