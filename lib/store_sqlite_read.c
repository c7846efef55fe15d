// SPDX-License-Identifier: GPL-2.0-or-later
// Pages for reports, and cancellation.
#include "lib/mem.h"
#include "lib/store_sqlite.h"

int sqlite_read(void *impl, const struct read_request *request, struct read_reply *reply, struct error *err)
{
    (void)impl; (void)request; (void)reply;
    return error_set(err, ERROR_INTERNAL, 0, "not built yet");
}

int sqlite_cancel(void *impl, int64_t workflow_id, struct submissions *to_cancel, struct error *err)
{
    (void)impl; (void)workflow_id; (void)to_cancel;
    return error_set(err, ERROR_INTERNAL, 0, "not built yet");
}
