// SPDX-License-Identifier: GPL-2.0-or-later
// A declared file, that is a regular one or a folder: what is told of it, so that later somebody
// can say whether it is the same.
#ifndef LIB_BASE_CONTENT_H
#define LIB_BASE_CONTENT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "lib/base/record.h"

struct file_seen content_look(const struct stat *st); // its hash is UNKNOWN

// Is it what was seen, as far as stat can tell?
bool content_is(const struct file_seen *seen, const struct stat *st);

// Of a regular file of up to most_bytes (-1: of nothing) the hash of what is in it, of a folder
// that of the names, sizes and mtimes of its entries, one level deep. UNKNOWN: it is neither, and
// was not opened; it is not what `st` says, before or after; it cannot be read; or *stop was set
// meanwhile.
int64_t content_hash(const char *path, const struct stat *st, int64_t most_bytes,
                     const atomic_bool *stop);

#endif
