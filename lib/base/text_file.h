// SPDX-License-Identifier: GPL-2.0-or-later
// A whole file as text.
#ifndef LIB_BASE_TEXT_FILE_H
#define LIB_BASE_TEXT_FILE_H

#include <stddef.h>

#include "lib/base/error.h"

// Reads the file (path "-": standard input) into *text, which is NUL-terminated and the caller's to
// free. ERROR_USAGE with the path and the reason when that fails.
int text_file_read(const char *path, char **text, size_t *length, struct error *err);

// Reads all of standard input now, and lets a file in memory stand for it.
int text_file_keep_input(struct error *err);

#endif
