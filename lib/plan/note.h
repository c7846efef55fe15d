// SPDX-License-Identifier: GPL-2.0-or-later
// Notes of a plan, written by its parts only.
#ifndef LIB_PLAN_NOTE_H
#define LIB_PLAN_NOTE_H

#include "lib/base/duration.h"
#include "lib/base/size.h"
#include "lib/plan/plan.h"

// "8g" and "1h30m", as they are written in workflow files.
enum { NOTE_TEXT = DURATION_TEXT };
#define SIZE(buffer, bytes) size_format(bytes, buffer, sizeof(buffer))
#define TIME(buffer, usec) duration_format(usec, buffer, sizeof(buffer))

// Adds a note that begins with the job or the class; refused: the plan is, too.
void plan_note(struct plan *plan, const struct plan_class *class, bool refused, const char *format,
               ...) __attribute__((format(printf, 4, 5)));

#endif
