// SPDX-License-Identifier: GPL-2.0-or-later
// --restart: the workflow that exists takes a changed file, and what must run again is submitted.
#ifndef SUBMITTER_RESTART_H
#define SUBMITTER_RESTART_H

#include "submitter/options.h"

// Gives the exit code, or -1 with err.
int restart_with_file(const struct options *options, struct error *err);

#endif
