// SPDX-License-Identifier: GPL-2.0-or-later
// The row of the database of one sbatch: what is in it, and whether it is needed still. No program
// is run for it.
#ifndef LIB_SLURM_SUBMISSION_H
#define LIB_SLURM_SUBMISSION_H

#include "lib/slurm/submit.h"

// What is written down of a request before sbatch is called.
struct submission submission_row(const struct submit_request *request, struct arena *arena);

// Is there work left of what it was made for? demand NULL: none.
bool submission_is_needed(const struct demand *demand, const struct submission *submission);

#endif
