// SPDX-License-Identifier: GPL-2.0-or-later
// The three graphs of a workflow as DOT text: how they look.
#ifndef CLI_PICTURE_H
#define CLI_PICTURE_H

#include <stdio.h>

#include "cli/subject.h"

enum picture_kind { PICTURE_JOB_JOB, PICTURE_JOB_FILE, PICTURE_REQUIREMENTS, PICTURE_KINDS };
extern const char *const picture_kind_names[PICTURE_KINDS];

// each: every job is a box of its own, however many there are.
void picture_draw(FILE *out, const struct subject *subject, enum picture_kind kind, bool each);

#endif
