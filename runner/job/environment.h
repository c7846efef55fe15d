// SPDX-License-Identifier: GPL-2.0-or-later
// The environment of jobs: the runner's own without what must not be inherited, TORC_*, the job's
// share, and `env`.
#ifndef RUNNER_JOB_ENVIRONMENT_H
#define RUNNER_JOB_ENVIRONMENT_H

#include <stdbool.h>

#include "lib/base/arena.h"
#include "lib/store/run.h"
#include "lib/workflow/job_spec.h"
#include "runner/node.h"

struct environment; // what all jobs of the runner have in common

struct environment_options {
    char *const *inherited; // NULL-terminated
    const struct node *node;
    const struct runner_grant *grant;
    int64_t workflow_id;
    const char *db, *output_dir; // absolute
    const char *socket;          // NULL: none
};

struct environment *environment_create(const struct environment_options *options);
void environment_destroy(struct environment *environment);

// A job's list of NAME=value, NULL-terminated, allocated in arena. spec may be all zero.
char **environment_make(const struct environment *environment, const struct claimed_job *job,
                        const struct job_spec *spec, const struct share *share,
                        struct arena *arena);

// What all jobs have in common, with these entries, for a process that is none.
char **environment_with(const struct environment *environment, char *const *own,
                        struct arena *arena);

// The value of a name in such a list, or NULL.
const char *environment_find(char *const *list, const char *name);

// Must every command go through bash (command_needs_shell), as far as what all jobs have in common
// says?
bool environment_needs_shell(const struct environment *environment);

#endif
