// SPDX-License-Identifier: GPL-2.0-or-later
// When two paths are one: as they read, without a look at the disk. Pure.
#ifndef LIB_TEXT_PATH_H
#define LIB_TEXT_PATH_H

struct arena;

// The path without ".", "..", double slashes and one at its end, as seen from `folder`, an absolute
// path without any of those: what lies below it is relative, anything else absolute. Two paths that
// give the same are one file, unless links are on the way. NULL for folder: it is not known, and
// what is relative stays so. A path that is so already is given back; else it is the arena's.
const char *path_normalise(const char *path, const char *folder, struct arena *arena);

#endif
