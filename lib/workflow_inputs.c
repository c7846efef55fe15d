// SPDX-License-Identifier: GPL-2.0-or-later
// One stat for every file that must come from outside; the first job that reads it is named.
#include "lib/workflow_inputs.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/mem.h"

static void report(const struct workflow *workflow, size_t index, uint32_t reader, int errnum, bool error,
                   struct problems *problems)
{
    const struct file_row *file = &workflow->files[index];
    cleanup_free char *path = xasprintf("files[%zu].path", index);
    const char *reader_name = workflow->jobs[reader].name;
    if (errnum == ENOENT)
        problem_add(problems, !error, file->line, file->column, path,
                    "\"%s\" does not exist, job \"%s\" reads it and no job writes it; create it, name the job that does in "
                    "\"output_files\", or give --allow-missing to wait for it",
                    file->path, reader_name);
    else
        problem_add(problems, !error, file->line, file->column, path, "\"%s\", which job \"%s\" reads, cannot be looked at: %s",
                    file->path, reader_name, strerror(errnum));
}

int workflow_check_inputs(const struct workflow *workflow, int folder_fd, bool error, struct problems *problems)
{
    size_t errors = problems->errors;
    cleanup_free uint32_t *reader = xcalloc(workflow->files_count + 1, sizeof *reader); /* job + 1, 0: none */
    for (size_t i = workflow->job_files_count; i-- > 0;)
        if (workflow->job_files[i].role == ROLE_INPUT)
            reader[workflow->job_files[i].other] = workflow->job_files[i].job + 1;
    for (size_t f = 0; f < workflow->files_count; f++) {
        struct stat st;
        if (!reader[f] || workflow->files[f].produced || fstatat(folder_fd, workflow->files[f].path, &st, 0) == 0)
            continue;
        report(workflow, f, reader[f] - 1, errno, error, problems);
    }
    return problems->errors > errors ? -1 : 0;
}
