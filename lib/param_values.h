// SPDX-License-Identifier: GPL-2.0-or-later
// The values of one parameter as the file writes them.
#ifndef LIB_PARAM_VALUES_H
#define LIB_PARAM_VALUES_H

#include <jansson.h>
#include <stdbool.h>

#include "lib/params.h"
#include "lib/source.h"

/* Reads a range, a list in text, a native list, a scalar, or "@file" (a value a line; blank lines and # lines are skipped), where
 * source stands. Memory is source's arena. False after an error. */
bool param_values_read(struct source *source, json_t *value, struct param_list *list);

#endif
