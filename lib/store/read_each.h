// SPDX-License-Identifier: GPL-2.0-or-later
// Reading all pages of a request.
#ifndef LIB_STORE_READ_EACH_H
#define LIB_STORE_READ_EACH_H

#include "lib/store/read.h"

// Calls `each` for every row of `request` (whose after_id is moved on), page by page; row points
// into an array of the reply's union. Stops early with -1 when `each` gives that.
typedef int read_visit(void *context, const struct read_reply *reply, uint32_t index,
                       struct error *err);
int store_read_each(struct store *store, struct read_request request, read_visit *each,
                    void *context, struct error *err);

// The newest attempt of the job, in *attempt (all pages of it in reply, the caller's to fini); NULL
// when it never started.
int store_read_last_attempt(struct store *store, const struct job_info *job, int64_t workflow_id,
                            struct read_reply *reply, const struct attempt_info **attempt,
                            struct error *err);

#endif
