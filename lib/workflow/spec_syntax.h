// SPDX-License-Identifier: GPL-2.0-or-later
// What is said of a text that is no JSON object at all.
#ifndef LIB_WORKFLOW_SPEC_SYNTAX_H
#define LIB_WORKFLOW_SPEC_SYNTAX_H

#include "lib/text/source.h"

void spec_report_syntax(struct source *source); // where and why

#endif
