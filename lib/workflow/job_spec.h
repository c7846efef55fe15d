// SPDX-License-Identifier: GPL-2.0-or-later
// The seldom fields of a job, which travel as JSON in job_row.spec and claimed_job.spec. Keys, all
// optional:
//   "env": {"NAME": "value", …}    the workflow's and the job's, the job's winning
//   "shell": "strict"              its command is bash -euo pipefail -c's; the workflow's or its
//   own "workdir": "path"              relative to the submission folder "termination_signal": 15
//   a number "stdio": {"mode": "combined", "delete_on_success": true}   mode as in
//   lib/workflow/settings.h "max_continuations": 10        ends of allocations that the job may
//   outlive "handler": "name"              the failure handler, one of the workflow's settings
// What is not there is as the workflow's settings say.
#ifndef LIB_WORKFLOW_JOB_SPEC_H
#define LIB_WORKFLOW_JOB_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/error.h"
#include "lib/workflow/settings.h"

enum { MAX_CONTINUATIONS_DEFAULT = 10 };

struct job_spec {
    char **env; // "NAME=value", NULL-terminated; NULL: none; owned
    bool strict_shell;
    char *workdir;              // NULL: the submission folder; owned
    int32_t termination_signal; // 0: the workflow's
    bool stdio_set;             // false: the workflow's; else both of the next replace it
    enum stdio_mode stdio;
    bool delete_on_success;
    int32_t max_continuations;
    char *handler; // NULL: none; owned
};

// Reads json (NULL: nothing is set) into spec, which job_spec_fini frees, also after a failure.
int job_spec_parse(const char *json, struct job_spec *spec, struct error *err);
void job_spec_fini(struct job_spec *spec);

#endif
