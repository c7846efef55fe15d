// SPDX-License-Identifier: GPL-2.0-or-later
// Content by its hash: XXH3 in 63 bits, so that a hash is never negative, and UNKNOWN (-1) is none.
// It tells contents apart that changed by themselves; nobody is kept from making two alike.
#ifndef LIB_BASE_HASH_H
#define LIB_BASE_HASH_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

int64_t hash_bytes(const void *data, size_t length);

// Of JSON text: the same for the same value, however it is spaced and its keys are ordered.
int64_t hash_json(const char *text);

// One more part: of a sequence of texts, for instance; NULL counts as a part that is not there.
int64_t hash_add(int64_t hash, const char *text);

// Of what fd holds from where it stands to its end, read in blocks. -1: it cannot be read, or *stop
// was set meanwhile.
int64_t hash_file(int fd, const atomic_bool *stop);

#endif
