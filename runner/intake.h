// SPDX-License-Identifier: GPL-2.0-or-later
// May jobs be taken in here, that is claimed and started? Everything that may say no. Pure.
#ifndef RUNNER_INTAKE_H
#define RUNNER_INTAKE_H

#include <stdbool.h>
#include <stdint.h>

struct intake {
    bool draining;         // what runs has been told to end
    bool leaving;          // the next sync is the runner's last
    bool complete;         // the workflow is, as the last reply said
    int32_t failures;      // jobs that failed here
    int32_t failures_most; // with so many nothing starts any more; 0: any number
};

static inline bool intake_has_failed(const struct intake *intake)
{
    return intake->failures_most && intake->failures >= intake->failures_most;
}

static inline bool intake_is_open(const struct intake *intake)
{
    return !intake->draining && !intake->leaving && !intake->complete && !intake_has_failed(intake);
}

#endif
