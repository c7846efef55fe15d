// SPDX-License-Identifier: GPL-2.0-or-later
// Where a process leaves files on its host that outlive it: in memory, else on the disk. They are
// named PREFIX and its incarnation, so that whoever finds one knows whether it is dead.
#ifndef LIB_STORE_HERE_H
#define LIB_STORE_HERE_H

#include <stdbool.h>
#include <stddef.h>

enum { HERE_FOLDERS = 2, HERE_HOST_SIZE = 256 };
extern const char *const here_folders[HERE_FOLDERS]; // the first one that takes it

int here_host(char host[HERE_HOST_SIZE]);

// Removes those of dead processes of this host and user that were left alone for so many days, or
// in which there is nothing (NULL: there always is).
void here_sweep(const char *folder, const char *prefix, int days,
                bool (*is_empty)(int folder, const char *name));

#endif
