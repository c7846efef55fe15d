// SPDX-License-Identifier: GPL-2.0-or-later
// A list of commands, one a line, as a workflow: blank lines and lines that begin with # are
// skipped; those that are for sbatch or disBatch are warned of. Pure.
#ifndef LIB_WORKFLOW_COMMANDS_FILE_H
#define LIB_WORKFLOW_COMMANDS_FILE_H

#include <stddef.h>
#include <stdint.h>

struct problems;
struct rewrite; // lib/text/rewrite.h

struct commands_resources { // that each command asks for; 0: not said
    int64_t memory_bytes, runtime_usec;
    int32_t cpus;
};

// Rewrites `text` as the JSON of a workflow with the jobs cmd_1, cmd_2, …, named after the file
// `name`. Returns 0, or -1 when there is no command (said in problems); rewrite_fini is due on
// both.
int commands_read(const char *text, size_t length, const char *name,
                  const struct commands_resources *resources, struct rewrite *rewrite,
                  struct problems *problems);

#endif
