// SPDX-License-Identifier: GPL-2.0-or-later
// Pages keep a workflow of a million jobs out of memory, and the database unlocked in between.
#include "lib/store/read_each.h"

#include <stddef.h>

int store_read_each(struct store *store, struct read_request request, read_visit *each,
                    void *context, struct error *err)
{
    for (bool more = true; more;) {
        struct read_reply reply = {0};
        if (store_read(store, &request, &reply, err))
            return -1;
        int result = 0;
        for (uint32_t i = 0; i < reply.count && !result; i++)
            result = each(context, &reply, i, err);
        more = reply.more;
        request.after_id = reply.last_id;
        read_reply_fini(&reply);
        if (result)
            return -1;
    }
    return 0;
}

int store_read_last_attempt(struct store *store, const struct job_info *job, int64_t workflow_id,
                            struct read_reply *reply, const struct attempt_info **attempt,
                            struct error *err)
{
    struct read_request request = {
        .what = READ_ATTEMPTS, .workflow_id = workflow_id, .job_id = job->id};
    *reply = (struct read_reply){0};
    *attempt = NULL;
    if (store_read(store, &request, reply, err))
        return -1;
    while (reply->more) {
        request.after_id = reply->last_id;
        read_reply_fini(reply);
        *reply = (struct read_reply){0};
        if (store_read(store, &request, reply, err))
            return -1;
    }
    if (reply->count)
        *attempt = &reply->attempts[reply->count - 1];
    return 0;
}
