// SPDX-License-Identifier: GPL-2.0-or-later
#include "runner/batch.h"

#include <stdlib.h>

#include "lib/base/mem.h"

struct batch *batch_create(const struct sync_reply *reply)
{
    struct batch *batch = xcalloc(1, sizeof *batch);
    batch->reply = *reply;
    batch->users = 1;
    return batch;
}

void batch_release(struct batch *batch)
{
    if (--batch->users)
        return;
    sync_reply_fini(&batch->reply);
    free(batch);
}
