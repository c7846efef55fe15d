// SPDX-License-Identifier: GPL-2.0-or-later
// Where a command writes: -o FILE, or standard output.
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include <stdbool.h>

#include "lib/base/error.h"

// Is that standard output: no path, or "-"?
bool output_is_stdout(const char *path);
int output_write(const char *path, const char *text, struct error *err);

#endif
