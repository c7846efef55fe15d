// SPDX-License-Identifier: GPL-2.0-or-later
// What a file is now: its identity, which costs a stat, and the hash of its content, which costs
// reading it.
#ifndef LIB_BASE_CONTENTS_H
#define LIB_BASE_CONTENTS_H

#include <stdbool.h>
#include <sys/stat.h>

#include "lib/base/record.h"

enum { CONTENTS_MOST_BYTES = 64 * 1024 * 1024 }; // what is hashed when nobody says otherwise

struct file_seen contents_identity(const struct stat *st); // without a hash
bool contents_same_identity(const struct file_seen *a, const struct file_seen *b);

// The hash of a regular file of at most `most` bytes (0: of any size), or of a folder: its entries'
// names, sizes and mtimes. UNKNOWN: it is larger, something else, cannot be read, or is not (any
// more) what `seen` says, also after it was read. path is relative to the folder dir_fd.
int64_t contents_hash(int dir_fd, const char *path, const struct file_seen *seen, int64_t most);

#endif
