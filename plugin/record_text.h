// SPDX-License-Identifier: GPL-2.0-or-later
// The text of a usage record, as lib/meter/step_record.h defines it.
#ifndef PLUGIN_RECORD_TEXT_H
#define PLUGIN_RECORD_TEXT_H

#include <stddef.h>

#include "lib/meter/step_record.h"

// Writes the record's text to buf (of STEP_RECORD_MAX bytes, no final NUL) and gives its length, or
// 0 if it does not fit. Values of -1 get no line. job and "run.attempt" are taken from the texts,
// as Slurm's step had them.
size_t record_text_format(const struct step_record *record, const char *job, const char *attempt,
                          char *buf);

#endif
