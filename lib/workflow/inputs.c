// SPDX-License-Identifier: GPL-2.0-or-later
// One stat for every file that must come from outside; the first job that reads it is named. Of an
// entry that stands for many files, one is told of.
#include "lib/workflow/inputs.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/mem.h"

// others: as many files of the entry as do not exist either.
static void report(const struct workflow *workflow, const struct file_row *file, uint32_t reader,
                   int errnum, size_t others, bool error, struct problems *problems)
{
    cleanup_free char *path = xasprintf("files[%u].path", file->entry);
    cleanup_free char *more =
        others ? xasprintf(", nor do%s %zu more of this entry;", others == 1 ? "es" : "", others)
               : xstrdup(",");
    const char *reader_name = workflow->jobs[reader].name;
    if (errnum == ENOENT)
        problem_add(problems, !error, file->line, file->column, path,
                    "\"%s\" does not exist%s%s job \"%s\" reads it and no job writes it; create "
                    "it, name the job that does in "
                    "\"output_files\", or give --allow-missing to wait for it",
                    file->path, *file->path == '/' ? "" : " (seen from the current folder)", more,
                    reader_name);
    else
        problem_add(problems, !error, file->line, file->column, path,
                    "\"%s\", which job \"%s\" reads, cannot be looked at: %s", file->path,
                    reader_name, strerror(errnum));
}

// 0, or what fstatat says of a file that must come from outside.
static int look(const struct file_row *file, uint32_t reader, int folder_fd)
{
    struct stat st;
    return reader && !file->produced && fstatat(folder_fd, file->path, &st, 0) != 0 ? errno : 0;
}

int workflow_check_inputs(const struct workflow *workflow, int folder_fd, bool error,
                          struct problems *problems)
{
    size_t errors = problems->errors, count = workflow->files_count;
    cleanup_free uint32_t *reader = xcalloc(count + 1, sizeof *reader); // job + 1, 0: none
    for (size_t i = workflow->job_files_count; i-- > 0;)
        if (workflow->job_files[i].role == ROLE_INPUT)
            reader[workflow->job_files[i].other] = workflow->job_files[i].job + 1;
    for (size_t f = 0, next; f < count; f = next) {
        const struct file_row *file = &workflow->files[f];
        size_t first = count, missing = 0;
        for (next = f; next < count && workflow->files[next].entry == file->entry; next++) {
            int errnum = look(&workflow->files[next], reader[next], folder_fd);
            missing += errnum == ENOENT;
            if (errnum == ENOENT && missing == 1)
                first = next;
            else if (errnum && errnum != ENOENT)
                report(workflow, &workflow->files[next], reader[next] - 1, errnum, 0, error,
                       problems);
        }
        if (missing)
            report(workflow, &workflow->files[first], reader[first] - 1, ENOENT, missing - 1, error,
                   problems);
    }
    return problems->errors > errors ? -1 : 0;
}
