// SPDX-License-Identifier: GPL-2.0-or-later
// Why a job is in its state, for people. Texts are the caller's to free.
#ifndef LIB_SHOW_WHY_H
#define LIB_SHOW_WHY_H

#include "lib/store/read.h"

// In a sentence: what the runner said, else "killed by signal 11 (SEGV), core dumped", "out of
// memory: it was held to 512m"; NULL while it runs, and when it completed without anything to say.
char *why_attempt(const struct attempt_info *attempt);

// Of a job, by its state: "waits for prep", "prep failed", else its last attempt's (may be NULL).
// NULL: nothing to say.
char *why_job_short(const struct job_info *job, const struct attempt_info *last);
char *why_job(const struct job_info *job, const struct attempt_info *last);

#endif
