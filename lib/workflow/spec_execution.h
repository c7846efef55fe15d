// SPDX-License-Identifier: GPL-2.0-or-later
// Part of the reading of workflow files: execution_config, whose fields hang together.
#ifndef LIB_WORKFLOW_SPEC_EXECUTION_H
#define LIB_WORKFLOW_SPEC_EXECUTION_H

#include "lib/workflow/spec_fields.h"

struct spec;

// A reader of a field (lib/workflow/spec_fields.h), into a struct spec.
void spec_execution_read(struct source *source, json_t *value, const struct field *field, void *at);

// job_stdio_overrides, once all jobs are known: into the jobs of these names that have no "stdio"
// of their own.
void spec_execution_settle(struct source *source, struct spec *spec);

#endif
