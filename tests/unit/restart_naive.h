// SPDX-License-Identifier: GPL-2.0-or-later
// Which jobs must run: from the table of semantics §4 and nothing else. Knows of no hash, no
// identity of a file, no barrier, and nothing of lib/restart.
#ifndef TESTS_UNIT_RESTART_NAIVE_H
#define TESTS_UNIT_RESTART_NAIVE_H

#include "tests/unit/restart_world.h"

struct naive {
    const struct oracle_case *c, *filed; // as the file is now, as the last restart found it
    const struct round *round;
    struct job_memory jobs[JOBS_MOST]; // in: before the restart; out: after it
    content files[FILES_MOST], data[DATA_MOST];
    const int *ran; // only these ran, then the runner left; NULL: all that had to
    // out
    bool runs[JOBS_MOST];
    const char *why[JOBS_MOST];
    int again, maybe;     // what a restart can say before they run
    bool more[JOBS_MOST]; // --escalate: these get more
};

void naive_predict(struct naive *n);

#endif
