// SPDX-License-Identifier: GPL-2.0-or-later
// A whole file as text.
#ifndef LIB_BASE_TEXT_FILE_H
#define LIB_BASE_TEXT_FILE_H

#include <stddef.h>

#include "lib/base/error.h"

// Reads the file (path "-": standard input) into *text, which is NUL-terminated and the caller's to
// free. ERROR_USAGE with the path and the reason when that fails.
int text_file_read(const char *path, char **text, size_t *length, struct error *err);

// The same for a file that a database names, so that anybody may have chosen it.
int text_file_read_plain(const char *path, char **text, size_t *length, struct error *err);
// Opens such a file for reading, and nothing that could keep the caller waiting or be a way to
// elsewhere: -1 and errno also where it is no regular file.
int text_file_open_plain(const char *path);

// Reads all of standard input now, and lets a file in memory stand for it.
int text_file_keep_input(struct error *err);

#endif
