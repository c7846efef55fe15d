// SPDX-License-Identifier: GPL-2.0-or-later
// A restart from end to end: read, look, decide, and, if that is what is wanted, do it.
#ifndef LIB_RESTART_RESTART_H
#define LIB_RESTART_RESTART_H

#include "lib/restart/amend.h"
#include "lib/restart/escalate.h"
#include "lib/store/create.h"
#include "lib/store/read.h"

struct restart {
    struct restart_facts facts;  // of the changed file, where there is one: amendment->facts
    struct restart_facts old;    // then: of the database
    struct amendment *amendment; // NULL: the file is as it was
    const struct workflow *workflow;
    struct restart_look look;
    struct restart_verdict *verdicts; // by facts.jobs
    struct escalations more;          // empty unless it was wished
    uint32_t again, maybe;            // jobs of the user's that run again, that may
    uint32_t unseen;                  // that completed before torc noted what its jobs read
};

struct restart_wish {
    bool failed, force;
    const struct escalation_limits *escalate; // more for what died of too little; NULL: no
    const struct workflow *workflow; // the changed file; it must outlive the restart. NULL: none
    const char *job_glob; // only these jobs, what comes after them, and what they lack; NULL: all
};

// The workflow that is restarted with a file: that of the id; 0: the last one that came from the
// file (an absolute path). ERROR_USAGE: there is none. reply holds it alone, the caller's to fini.
int restart_workflow_of(struct store *store, int64_t id, const char *file, struct read_reply *reply,
                        struct error *err);

// Changes nothing. ERROR_USAGE: no job matches. On 0 restart_fini is due.
int restart_find(struct store *store, int64_t workflow_id, const struct restart_wish *wish,
                 struct restart *restart, struct error *err);

// Does what was found, at once and whole. origin: of the changed file, else NULL.
int restart_apply(struct store *store, const struct restart *restart,
                  const struct workflow_origin *origin, struct restart_reply *reply,
                  struct error *err);
void restart_fini(struct restart *restart);

#endif
