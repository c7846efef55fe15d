// SPDX-License-Identifier: GPL-2.0-or-later
// How a workflow gets on, in one line: on a terminal it is written over again, elsewhere there is
// one a minute, with the time.
#ifndef LIB_SHOW_PROGRESS_LINE_H
#define LIB_SHOW_PROGRESS_LINE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "lib/show/estimate.h"

// Is one due? since_msec: since the last one was written; negative: there was none. changed: it
// would say something else.
bool progress_line_due(bool terminal, bool changed, int64_t since_msec);

// "22:09:11 3 of 40 jobs completed; about 12 min left (from …)": the time not on a terminal.
void progress_line_write(FILE *out, bool terminal, int64_t now_usec, const char *counts,
                         const struct estimate *estimate);

#endif
