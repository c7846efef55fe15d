// SPDX-License-Identifier: GPL-2.0-or-later
// Folders.
#ifndef LIB_BASE_FOLDER_H
#define LIB_BASE_FOLDER_H

// Makes the folder at path, and those above it that are missing, with what the umask leaves of
// 0777. 0 also where it is there already; else -1 and errno.
int folder_make(const char *path);

#endif
