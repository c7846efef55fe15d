// SPDX-License-Identifier: GPL-2.0-or-later
// Schedulers of a workflow file: how the allocations of the jobs that name them are asked for, in
// sbatch's own options. What they leave open is planned. Pure.
#ifndef LIB_WORKFLOW_SCHEDULER_H
#define LIB_WORKFLOW_SCHEDULER_H

#include <jansson.h>

#include "lib/workflow/sbatch_options.h"

struct scheduler {
    char *name;     // NULL: none of the file, but what its slurm_defaults say for jobs without one;
                    // owned
    bool standard;  // for the jobs that name none
    bool serialize; // one allocation after another
    struct sbatch_options options;
};

struct schedulers {
    struct scheduler *list;
    size_t count;
};

// The one of that name; NULL: the standard one. NULL when there is none.
const struct scheduler *schedulers_find(const struct schedulers *schedulers, const char *name);

// A new one at the end of the list.
struct scheduler *schedulers_add(struct schedulers *schedulers, const char *name);

// Takes the option away from all of them: somebody said otherwise.
void schedulers_drop_option(struct schedulers *schedulers, const char *option);

json_t *schedulers_json(const struct schedulers *schedulers);
// what schedulers_json gave; -1: it is not that
int schedulers_read(struct schedulers *schedulers, const json_t *list);
void schedulers_fini(struct schedulers *schedulers);

// Can an allocation that asks for that hold a job of this class? Else why (of `room` bytes) says
// what is too little: "its runtime is 2h, and scheduler s asks for 1h". any_length: the job may be
// longer than an allocation.
struct class_row;
bool scheduler_holds(const struct scheduler *scheduler, const struct sbatch_asks *asks,
                     const struct class_row *row, bool any_length, char *why, size_t room);

#endif
