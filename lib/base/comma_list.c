// SPDX-License-Identifier: GPL-2.0-or-later
#include "lib/base/comma_list.h"

#include <string.h>

bool comma_list_has(const char *list, const char *name)
{
    size_t want = strlen(name);
    for (; list && *list; list += strcspn(list, ","), list += *list == ',') {
        if (strcspn(list, ",") == want && !strncmp(list, name, want))
            return true;
    }
    return false;
}
