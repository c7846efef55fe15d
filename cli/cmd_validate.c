// SPDX-License-Identifier: GPL-2.0-or-later
// torc validate: everything that is wrong with a workflow file, without creating anything.
#include <fcntl.h>
#include <jansson.h>
#include <string.h>

#include "cli/command.h"
#include "lib/base/mem.h"
#include "lib/base/text.h"
#include "lib/base/text_file.h"
#include "lib/show/plan_table.h"
#include "lib/text/problem.h"
#include "lib/workflow/inputs.h"
#include "lib/workflow/workflow.h"

static int run(struct cli *cli, struct error *err);

const struct command cmd_validate = {
    .name = "validate",
    .argument = "FILE",
    .need = ARGUMENT_REQUIRED,
    .options = OPTION_JSON | OPTION_EVERY,
    .help = "checks a workflow file and reports everything that is wrong",
    .run = run,
};

static void print_json(const struct problems *problems, const struct workflow *workflow)
{
    json_auto_t *document = json_object();
    json_t *list = json_array();
    for (size_t i = 0; i < problems->count; i++) {
        const struct problem *problem = &problems->list[i];
        json_t *object = json_object();
        json_object_set_new(object, "severity",
                            json_string(problem->warning ? "warning" : "error"));
        json_object_set_new(object, "line",
                            problem->line ? json_integer(problem->line) : json_null());
        json_object_set_new(object, "column",
                            problem->column ? json_integer(problem->column) : json_null());
        json_object_set_new(object, "path",
                            problem->path ? json_string(problem->path) : json_null());
        json_object_set_new(object, "text", json_string(problem->text));
        json_array_append_new(list, object);
    }
    json_object_set_new(document, "valid", json_boolean(problems->errors == 0));
    json_object_set_new(document, "jobs",
                        workflow ? json_integer((json_int_t)workflow_count_jobs(workflow))
                                 : json_null());
    json_object_set_new(document, "stdio",
                        workflow ? json_string(stdio_mode_names[settings_stdio(workflow->settings)])
                                 : json_null());
    json_object_set_new(document, "problems", list);
    json_dumpf(document, stdout, JSON_INDENT(1));
    putchar('\n');
}

static int run(struct cli *cli, struct error *err)
{
    struct problems problems = {0};
    struct workflow workflow;
    size_t length;
    cleanup_free char *text = NULL;
    if (text_file_read(cli->argument, &text, &length, err))
        return -1;
    bool good = workflow_load(text, length, cli->argument, &workflow, &problems) == 0;
    if (good)
        workflow_check_inputs(&workflow, AT_FDCWD, false, &problems);
    if (cli->json) {
        problems_settle(&problems);
        print_json(&problems, good ? &workflow : NULL);
    } else {
        problems_print(&problems, stderr, "torc", cli->argument, cli->all ? 0 : PROBLEMS_SCREEN);
        cleanup_free char *name = text_safe(cli->argument);
        if (good)
            printf("%s: valid, %zu %s\n", name, workflow_count_jobs(&workflow),
                   workflow_count_jobs(&workflow) == 1 ? "job" : "jobs");
        if (good && settings_stdio(workflow.settings) == STDIO_STREAM)
            plan_show_stdio(&cli->screen, STDIO_STREAM);
    }
    workflow_fini(&workflow);
    problems_fini(&problems);
    return good ? ERROR_NONE : ERROR_USAGE;
}
