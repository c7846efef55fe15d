// SPDX-License-Identifier: GPL-2.0-or-later
// Jobs that are added to a workflow while it runs.
#ifndef LIB_WORKFLOW_MORE_H
#define LIB_WORKFLOW_MORE_H

#include "lib/base/names.h"
#include "lib/workflow/workflow.h"

// What a text names, each once: jobs that are not in it, files and data, first those that are in
// it, and the paths of these files.
struct workflow_names {
    struct names jobs, files, data, paths;
    size_t own_files, own_data;
    bool all; // it has regexes, which may name anything
};

// The lists of `workflow` begin with what the text has, then
// come the known jobs, files and data that have no place in it (jobs with what they read and write,
// and a command that says nothing), then barriers.
struct workflow_more {
    const char *base, *base_name; // text and name of the workflow's own file; NULL: none
    size_t base_length;
    const struct workflow *known; // what the workflow has; barriers are skipped
    // fills `known` when it is clear of what; false: it failed, nothing more is done; NULL: it is
    // full
    bool (*find)(void *context, const struct workflow_names *names);
    void *context;
    const char *lineage; // when the text gives none; then the one that it is
    const char *state;   // that the text gives: JSON, or NULL
    size_t jobs, known_jobs, files, known_files, data, known_data; // how many of each
};
int workflow_load_more(const char *text, size_t length, const char *name,
                       struct workflow_more *more, struct workflow *workflow,
                       struct problems *problems);

#endif
