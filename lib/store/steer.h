// SPDX-License-Identifier: GPL-2.0-or-later
// What the user does to single jobs, to a class, or to a workflow as a whole while it lives.
#ifndef LIB_STORE_STEER_H
#define LIB_STORE_STEER_H

#include "lib/base/record.h"
#include "lib/store/store.h"

enum steer_op {
    STEER_CANCEL,  // these jobs: those that wait are canceled, those that run are ended
    STEER_DISABLE, // these jobs do not run; who needs them may
    STEER_ENABLE,  // disabled ones are to run
    STEER_HOLD,    // the workflow starts no job; what runs goes on
    STEER_RELEASE,
    STEER_OPS,
};

struct steer_request {
    int64_t workflow_id;
    enum steer_op op;
    const int64_t *jobs; // ids; of HOLD and RELEASE none
    uint32_t jobs_count;
};
struct steer_reply {
    int64_t done;   // jobs that have the new state; of HOLD and RELEASE 1, if it was not so before
    int64_t ending; // that run: their runners are told
    int64_t left;   // that stay as they are: CANCEL what has ended, DISABLE what is running or at a
                    // runner, ENABLE what is not disabled
};

// In one transaction, with what follows for the jobs that need these. ERROR_USAGE: there is no such
// workflow, or it has ended (HOLD).
int store_steer(struct store *store, const struct steer_request *request, struct steer_reply *reply,
                struct error *err);

struct class_update { // of the class of that name, whatever its scheduler and labels
    int64_t workflow_id;
    const char *name;
    int32_t cpus, gpus_milli;           // 0 and -1: as they are
    int64_t memory_bytes, runtime_usec; // 0: as it is
};
// *jobs: how many of the class have not ended, and get it; those that run keep what they have.
// ERROR_USAGE: there is no such class.
int store_update_class(struct store *store, const struct class_update *update, int64_t *jobs,
                       struct error *err);

#endif
