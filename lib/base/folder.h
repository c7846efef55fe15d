// SPDX-License-Identifier: GPL-2.0-or-later
// Folders.
#ifndef LIB_BASE_FOLDER_H
#define LIB_BASE_FOLDER_H

// Makes the folder at path, and those above it that are missing, with what the umask leaves of
// 0777. 0 also where it is there already; else -1 and errno.
int folder_make(const char *path);

// Could files be made in it, or, as it is missing, it itself in what is there above it? 0, or -1,
// errno and *at, the folder that says no (the caller's).
int folder_check(const char *path, char **at);

// Opens the folder that a path lies in, for its effect: a network file system looks again at what
// is there. -1: it cannot be opened.
int folder_look_again(const char *path);

#endif
