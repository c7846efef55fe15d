// SPDX-License-Identifier: GPL-2.0-or-later
// Jobs, files and data that a workflow has, put behind those that are to be added to it: so that
// the new ones may name them, and are checked against them.
#ifndef LIB_WORKFLOW_SPEC_KNOWN_H
#define LIB_WORKFLOW_SPEC_KNOWN_H

#include "lib/workflow/more.h"
#include "lib/workflow/spec.h"

// The names that the entries have and use; workflow_names_fini is due.
void spec_names(const struct spec *spec, struct workflow_names *names, struct arena *text);
void workflow_names_fini(struct workflow_names *names);

// Counts what there is into `more`; new jobs get their lineage into their environment. Texts of the
// known are borrowed.
void spec_add_known(struct spec *spec, struct workflow_more *more, struct arena *text);

#endif
