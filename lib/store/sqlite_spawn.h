// SPDX-License-Identifier: GPL-2.0-or-later
// A call that adds jobs, while it is looked at and carried out. Only sqlite_spawn*.c include it.
#ifndef LIB_STORE_SQLITE_SPAWN_H
#define LIB_STORE_SQLITE_SPAWN_H

#include "lib/store/spawn.h"
#include "lib/store/sqlite_seen.h"

enum spawned_kind { SPAWNED_JOB, SPAWNED_FILE, SPAWNED_DATA };

struct spawning {
    struct tx *tx;
    const struct workflow *w;
    const struct spawn_request *q;
    int64_t *classes, *jobs, *files, *data; // ids, as the lists of w; 0: none yet, or not wanted
    int64_t *signatures;
    bool *new_jobs;             // to be added; barriers too
    int64_t spawn_id, last_job; // the highest id before
    int64_t before;             // the spawn in which jobs of this call were added before
    struct spawn_reply *reply;
};

// ERROR_USAGE: the job does not run, in this attempt.
int spawn_check_caller(const struct spawning *s, struct error *err);
// Finds ids of what is there, and what of it this job added before. ERROR_USAGE: something is
// there and is another thing.
int spawn_look(struct spawning *s, struct error *err);
int spawn_is_other(const char *what, const char *name, const char *of, struct error *err); // -1

#endif
