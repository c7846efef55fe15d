// SPDX-License-Identifier: GPL-2.0-or-later
// torc import: a workflow file from an instance of WfCommons.
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/output.h"
#include "lib/base/mem.h"
#include "lib/base/text_file.h"
#include "lib/text/problem.h"
#include "lib/workflow/instance_workflow.h"
#include "lib/workflow/workflow.h"

static int run(struct cli *cli, struct error *err);

const struct command cmd_import = {
    .name = "import",
    .argument = "FILE",
    .need = ARGUMENT_REQUIRED,
    .options = OPTION_IMPORT,
    .help = "a workflow file from an instance of WfCommons (WfFormat 1.5 or 1.4)",
    .run = run,
};

struct import {
    struct instance instance;
    struct instance_names names;
    struct instance_replay replay;
    struct problems problems;
    size_t made; // input files
};

static int read_scale(const char *text, double *scale, struct error *err)
{
    char *end;
    *scale = strtod(text, &end);
    if (end != text && !*end && isfinite(*scale) && *scale > 0)
        return 0;
    return error_set(err, ERROR_USAGE, 0,
                     "--replay: \"%s\" is no share of the time: above 0, 1 is as long as it took",
                     text);
}

// Sparse; one that is there is left as it is.
static int make_file(struct import *import, const char *path, int64_t size, struct error *err)
{
    struct stat st;
    cleanup_close int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0 && errno == EEXIST && !stat(path, &st)) {
        if (S_ISREG(st.st_mode) && st.st_size == size)
            return 0;
        return error_set(err, ERROR_USAGE, 0,
                         "%s is there already, and is no file of %" PRId64
                         " bytes; move it away, or import in another folder",
                         path, size);
    }
    if (fd < 0 || ftruncate(fd, size))
        return error_set(err, ERROR_USAGE, errno, "cannot make the input file %s", path);
    import->made++;
    return 0;
}

// What tasks read and none writes.
static int make_inputs(struct import *import, struct error *err)
{
    const struct instance *in = &import->instance;
    cleanup_free bool *read = xcalloc(in->files_count + 1, sizeof *read);
    for (size_t i = 0; i < in->tasks_count; i++)
        for (size_t k = 0; k < in->tasks[i].inputs.count; k++)
            read[in->tasks[i].inputs.items[k]] = true;
    if (mkdir(import->replay.folder, 0777) && errno != EEXIST)
        return error_set(err, ERROR_USAGE, errno, "cannot make the folder %s",
                         import->replay.folder);
    for (size_t i = 0; i < in->files_count; i++) {
        cleanup_free char *path = xasprintf("%s/%s", import->replay.folder, import->names.files[i]);
        if (read[i] && in->files[i].producer < 0 &&
            make_file(import, path, in->files[i].size > 0 ? in->files[i].size : 0, err))
            return -1;
    }
    return 0;
}

// The text of the workflow, which is a good one; NULL: problems says why not.
static char *translate(struct import *import, const char *text, size_t length)
{
    struct workflow workflow;
    if (instance_read(text, length, &import->instance, &import->problems))
        return NULL;
    import->names = instance_name(&import->instance);
    import->replay.folder = instance_folder(&import->instance);
    char *json =
        instance_workflow(&import->instance, &import->names, &import->replay, &import->problems);
    if (!json)
        return NULL;
    size_t before = import->problems.count;
    bool bad =
        workflow_load(json, strlen(json), "workflow.json", &workflow, &import->problems) != 0;
    workflow_fini(&workflow);
    for (size_t i = before; i < import->problems.count; i++) // of a file that she does not see
        import->problems.list[i].line = import->problems.list[i].column = 0;
    if (!bad)
        return json;
    free(json);
    return NULL;
}

static void say(const struct import *import, const char *output)
{
    const struct instance *in = &import->instance;
    FILE *out = output_is_stdout(output) ? stderr : stdout;
    if (!output_is_stdout(output))
        fprintf(out, "%s: %zu jobs, %zu files\n", output, in->tasks_count, in->files_count);
    if (import->replay.scale > 0)
        fprintf(out, "%s: %zu input files made, sparse; run it from this folder\n",
                import->replay.folder, import->made);
}

static int run(struct cli *cli, struct error *err)
{
    struct import import = {0};
    cleanup_free char *text = NULL;
    size_t length;
    if ((cli->replay && read_scale(cli->replay, &import.replay.scale, err)) ||
        text_file_read(cli->argument, &text, &length, err))
        return -1;
    cleanup_free char *json = translate(&import, text, length);
    problems_print(&import.problems, stderr, "torc", cli->argument, PROBLEMS_SCREEN);
    int rc = json ? 0 : ERROR_USAGE;
    if (json && import.replay.scale > 0)
        rc = make_inputs(&import, err);
    if (!rc)
        rc = output_write(cli->output, json, err);
    if (!rc)
        say(&import, cli->output);
    instance_names_fini(&import.names);
    instance_fini(&import.instance);
    problems_fini(&import.problems);
    return rc;
}
