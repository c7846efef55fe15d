// SPDX-License-Identifier: GPL-2.0-or-later
// One reader per type of field, for spec_fields.c alone.
#ifndef LIB_WORKFLOW_SPEC_VALUES_H
#define LIB_WORKFLOW_SPEC_VALUES_H

#include "lib/workflow/spec_fields.h"

// Reads value, where source stands, into `at`, a place of the field's type; what is wrong with it
// is an error there, and leaves `at` as it was.
typedef void field_reader(struct source *source, json_t *value, const struct field *field,
                          void *at);

extern field_reader *const field_readers[]; // by enum field_type

#endif
