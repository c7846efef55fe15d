// SPDX-License-Identifier: GPL-2.0-or-later
// Why a job is in its state, for people. Texts are the caller's to free.
#ifndef LIB_SHOW_WHY_H
#define LIB_SHOW_WHY_H

#include "lib/show/screen.h"
#include "lib/store/read.h"

// In a word or two, for tables: "exit 3", "exit 139 SEGV", "signal 11 SEGV", "oom", "timeout",
// "missing_output"; what it completed with, "output_not_written"; while it runs "recovery script",
// if that runs after it; NULL when there is nothing to say.
char *why_attempt_short(const struct attempt_info *attempt);

// In a sentence: what the runner said, else "killed by signal 11 (SEGV), core dumped", "out of
// memory: it was held to 512m"; NULL while it runs, and when it completed without anything to say.
char *why_attempt(const struct attempt_info *attempt);

// Of a job, by its state: "waits for prep", "prep failed", else its last attempt's (may be NULL).
// NULL: nothing to say.
char *why_job_short(const struct job_info *job, const struct attempt_info *last);
char *why_job(const struct job_info *job, const struct attempt_info *last);

// Of a job that is not ready and waits: "waits for prep, which is running"; NULL: it does not.
char *why_waits(const struct job_info *job);

// Of a workflow: the name of its state; of one that has ended, whether all was well: "ended, 3 of
// 12 failed".
char *why_workflow(const struct workflow_info *workflow);
// Of one that has ended, with jobs that did not complete: the command that runs them again; NULL:
// none is needed.
char *why_again(const struct workflow_info *workflow);
enum color why_workflow_color(const struct workflow_info *workflow);
int64_t why_count_failed(const int64_t *counts); // of jobs by state: those that ended badly

#endif
