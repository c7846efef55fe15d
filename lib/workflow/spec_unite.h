// SPDX-License-Identifier: GPL-2.0-or-later
// Instances of one entry that come to the same name are one: their lists are united, all else must
// be equal.
#ifndef LIB_WORKFLOW_SPEC_UNITE_H
#define LIB_WORKFLOW_SPEC_UNITE_H

#include "lib/workflow/spec_fields.h"

struct unite {     // starts zeroed for each entry of the file
    bool differed; // it was said
};

// Takes the lists of `from` into `into`; both are structs of the table. A field that differs is an
// error, the first time.
void unite_entries(struct unite *unite, struct source *source, const struct field_table *table,
                   void *into, const void *from);

#endif
