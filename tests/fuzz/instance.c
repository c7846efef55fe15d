// SPDX-License-Identifier: GPL-2.0-or-later
// Fuzzes instances of WfCommons: what is read becomes a workflow, with its commands and replayed,
// and that is JSON which the language reads.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/text/problem.h"
#include "lib/workflow/instance_workflow.h"
#include "lib/workflow/workflow.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_it(const struct instance *instance, const struct instance_names *names,
                     const struct instance_replay *replay)
{
    struct problems problems = {0};
    struct workflow workflow;
    char *json = instance_workflow(instance, names, replay, &problems);
    if (!json && !problems.errors)
        abort();
    if (json) {
        workflow_load(json, strlen(json), "workflow.json", &workflow, &problems);
        // a replay brings no text of its own but the name and the description
        for (size_t i = 0; replay->scale > 0 && i < problems.count; i++)
            if (problems.list[i].path && (strstr(problems.list[i].path, ".path") ||
                                          strstr(problems.list[i].path, ".command")))
                abort();
        workflow_fini(&workflow);
    }
    free(json);
    problems_fini(&problems);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct problems problems = {0};
    struct instance instance;
    if (!instance_read((const char *)data, size, &instance, &problems)) {
        struct instance_names names = instance_name(&instance);
        write_it(&instance, &names, &(struct instance_replay){0, NULL});
        write_it(&instance, &names, &(struct instance_replay){0.01, instance_folder(&instance)});
        instance_names_fini(&names);
    } else if (!problems.errors) {
        abort();
    }
    instance_fini(&instance);
    problems_fini(&problems);
    return 0;
}
