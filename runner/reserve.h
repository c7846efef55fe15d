// SPDX-License-Identifier: GPL-2.0-or-later
// A job that needs more than is ever free at once, as smaller ones pass it again and again, is
// claimed after a while, and room is kept for it: until enough of those that run have ended, only
// jobs start that are to end before, as backfill schedulers have it.
#ifndef RUNNER_RESERVE_H
#define RUNNER_RESERVE_H

#include "lib/store/sync.h"
#include "runner/job/job.h"

struct reservation {
    int64_t passed_usec;   // since when others pass a job; 0: none
    int64_t patience_usec; // how long they may: the runtime of that job, at most a minute
    int64_t job_id;        // of those held, for which room is kept; 0: none
    int64_t until_usec;    // it starts until then, or is given back
    int64_t left_usec;  // until jobs are told to end, when the present request was made; 0: no end
    bool asked, looked; // the present request is for it; gives a place to the first that fits
};

// Changes what a request asks for.
void reserve_fill(struct reservation *r, struct jobs *jobs, struct claim_request *claim);
// The jobs of the reply are held. True: the next request is due at once.
bool reserve_heard(struct reservation *r, struct jobs *jobs, const struct sync_reply *reply);
// A held job does not fit what is free, and one behind it has started.
void reserve_passed(struct reservation *r, const struct jobs *jobs, const struct job *job);
// Is room kept for this job? Then it is not given back.
bool reserve_keeps(const struct reservation *r, const struct job *job);

#endif
