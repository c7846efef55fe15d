// SPDX-License-Identifier: GPL-2.0-or-later
// Part of the reading of workflow files: the rules of failure handlers; actions, which are checked
// in full, and refused by name when the workflow is to run; and the resource monitor.
#ifndef LIB_WORKFLOW_SPEC_HANDLING_H
#define LIB_WORKFLOW_SPEC_HANDLING_H

#include "lib/workflow/spec.h"
#include "lib/workflow/spec_fields.h"

// Readers of fields (lib/workflow/spec_fields.h): rules into a struct spec_handler, actions
// into a struct spec_actions, the monitor into a struct settings.
void spec_rules_read(struct source *source, json_t *value, const struct field *field, void *at);
void spec_actions_read(struct source *source, json_t *value, const struct field *field, void *at);
void spec_monitor_read(struct source *source, json_t *value, const struct field *field, void *at);

#endif
