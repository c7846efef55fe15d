// SPDX-License-Identifier: GPL-2.0-or-later
#include "lib/show/left_results.h"

#include "lib/base/mem.h"
#include "lib/store/journal.h"

char *left_results(struct store *store, const struct workflow_info *workflow)
{
    struct journal_found found;
    struct error ignored;
    if (workflow->state != WORKFLOW_RUNNING && workflow->state != WORKFLOW_HELD)
        return NULL;
    int rc = journal_look(store, workflow->id, &found, &ignored);
    int64_t left = rc ? 0 : found.accepted;
    journal_found_fini(&found);
    if (!left)
        return NULL;
    return xasprintf("%lld result%s left on the disk by a runner that could not reach the "
                     "database; to take %s in: torc recover %lld",
                     (long long)left, left == 1 ? " was" : "s were", left == 1 ? "it" : "them",
                     (long long)workflow->id);
}
