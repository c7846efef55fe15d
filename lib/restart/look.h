// SPDX-License-Identifier: GPL-2.0-or-later
// What became of the files of a workflow since its jobs used them. A file whose identity is that of
// a version that was seen is not read.
#ifndef LIB_RESTART_LOOK_H
#define LIB_RESTART_LOOK_H

#include <stdbool.h>

#include "lib/store/restart.h"

struct restart_look {
    bool *missing;                // by file
    bool *changed;                // by facts->job_files: an input that is not what its job read
    struct restart_version *seen; // files with a new identity and the content of old
    uint32_t seen_count;
    uint32_t hashed; // files that were read
};

// Only files of jobs that completed are looked at. ERROR_USAGE: the submission folder is gone.
// all: files with an identity that is known count as seen too.
int restart_look(const struct restart_facts *facts, bool all, struct restart_look *look,
                 struct error *err);
void restart_look_fini(struct restart_look *look);

#endif
