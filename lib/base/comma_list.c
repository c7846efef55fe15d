// SPDX-License-Identifier: GPL-2.0-or-later
#include "lib/base/comma_list.h"

#include <string.h>

bool comma_list_next(const char **list, struct comma_item *item)
{
    if (!*list)
        return false;
    *item = (struct comma_item){.text = *list, .length = strcspn(*list, ",")};
    *list = item->text[item->length] ? item->text + item->length + 1 : NULL;
    return true;
}

static bool has(const char *list, const char *name, size_t length)
{
    struct comma_item item;
    while (comma_list_next(&list, &item))
        if (item.length == length && !strncmp(item.text, name, length))
            return true;
    return false;
}

bool comma_list_has(const char *list, const char *name)
{
    return has(list, name, strlen(name));
}

bool comma_list_has_all(const char *list, const char *wanted)
{
    struct comma_item item;
    while (comma_list_next(&wanted, &item))
        if (item.length && !has(list, item.text, item.length))
            return false;
    return true;
}
