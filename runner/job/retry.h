// SPDX-License-Identifier: GPL-2.0-or-later
// A failed job whose failure handler takes the failure: it is tried again, after the recovery
// script of the rule, which runs in the job's share, under its limits, before anybody may claim it.
#ifndef RUNNER_JOB_RETRY_H
#define RUNNER_JOB_RETRY_H

#include "runner/job/job.h"

// The job has its verdict, of an attempt that had a process. Changes it to READY (tried again) or
// PENDING_FAILED where the handler says so. True: its recovery script has started, and decides.
bool retry_begin(struct jobs *jobs, struct job *job);

// The script, job->recovering, has ended, with job->status; nothing of it is alive.
void retry_end(struct jobs *jobs, struct job *job);

#endif
