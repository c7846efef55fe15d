// SPDX-License-Identifier: GPL-2.0-or-later
// An instance of WfCommons (lib/workflow/instance.h) as a workflow file: a task is a job, tasks of
// a category ask for the same, rounded up, and what is alike is one class. Pure.
#ifndef LIB_WORKFLOW_INSTANCE_WORKFLOW_H
#define LIB_WORKFLOW_INSTANCE_WORKFLOW_H

#include "lib/workflow/instance.h"

struct instance_names { // legal here, and each once; of the instance's arena
    const char **tasks, **files;
};

// Commands are kept, or, with a scale above 0, become "torc replay", which takes so much of the
// time and memory that the task took, and writes files of the size that its files had, in the
// folder of these files. What is missing or made up is said in problems.
struct instance_replay {
    double scale; // 0: no replay
    const char *folder;
};

struct instance_names instance_name(struct instance *instance);
const char *instance_folder(struct instance *instance); // for files of a replay: "NAME.data"
void instance_names_fini(struct instance_names *names);

// The JSON of the workflow, an entry a line; the caller's to free. NULL: an error, in problems.
char *instance_workflow(const struct instance *instance, const struct instance_names *names,
                        const struct instance_replay *replay, struct problems *problems);

#endif
