// SPDX-License-Identifier: GPL-2.0-or-later
// User data and events of a workflow, in batches: what `torc data` and `torc event` say, and jobs
// over their runner's socket.
#ifndef LIB_STORE_DATA_H
#define LIB_STORE_DATA_H

#include "lib/store/store.h"

enum { DATA_MOST_BYTES = 4 * 1024 * 1024 }; // of one value

enum data_op {
    DATA_NONE, // asks for nothing, and gets nothing
    DATA_SET,  // gives a value to user data that the workflow has
    DATA_GET,  // asks for one: also what this batch has set before
    DATA_POST, // an event of kind `user`
};

struct data_change {
    enum data_op op;
    const char *name; // of the data, or of the event
    // DATA_SET: the value; DATA_POST: what belongs to the event, or NULL. Valid UTF-8
    const char *json;
    int64_t job_id;  // DATA_POST: the job that posts; 0: none
    const char *key; // DATA_POST: an event of this key, if there is one, is not posted again; NULL:
                     // always posted
};

struct data_request {
    int64_t workflow_id;
    int64_t runner_id, seq; // of a runner, which counts 1, 2, …: a request it sends again changes
                            // nothing. 0: not of a runner
    const struct data_change *changes; // applied in this order, in one transaction
    uint32_t changes_count;
};

struct data_answer {
    const char *error; // why this change was not made (the others were), or NULL
    const char *json;  // DATA_GET: the value; NULL: it has none yet
};

struct data_reply {
    struct data_answer *answers; // one for each change
    uint32_t answers_count;
    struct arena *arena;
};

// All of a request is durable when this returns 0. ERROR_USAGE: no such workflow, or the runner was
// declared lost.
int store_data(struct store *store, const struct data_request *request, struct data_reply *reply,
               struct error *err);
void data_reply_fini(struct data_reply *reply);

#endif
