// SPDX-License-Identifier: GPL-2.0-or-later
// Sizes in bytes as people write them: "512k", "2g", powers of 1024.
#ifndef LIB_BASE_SIZE_H
#define LIB_BASE_SIZE_H

#include <stddef.h>
#include <stdint.h>

enum { SIZE_TEXT = 32 }; // room for any size_format

// Reads a number, whole or with decimals (rounded up to a byte), and k, m, g, t or p, in either
// case, with or without "b" or "ib" behind; a bare number is bytes. Returns 0, or -1 for anything
// else, a negative number, or 2^63 and more.
int size_parse(const char *text, int64_t *bytes);

// The shortest text that size_parse reads back exactly: "2g", "1536m", "1000". Returns buffer.
const char *size_format(int64_t bytes, char *buffer, size_t room);

#endif
