// SPDX-License-Identifier: GPL-2.0-or-later
// Lists as "a,b,c": their items are neither quoted nor trimmed. Pure.
#ifndef LIB_BASE_COMMA_LIST_H
#define LIB_BASE_COMMA_LIST_H

#include <stdbool.h>

// Is `name` an item of the list (NULL: of none)?
bool comma_list_has(const char *list, const char *name);

#endif
