// SPDX-License-Identifier: GPL-2.0-or-later
// What can happen to workflows, jobs, runners and allocations, and is kept: every change of a
// state. The numbers and their names are those of the table event_kind in schema.sql.
#ifndef LIB_STORE_EVENTS_H
#define LIB_STORE_EVENTS_H

enum event_kind {
    EVENT_WORKFLOW_CREATED = 1,
    EVENT_WORKFLOW_ENDED,
    EVENT_WORKFLOW_CANCELED,
    EVENT_WORKFLOW_RESTARTED,
    EVENT_JOB_READY = 10,
    EVENT_JOB_STARTED,
    EVENT_JOB_ENDED,
    EVENT_JOB_CANCELED,
    EVENT_JOB_RETURNED,
    EVENT_JOB_CLAIMED,
    EVENT_RUNNER_STARTED = 20,
    EVENT_RUNNER_LEFT,
    EVENT_RUNNER_LOST,
    EVENT_SUBMISSION_PLANNED = 30,
    EVENT_SUBMISSION_QUEUED,
    EVENT_SUBMISSION_FAILED,
    EVENT_ALLOCATION_STARTED,
    EVENT_ALLOCATION_ENDED,
    EVENT_ALLOCATION_CANCELED,
    EVENT_ACTION_FIRED = 40,
    EVENT_ACTION_STARTED,
    EVENT_ACTION_ENDED,
    EVENT_ACTION_LOST,
    EVENT_USER = 50,
};

#endif
