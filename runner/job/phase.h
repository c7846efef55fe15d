// SPDX-License-Identifier: GPL-2.0-or-later
// Where an attempt is on its way from claim to verdict.
#ifndef RUNNER_JOB_PHASE_H
#define RUNNER_JOB_PHASE_H

enum phase {
    PHASE_HINT,     // not claimed: in the chain of a job that it waits for
    PHASE_HELD,     // claimed, to be started when it fits
    PHASE_INPUTS,   // has its share, waits for its inputs to become visible
    PHASE_RUNNING,  // has a process
    PHASE_DYING,    // the first process is gone, others not yet
    PHASE_DRAINING, // all are gone, and its share is free; what it printed is being written
    PHASE_OUTPUTS,  // all are gone; it waits until its outputs become visible
    PHASE_ENDED,    // has its verdict, which the store has not acknowledged
};

#endif
