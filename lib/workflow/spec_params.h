// SPDX-License-Identifier: GPL-2.0-or-later
// Variables and parameters as the file writes them: the workflow's, and those of one entry.
#ifndef LIB_WORKFLOW_SPEC_PARAMS_H
#define LIB_WORKFLOW_SPEC_PARAMS_H

#include <jansson.h>

#include "lib/workflow/spec.h"

// Reads the workflow's variables, then its parameters and its table, wherever they stand in the
// file; nothing when its JSON is broken there. Reads the files that they name.
void spec_params_read_top(struct source *source, struct spec *spec);

// The parameters of an entry, where source stands: inherited ones and its own, or its table. 1: it
// has some, 0: none, -1: they are wrong.
int spec_params_read_entry(struct source *source, const struct spec *spec, json_t *object,
                           struct params *params);

// Puts the workflow's variables into every text of the value but those of "use_parameters".
void spec_variables_apply(const struct spec *spec, json_t *value);

// The place of a parameter of that name, or params->count.
size_t params_find(const struct params *params, const char *name, size_t length);

#endif
