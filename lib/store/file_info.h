// SPDX-License-Identifier: GPL-2.0-or-later
// Files, and what a workflow was made from, as lib/store/read.h gives them.
#ifndef LIB_STORE_FILE_INFO_H
#define LIB_STORE_FILE_INFO_H

#include <stdbool.h>
#include <stdint.h>

struct file_info { // or user data
    int64_t id;
    const char *name, *path; // path NULL: user data
    bool temporary, known;   // known: user data that has a value
    const char *identifier;  // as the workflow file has it, or NULL
    // the newest content that was seen; UNKNOWN (mtime 0): none was, or it was not hashed
    int64_t size_bytes, mtime_usec, hash;
    const char **readers, **writers; // names of jobs; with the request's job_id only that one
    uint32_t readers_count, writers_count;
};

struct text_info {    // of the workflow file, as it was when the workflow was made or last amended
    int64_t id;       // the workflow's
    const char *text; // or NULL
};

#endif
