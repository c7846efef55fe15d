// SPDX-License-Identifier: GPL-2.0-or-later
// The values of one parameter as the file writes them, and the files that hold values.
#ifndef LIB_WORKFLOW_PARAM_VALUES_H
#define LIB_WORKFLOW_PARAM_VALUES_H

#include <jansson.h>
#include <stdbool.h>

#include "lib/text/params.h"
#include "lib/text/source.h"

// Reads a range, a list in text, a native list, a scalar, or "@file" (a value a line; blank lines
// and # lines are skipped), where source stands. Memory is source's arena. False after an error.
bool param_values_read(struct source *source, json_t *value, struct param_list *list);

// Reads a file that holds values, without the mark that some editors begin one with. False after an
// error, also for what is no UTF-8: it could become part of no JSON. *text is the caller's to free
// on both.
bool param_file_read(struct source *source, const char *path, char **text, size_t *length);

#endif
