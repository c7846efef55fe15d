// SPDX-License-Identifier: GPL-2.0-or-later
// What the steps of lib/workflow/workflow.c share: the file as read, the workflow as it comes to
// be, and names on the way.
#ifndef LIB_WORKFLOW_RESOLVE_H
#define LIB_WORKFLOW_RESOLVE_H

#include "lib/base/names.h"
#include "lib/text/source.h"
#include "lib/workflow/spec.h"
#include "lib/workflow/workflow.h"

enum { NO_JOB = UINT32_MAX };

struct need_group { // jobs that several others need all of
    uint32_t *jobs; // ascending; owned
    size_t count;
    const char *label;
    uint32_t users[2], barrier[2]; // by whether a failure cancels the users; barrier: its index in
                                   // workflow->jobs, 0: none
};

enum select_kind { SELECT_JOBS, SELECT_FILES, SELECT_DATA, SELECT_KINDS };

struct selection {               // what a regex matches
    const char *pattern, *wrong; // wrong: why it is none
    uint32_t *matches;           // places in the list of names, ascending
    size_t count;
    struct need_group group; // the jobs that one waits for who names it
    bool grouped;            // group has been worked out
};

struct selections {
    struct names patterns;
    struct selection **list;
    size_t space;
};

struct resolver {
    struct source *source;
    const struct spec *spec;
    struct workflow *workflow;
    struct names jobs, files, data, classes; // the spec's, which owns them
    struct names class_keys; // of the workflow's classes: requirements, scheduler and labels
    char *folder;            // where relative paths start; NULL: it is not known
    uint32_t *producer;      // of each file: the job that writes it, or NO_JOB
    // by role: the last job + 1 that has it, so that lists become sets
    uint32_t *seen_file[2], *seen_data[2];
    struct selections selections[SELECT_KINDS];
    struct schedulers schedulers; // for the settings
    struct sbatch_asks *asks;     // of each of them
    size_t job_files_space, job_data_space, needs_space;
};

// lib/workflow/resolve_class.c: the class of each job, and workflow->classes.
void resolve_classes(struct resolver *resolver);

// lib/workflow/resolve_scheduler.c, before the jobs: resolver->schedulers and what they ask for.
void resolve_schedulers(struct resolver *resolver);

// Likewise: the scheduler that the job names, where source stands.
void resolve_job_scheduler(struct resolver *resolver, const struct spec_job *job);

// Likewise: warns when its allocations cannot hold a job of the class.
void resolve_class_scheduler(struct resolver *resolver, const struct class_row *row,
                             bool any_length);

// lib/workflow/resolve_handling.c, after the needs: workflow->actions. The handler of a job.
void resolve_actions(struct resolver *resolver);
void resolve_job_handler(struct resolver *resolver, const struct spec_job *job);

// lib/workflow/resolve_cover.c: jobs that an action covers come to classes of their own.
void resolve_cover(struct resolver *resolver);

// lib/workflow/resolve_files.c: workflow->files, and which of them are one. After the jobs: which
// of them some job writes, and where the others stand in the file.
void resolve_files(struct resolver *resolver);
void resolve_files_produced(struct resolver *resolver);

// lib/workflow/resolve_links.c: the job's files and data become workflow->job_files and job_data;
// names in its command too.
void resolve_job_links(struct resolver *resolver, uint32_t job);

// lib/workflow/resolve_regex.c: what a regex, where source stands, selects among the spec's
// entries; NULL after an error (no match is one).
struct selection *resolve_selection(struct resolver *resolver, enum select_kind kind,
                                    const char *pattern);
void resolve_selections_fini(struct resolver *resolver);

// Likewise, after all jobs: data that a command names has a value, or a job that writes it.
void resolve_data_values(struct resolver *resolver);

// lib/workflow/resolve_needs.c: depends_on, regexes, files and data become workflow->needs, with
// barriers behind the other jobs.
void resolve_needs(struct resolver *resolver);

// lib/workflow/resolve_rank.c: the ranks of all jobs, or cycles; needs of job j begin at
// first[j].
void resolve_ranks(struct resolver *resolver, const size_t *first);

#endif
