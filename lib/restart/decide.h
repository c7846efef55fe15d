// SPDX-License-Identifier: GPL-2.0-or-later
// Which jobs a restart runs again: semantics §4. Pure.
#ifndef LIB_RESTART_DECIDE_H
#define LIB_RESTART_DECIDE_H

#include "lib/restart/look.h"

enum restart_what {
    RESTART_KEEP,
    RESTART_MAYBE,   // only if what it reads has other content once its needs have ended
    RESTART_REWRITE, // it runs again, but may well write what it wrote before
    RESTART_AGAIN,   // it runs again, and all that comes after it
};
enum restart_why {
    WHY_NONE,
    WHY_ASKED,     // named by the user
    WHY_STATE,     // it did not complete
    WHY_ADDED,     // it is new in the file
    WHY_EDITED,    // its command, environment, needs or names changed in the file
    WHY_INPUT,     // .other: the file whose content changed
    WHY_DATA,      // .other: the user data whose value changed
    WHY_OUTPUT,    // .other: the output file that is missing
    WHY_UNSET,     // .other: the output data that is missing
    WHY_EPHEMERAL, // .other: the ephemeral data that it sets
    WHY_NEED,      // .other: the job that it needs, and that runs again
    WHY_TEMPORARY, // .other: its file that is missing, and that a job reads which runs again
    WHY_NEEDED,    // .other: the job that was asked for, and needs it
};
struct restart_verdict {
    enum restart_what what;
    enum restart_why why;
    uint32_t other; // index in facts: of a job, a file or data
};

struct restart_choice { // of the user's; all false: what must be
    bool failed;        // only for jobs that did not complete; contents are not compared
    bool force;         // all jobs
    const bool *asked;  // by job: these, what comes after them, and what they still lack; or NULL
    const bool *edited; // by job: it changed in the file; or NULL
    const bool *added;  // by job: it is new in the file; or NULL
};

// Fills one verdict a job, barriers among them.
void restart_decide(const struct restart_facts *facts, const struct restart_look *look,
                    const struct restart_choice *choice, struct restart_verdict *verdicts);

// Why in words, as part of a sentence: "its input file x changed". The caller's to free.
char *restart_why_text(const struct restart_facts *facts, uint32_t job,
                       const struct restart_verdict *verdict);

#endif
