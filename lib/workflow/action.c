// SPDX-License-Identifier: GPL-2.0-or-later
#include "lib/workflow/action.h"

#include <stddef.h>

const char *const action_trigger_names[] = {
    "on_workflow_start",
    "on_workflow_complete",
    "on_jobs_ready",
    "on_jobs_complete",
    "on_worker_start",
    "on_worker_complete",
    NULL,
};
const char *const action_type_names[] = {"run_commands", "schedule_nodes", NULL};
const char *const action_state_names[] = {"waiting", "fired", "running", "done", "failed", NULL};
