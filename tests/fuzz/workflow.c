// SPDX-License-Identifier: GPL-2.0-or-later
// Fuzzes the reading of workflow files: whatever the bytes, no crash, and what is accepted is
// sound. The Makefile builds it once for each format, which FUZZ_NAME names.
#include "lib/workflow/workflow.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/text_file.h"
#include "lib/text/problem.h"
#include "lib/workflow/job_spec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good)
{
    if (!good)
        abort();
}

static void check_pairs(const struct pair_row *pairs, size_t count, size_t jobs, size_t others)
{
    for (size_t i = 0; i < count; i++)
        check(pairs[i].job < jobs && pairs[i].other < others);
}

static void check_workflow(const struct workflow *w)
{
    check(w->name && w->settings && w->jobs_count);
    check_pairs(w->needs, w->needs_count, w->jobs_count, w->jobs_count);
    check_pairs(w->job_files, w->job_files_count, w->jobs_count, w->files_count);
    check_pairs(w->job_data, w->job_data_count, w->jobs_count, w->data_count);
    for (size_t j = 0; j < w->jobs_count; j++) {
        struct job_spec spec;
        bool barrier = w->jobs[j].class_index < 0;
        check(w->jobs[j].name && !w->jobs[j].command == barrier &&
              (*w->jobs[j].name == '*') == barrier);
        check((barrier || (size_t)w->jobs[j].class_index < w->classes_count) &&
              w->jobs[j].rank >= 0);
        check(job_spec_parse(w->jobs[j].spec, &spec, NULL) == 0);
        job_spec_fini(&spec);
    }
    for (size_t i = 0; i < w->needs_count; i++) // in a need, the rank falls
        check(w->jobs[w->needs[i].job].rank <= w->jobs[w->needs[i].other].rank);
}

// Instead of the library's: no file of the machine is read.
int text_file_read(const char *path, char **text, size_t *length, struct error *err)
{
    if (strchr(path, '/'))
        return error_set(err, ERROR_USAGE, 0, "%s: No such file or directory", path);
    *text = xstrdup(strstr(path, ".js") ? "[{\"i\": 1, \"j\": \"x\"}, {\"i\": 2.5, \"j\": null}]"
                                        : "i,j\n1,x\n\"2\",y z\n");
    *length = strlen(*text);
    return 0;
}

// Ranges of many values only cost time.
static bool makes_many(const uint8_t *data, size_t size)
{
    size_t digits = 0, wide = 0;
    for (size_t i = 0; i < size; i++) {
        digits = isdigit(data[i]) ? digits + 1 : 0;
        wide += digits == 2;
        if (digits > 2 && memchr(data, ':', size))
            return true;
    }
    return wide > 8;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (makes_many(data, size))
        return 0;
    struct workflow workflow;
    struct problems problems = {0};
    int result = workflow_load((const char *)data, size, FUZZ_NAME, &workflow, &problems);
    check((result == 0) == (problems.errors == 0));
    for (size_t i = 0; i < problems.count; i++)
        check(problems.list[i].line >= 1 && problems.list[i].column >= 1 && *problems.list[i].text);
    if (!result)
        check_workflow(&workflow);
    workflow_fini(&workflow);
    problems_fini(&problems);
    return 0;
}
