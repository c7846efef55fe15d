// SPDX-License-Identifier: GPL-2.0-or-later
// Part of the reading of workflow files: slurm_defaults.
#ifndef LIB_WORKFLOW_SPEC_SCHEDULERS_H
#define LIB_WORKFLOW_SPEC_SCHEDULERS_H

#include "lib/workflow/spec_fields.h"

// A reader of a field (lib/workflow/spec_fields.h), into a struct texts of sbatch's options,
// "--name=value".
void spec_defaults_read(struct source *source, json_t *value, const struct field *field, void *at);

#endif
