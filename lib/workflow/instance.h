// SPDX-License-Identifier: GPL-2.0-or-later
// An instance of WfCommons: what a workflow of others was and took, in WfFormat 1.5 or 1.4
// (https://github.com/wfcommons/WfFormat). Read here, and written as a workflow of ours by
// lib/workflow/instance_workflow.h. Pure.
#ifndef LIB_WORKFLOW_INSTANCE_H
#define LIB_WORKFLOW_INSTANCE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/names.h"

struct arena;
struct problems;

struct instance_list { // of tasks, or of files: their places
    uint32_t *items;
    size_t count, space;
};

struct instance_task {
    const char *id, *category;     // category: what tasks that are alike have in common
    const char *command;           // NULL: not there
    double runtime_s, cpu_percent; // -1: not known
    double memory_bytes;           // likewise
    double cores;                  // likewise
    struct instance_list parents, inputs, outputs;
};

struct instance_file {
    const char *id;
    int64_t size;     // -1: not known
    int64_t producer; // the task that writes it; -1: none
};

struct instance {
    struct arena *text;                       // of all texts
    const char *name, *description, *version; // description: or NULL
    double makespan_s;                        // -1: not known
    struct instance_task *tasks;
    size_t tasks_count;
    struct instance_file *files;
    size_t files_count, files_space;
    struct names task_ids, file_ids;
};

// Of who reads one. A file that is there already keeps its place; lists are brought in order, each
// item once, when all is read.
void instance_init(struct instance *instance);
uint32_t instance_add_file(struct instance *instance, const char *id);
void instance_list_add(struct instance_list *list, uint32_t item);
void instance_settle(struct instance *instance);

// Reads the JSON text; what is wrong goes to problems, with the path in the document: 0, or -1.
// instance_fini is due on both.
int instance_read(const char *text, size_t length, struct instance *instance,
                  struct problems *problems);
void instance_fini(struct instance *instance);

#endif
