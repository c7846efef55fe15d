// SPDX-License-Identifier: GPL-2.0-or-later
// What happens between two runs of a case: to its files, its data, its jobs, its workflow file.
#ifndef TESTS_UNIT_RESTART_EDIT_H
#define TESTS_UNIT_RESTART_EDIT_H

#include <stdbool.h>
#include <stdio.h>

typedef char content[12]; // 8 hexadecimal digits; "": not there

enum edit_kind {
    EDIT_TOUCH,    // another mtime
    EDIT_COPY,     // another inode, the same content
    EDIT_CHANGE,   // another content
    EDIT_QUIET,    // another content of the same size and mtime, in another inode
    EDIT_IN_PLACE, // … in the same inode: only the ctime tells
    EDIT_DELETE,
    EDIT_DATA_SAME, // the same value, written otherwise
    EDIT_DATA_CHANGE,
    EDIT_DISABLE,
    // of the workflow file
    EDIT_COMMAND,
    EDIT_ENV,
    EDIT_CLASS,
    EDIT_PRIORITY,
    EDIT_NEEDS,     // it gets one, or loses it
    EDIT_READS,     // likewise a file
    EDIT_WRITES,    //
    EDIT_DATA_READ, // likewise user data
    EDIT_ADD,
    EDIT_REMOVE,
    EDIT_PATH, // of a file, which is moved with it, or not
    EDIT_NAME, // of a file whose path stays
    EDIT_INITIAL,
    EDIT_ORDER, // of the jobs in the file
    EDITS,
};
extern const char *const edit_names[EDITS];
struct edit {
    enum edit_kind kind;
    int which; // file, data or job
    content value;
    int other; // of a job: which need, file, data
};

bool edit_is_of_file(enum edit_kind kind); // the workflow file
void edit_print(const struct edit *edit, FILE *out);

#endif
