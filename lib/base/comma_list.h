// SPDX-License-Identifier: GPL-2.0-or-later
// Lists as "a,b,c": their items are neither quoted nor trimmed. Pure.
#ifndef LIB_BASE_COMMA_LIST_H
#define LIB_BASE_COMMA_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct comma_item {
    const char *text; // within the list, not ended by 0
    size_t length;
};

// Takes the next item off *list; false: there is none left. Between two commas, and behind the
// last, there is an item, if an empty one; a list of NULL has none.
bool comma_list_next(const char **list, struct comma_item *item);

// Is `name` an item of the list (NULL: of none)?
bool comma_list_has(const char *list, const char *name);

// Does the list have all items of `wanted`, but for empty ones?
bool comma_list_has_all(const char *list, const char *wanted);

#endif
