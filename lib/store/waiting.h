// SPDX-License-Identifier: GPL-2.0-or-later
// Waiting until a workflow has ended.
#ifndef LIB_STORE_WAITING_H
#define LIB_STORE_WAITING_H

#include <signal.h>

#include "lib/store/read.h"

// How it ended: 0, every job completed or is disabled; 1, not; -1, it has not ended. What only
// waits for a decision of the user (pending_failed) has.
int waiting_result(const struct workflow_info *info);

// Gives what the waiting ends with, or -1: it goes on, or, with err set, failed. info: NULL when
// there is no such workflow any more. changed: the database, since the last look.
typedef int waiting_look(void *context, const struct workflow_info *info, bool changed,
                         struct error *err);

struct waiting {
    struct store *store;
    int64_t workflow_id;
    int64_t patience_msec; // it looks with each change, and without one after so long
    waiting_look *look;
    void *context;
    const volatile sig_atomic_t *stop; // ends it when not 0; NULL: nothing does
};

// What a look gave; -1: failed, or, with no code in err, stopped.
int waiting_run(const struct waiting *waiting, struct error *err);

#endif
