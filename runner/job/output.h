// SPDX-License-Identifier: GPL-2.0-or-later
// The files that a job's standard output and error go to, below the submission folder.
#ifndef RUNNER_JOB_OUTPUT_H
#define RUNNER_JOB_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/error.h"
#include "lib/workflow/settings.h"

struct output {
    int dir;          // the output folder
    const char *path; // as settings give it; goes into the records
};

// Makes the folder when it is not there. The current folder is the submission folder.
int output_open(struct output *output, const char *path, struct error *err);
// Makes it anew when somebody has removed it; true: that was so, and it is there again.
bool output_renew(struct output *output);
void output_close(struct output *output);

struct output_files {
    const char *stdout_name, *stderr_name; // in the folder; NULL: not kept
    const char *stdout_path, *stderr_path; // for the records
    bool combined;
};

// The names for an attempt, allocated in arena.
struct output_files output_name(const struct output *output, enum stdio_mode mode,
                                int64_t workflow_id, int64_t job_id, int32_t run_id,
                                int32_t attempt_id, struct arena *arena);

void output_delete(const struct output *output, const struct output_files *files);

// The last 2 KiB of what went to standard error, as valid UTF-8 without control characters, with
// U+FFFD for each byte that is no text; NULL: nothing. Owned by arena.
char *output_tail(const struct output *output, const struct output_files *files,
                  struct arena *arena);

// The same of the last `length` bytes of it. whole: there was no more.
char *output_text(const char *text, size_t length, bool whole, struct arena *arena);

// Writes text to a new file of that name in the folder (a command too long for an argument).
int output_write(const struct output *output, const char *name, const char *text,
                 struct error *err);

#endif
