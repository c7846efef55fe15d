// SPDX-License-Identifier: GPL-2.0-or-later
// What the steps of lib/workflow.c share: the file as read, the workflow as it comes to be, and names on the way.
#ifndef LIB_RESOLVE_H
#define LIB_RESOLVE_H

#include "lib/names.h"
#include "lib/source.h"
#include "lib/spec.h"
#include "lib/workflow.h"

enum { NO_JOB = UINT32_MAX };

struct resolver {
    struct source *source;
    const struct spec *spec;
    struct workflow *workflow;
    struct names jobs, files, data, classes; /* the spec's, which owns them */
    struct names class_keys;                 /* of the workflow's classes: requirements, scheduler and labels */
    uint32_t *producer;                      /* of each file: the job that writes it, or NO_JOB */
    uint32_t *seen_file[2], *seen_data[2];   /* by role: the last job + 1 that has it, so that lists become sets */
    size_t job_files_space, job_data_space, needs_space;
};

/* lib/resolve_class.c: the class of each job, and workflow->classes. */
void resolve_classes(struct resolver *resolver);

/* lib/resolve_links.c: the job's files and data become workflow->job_files and job_data; names in its command too. */
void resolve_job_links(struct resolver *resolver, uint32_t job);

/* lib/resolve_needs.c: depends_on, files and data become workflow->needs; then ranks, or cycles. */
void resolve_needs(struct resolver *resolver);

#endif
