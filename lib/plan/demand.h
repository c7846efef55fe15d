// SPDX-License-Identifier: GPL-2.0-or-later
// How much work waits in a workflow, and how much room there is for it, by class.
#ifndef LIB_PLAN_DEMAND_H
#define LIB_PLAN_DEMAND_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/workflow/workflow.h"

struct class_demand {
    int64_t class_id, pool; // pool: that class of it that is its name
    struct class_row row;
    int64_t ready, soon;    // soon: blocked, and every unmet need is ready, pending or running
    int64_t blocked, ended; // ended: in a final state
    int64_t room; // jobs of the class that live and queued allocations have time and slots for
    // of its pool, which shares them:
    int64_t allocations; // live and queued ones that were made for it
    int64_t vain;        // of those asked for since any job last ran, ended without one having run
    bool waiting;        // a submission made for it has not started yet, or it has max_allocations
    bool held; // the action that covers it gives it nodes, or will: none are planned besides
};

struct action_demand { // nodes that an action (schedule_nodes) asks for
    int32_t position, num_allocations;
    const char *scheduler;
    bool due;   // now; else it has not fired yet
    bool again; // it has asked before: no more than is needed
};

struct demand {
    struct class_demand *classes;  // without those whose jobs have all ended
    struct action_demand *actions; // whose nodes have not been asked for
    uint32_t classes_count, actions_count;
    struct arena *arena;
};

void demand_fini(struct demand *demand);

#endif
