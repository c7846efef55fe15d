// SPDX-License-Identifier: GPL-2.0-or-later
// Classes as they are shown: each in a row, or, when they are many, those that may share
// allocations as one.
#ifndef CLI_CLASS_KINDS_H
#define CLI_CLASS_KINDS_H

#include "lib/show/screen.h"
#include "lib/workflow/workflow.h"

struct class_kinds {
    int32_t *of;  // by class: the first that is shown as one with it
    size_t *size; // by class: so many are shown as it
};

// each: in a row however many they are. class_kinds_fini is due.
void class_kinds_make(struct class_kinds *kinds, const struct workflow *workflow, bool each);
void class_kinds_fini(struct class_kinds *kinds);

// "small", or "200 classes"; the caller's to free.
char *class_kinds_name(const struct class_kinds *kinds, const struct workflow *workflow,
                       int32_t class);

void class_kinds_show(const struct class_kinds *kinds, const struct workflow *workflow,
                      const struct screen *screen);

#endif
