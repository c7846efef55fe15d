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
    } else if (!done) {
        code = keeper_run(run_main, &options, options.submission != NULL);
    }
    options_fini(&options);
    return code;
}
