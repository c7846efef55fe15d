// SPDX-License-Identifier: GPL-2.0-or-later
// torc-run: runs the jobs of a workflow on this node, as the last line of an allocation's batch
// script or by hand.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/text_file.h"
#include "runner/keeper.h"
#include "runner/options.h"
#include "runner/run.h"

// `srun -n 2 torc-run FILE` would run the workflow twice at once: the first task does it.
static bool is_further_task(const struct options *options)
{
    const char *task = getenv("SLURM_PROCID"), *of = getenv("SLURM_NTASKS");
    if (options->submission || !task || atoi(task) <= 0)
        return false;
    fprintf(stderr,
            "torc-run: task %s of %s: the first task runs the workflow, this one ends; "
            "torc-run needs one task (srun -n 1 -c CPUS)\n",
            task, of ? of : "several");
    return true;
}

int main(int argc, char **argv)
{
    struct options options;
    struct error err;
    bool done = false;
    int code = EXIT_SUCCESS;
    if (options_parse(&options, argc, argv, &done, &err)) {
        fprintf(stderr, "torc-run: %s\n", err.text);
        code = (int)err.code;
    } else if (!done && options.file && !strcmp(options.file, "-") && text_file_keep_input(&err)) {
        // here, as the runner is in another process group, which may not read from a terminal
        fprintf(stderr, "torc-run: %s\n", err.text);
        code = (int)err.code;
    } else if (!done && !is_further_task(&options)) {
        code = keeper_run(run_main, &options);
    }
    options_fini(&options);
    return code;
}
