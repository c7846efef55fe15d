// SPDX-License-Identifier: GPL-2.0-or-later
// A workflow, checked and resolved: names are indices now, files and data have become dependencies,
// ranks are known. This is what the file becomes (lib/workflow/spec.h), what is planned
// (lib/plan/plan.h), and what the store creates. Pure data.
#ifndef LIB_WORKFLOW_WORKFLOW_H
#define LIB_WORKFLOW_WORKFLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/workflow/action.h"

struct problems; // lib/text/problem.h: what is wrong with a file, all of it

enum job_flag {
    JOB_CANCEL_ON_BLOCKING_FAILURE = 1, // the default
    JOB_SUPPORTS_TERMINATION = 2,
    JOB_SRUN = 4,       // launcher: srun
    JOB_NAMES_DATA = 8, // its command holds ${user_data.input.…}, put in when it starts
    // the store sets these
    JOB_IN_ORDER = 16,  // of a workflow of many classes: claimed in order
    JOB_USES_DATA = 32, // user data is its input or output
    // after a restart, until its needs have ended:
    JOB_IF_CHANGED = 64, // it runs again only if what it reads or comes after has changed
    JOB_REWRITES = 128,  // with it: it runs again in any case, and only writes what was missing
    JOB_CHANGED = 256,   // with them: what it comes after has changed
    JOB_REMOVED = 512,   // not in the changed file of a restart; for no longer than its transaction
    JOB_CANCEL_ASKED = 1024, // the user canceled it while a runner had it
};

enum file_role { ROLE_INPUT = 0, ROLE_OUTPUT = 1 };
struct class_row {
    const char *name;
    int32_t cpus, nodes, gpus_milli;
    int64_t memory_bytes, runtime_usec, tmp_bytes;
    bool enforced;         // false: named by nobody; for planning only
    const char *scheduler; // NULL: any
    const char *labels;    // NULL: none; sorted, comma-separated
    int32_t action;        // that covers its jobs, the file's first being 1; 0: none
    const char *asks_with; // that action's scheduler
    int32_t pool;          // the first, from 1, of classes that may share allocations; 0: not known
};

struct job_row {
    const char *name, *command;           // command NULL: a barrier
    const char *spec;                     // JSON of the seldom fields, or NULL
    int32_t class_index;                  // into classes; -1: a barrier
    int32_t flags, priority, rank, unmet; // unmet: number of needs
};

struct pair_row { // a dependency (job, the job it needs), or (job, file or data) with a role
    uint32_t job, other;
    uint8_t role;
    bool by_regex; // an input that a regex selected
};

struct file_row {
    const char *name, *path, *identifier; // of its data, or NULL
    bool temporary, produced;             // produced: some job has it as output
    int32_t line, column;                 // of its path in the workflow file; 0: nowhere
    uint32_t entry;                       // files[entry] there, which may stand for many
    uint32_t same; // the first file of this path, however it is written: job_files name that one
};

struct data_row {
    const char *name, *data; // JSON text or NULL: not produced yet
    bool ephemeral;
};

struct workflow {
    const char *name, *description, *project;
    const char *metadata, *settings; // JSON texts; lib/workflow/settings.h
    struct class_row *classes;
    struct job_row *jobs; // in file order
    struct pair_row *needs, *job_files, *job_data;
    struct file_row *files;
    struct data_row *data;
    struct action_row *actions;
    size_t classes_count, jobs_count, needs_count, job_files_count, job_data_count, files_count,
        data_count, actions_count;
    struct arena *text; // owns every string above; lib/base/arena.h
};

// Reads and resolves the workflow file `text` (errors call it `name`; format by its extension).
// All mistakes go to problems. 0: none is an error, else -1; on both,
// workflow_fini is due. Opens no file but those that the workflow names as its tables and lists.
int workflow_load(const char *text, size_t length, const char *name, struct workflow *workflow,
                  struct problems *problems);

// The same for a list of commands (lib/workflow/commands_file.h) that ask for these resources.
struct commands_resources;
int workflow_load_commands(const char *text, size_t length, const char *name,
                           const struct commands_resources *resources, struct workflow *workflow,
                           struct problems *problems);

void workflow_fini(struct workflow *workflow);
size_t workflow_count_jobs(const struct workflow *workflow); // without barriers

#endif
