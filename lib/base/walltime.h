// SPDX-License-Identifier: GPL-2.0-or-later
// Walltimes as sbatch's option -t reads them.
#ifndef LIB_BASE_WALLTIME_H
#define LIB_BASE_WALLTIME_H

#include <stdint.h>

// "30" (minutes), "30:00", "1:30:00", "2-12" (days-hours), "2-12:30", "2-12:30:00". Returns 0, or
// -1 for anything else, for 0 and for "UNLIMITED".
int walltime_parse(const char *text, int64_t *usec);

#endif
