// SPDX-License-Identifier: GPL-2.0-or-later
// From one entry of a list of the file to the jobs, files or data that it stands for: itself, or an
// instance for each set of values of its parameters. Texts that no parameter changes are shared by
// all instances.
#ifndef LIB_WORKFLOW_SPEC_EXPAND_H
#define LIB_WORKFLOW_SPEC_EXPAND_H

#include <jansson.h>

#include "lib/workflow/spec.h"
#include "lib/workflow/spec_fields.h"

struct section { // a list at the top of the file; its structs begin with a struct spec_place and
                 // have a name
    const char *name;
    const struct field_table *table;
    const void *defaults;      // a struct of it
    size_t size;               // likewise
    size_t name_at;            // of the name in it
    size_t list, count, space; // in struct spec
    size_t names;              // likewise: what has been added, in order
    bool expands;              // its entries may have parameters
};

// Adds what the entry `value` stands for; source stands at it. Instances that come to one name are
// one, with their lists united. Wrong parameters set spec->incomplete.
void spec_expand(struct source *source, struct spec *spec, const struct section *section,
                 json_t *value, struct spec_place place);

#endif
