// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/one_workflow.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/store/read_each.h"

struct named {
    const char *name;
    char *ids;
    size_t count;
};

static int each_workflow(void *context, const struct read_reply *reply, uint32_t index,
                         struct error *err)
{
    struct named *named = context;
    const struct workflow_info *workflow = &reply->workflows[index];
    (void)err;
    if (strcmp(workflow->name, named->name) != 0)
        return 0;
    char *ids = named->ids ? xasprintf("%s, %lld", named->ids, (long long)workflow->id)
                           : xasprintf("%lld", (long long)workflow->id);
    free(named->ids);
    named->ids = ids;
    named->count++;
    return 0;
}

int one_workflow(struct store *store, const char *text, struct read_reply *reply, struct error *err)
{
    struct read_request request = {.what = READ_WORKFLOWS};
    struct named named = {.name = text};
    bool number = !text || strspn(text, "0123456789") == strlen(text);
    int rc = number ? 0 : store_read_each(store, request, each_workflow, &named, err);
    if (!rc && named.count > 1)
        rc = error_set(err, ERROR_USAGE, 0,
                       "%zu workflows have the name %s: say which by its ID (%s)", named.count,
                       text, named.ids);
    free(named.ids);
    return rc ? -1 : target_workflow(store, text, reply, err);
}
