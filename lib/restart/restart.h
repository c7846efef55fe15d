// SPDX-License-Identifier: GPL-2.0-or-later
// A restart from end to end: read, look, decide, and, if that is what is wanted, do it.
#ifndef LIB_RESTART_RESTART_H
#define LIB_RESTART_RESTART_H

#include "lib/restart/decide.h"

struct restart {
    struct restart_facts facts;
    struct restart_look look;
    struct restart_verdict *verdicts; // by facts.jobs
    uint32_t again, maybe;            // jobs of the user's that run again, that may
};

struct restart_wish {
    bool failed, force;
    const char *job_glob; // only these jobs, what comes after them, and what they lack; NULL: all
};

// Changes nothing. ERROR_USAGE: no job matches. On 0 restart_fini is due.
int restart_find(struct store *store, int64_t workflow_id, const struct restart_wish *wish,
                 struct restart *restart, struct error *err);

// Does what was found, at once and whole.
int restart_apply(struct store *store, const struct restart *restart, struct restart_reply *reply,
                  struct error *err);
void restart_fini(struct restart *restart);

#endif
