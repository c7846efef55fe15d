// SPDX-License-Identifier: GPL-2.0-or-later
// Results on disks that the database does not have, of a workflow that has not ended.
#ifndef LIB_SHOW_LEFT_RESULTS_H
#define LIB_SHOW_LEFT_RESULTS_H

#include "lib/store/read.h"

// In a sentence, with the command that takes them in; the caller's to free. NULL: there are none.
char *left_results(struct store *store, const struct workflow_info *workflow);

#endif
