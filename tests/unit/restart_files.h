// SPDX-License-Identifier: GPL-2.0-or-later
// The files and folders of a case on the disk.
#ifndef TESTS_UNIT_RESTART_FILES_H
#define TESTS_UNIT_RESTART_FILES_H

#include "tests/unit/restart_case.h"

void file_write(int folder, const struct oracle_case *c, int f, const char *value);
void file_read(int folder, const struct oracle_case *c, int f, content value); // "": not there
void file_delete(int folder, const struct oracle_case *c, int f);
bool file_is_missing(int folder, const struct oracle_case *c, int f);
// A file that there may be gets the path that it has in the other one.
void file_move(int folder, const struct oracle_case *from, const struct oracle_case *to, int f);
void file_edit(int folder, const struct oracle_case *c, const struct edit *edit);

#endif
