// SPDX-License-Identifier: GPL-2.0-or-later
// Schedulers to and from the settings of a workflow, and what they can hold.
#include "lib/workflow/scheduler.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/duration.h"
#include "lib/base/mem.h"
#include "lib/base/size.h"
#include "lib/workflow/workflow.h"

const struct scheduler *schedulers_find(const struct schedulers *schedulers, const char *name)
{
    for (size_t i = 0; i < schedulers->count; i++) {
        const struct scheduler *scheduler = &schedulers->list[i];
        if (name ? scheduler->name && !strcmp(scheduler->name, name) : scheduler->standard)
            return scheduler;
    }
    return NULL;
}

struct scheduler *schedulers_add(struct schedulers *schedulers, const char *name)
{
    schedulers->list = xrealloc(schedulers->list, schedulers->count + 1, sizeof *schedulers->list);
    struct scheduler *scheduler = &schedulers->list[schedulers->count++];
    *scheduler = (struct scheduler){.name = xstrdup(name)};
    return scheduler;
}

void schedulers_drop_option(struct schedulers *schedulers, const char *option)
{
    for (size_t i = 0; i < schedulers->count; i++)
        sbatch_options_drop(&schedulers->list[i].options, option);
}

void schedulers_fini(struct schedulers *schedulers)
{
    for (size_t i = 0; i < schedulers->count; i++) {
        free(schedulers->list[i].name);
        sbatch_options_fini(&schedulers->list[i].options);
    }
    free(schedulers->list);
    *schedulers = (struct schedulers){0};
}

json_t *schedulers_json(const struct schedulers *schedulers)
{
    json_t *list = json_array();
    for (size_t i = 0; i < schedulers->count; i++) {
        const struct scheduler *scheduler = &schedulers->list[i];
        json_t *options = json_array();
        for (size_t o = 0; o < scheduler->options.count; o++)
            json_array_append_new(options, json_string(scheduler->options.list[o]));
        json_array_append_new(list, json_pack("{s:s?, s:b, s:b, s:o}", "name", scheduler->name,
                                              "standard", scheduler->standard, "serialize",
                                              scheduler->serialize, "options", options));
    }
    return list;
}

static int read_options(struct sbatch_options *options, const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *text = json_string_value(json_array_get(list, i));
        if (!text || strncmp(text, "--", 2) != 0)
            return -1;
        sbatch_options_add(options, xstrdup(text));
    }
    return !list || json_is_array(list) ? 0 : -1;
}

int schedulers_read(struct schedulers *schedulers, const json_t *list)
{
    if (list && !json_is_array(list))
        return -1;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *item = json_array_get(list, i);
        struct scheduler *scheduler =
            schedulers_add(schedulers, json_string_value(json_object_get(item, "name")));
        scheduler->standard = json_is_true(json_object_get(item, "standard"));
        scheduler->serialize = json_is_true(json_object_get(item, "serialize"));
        if (!json_is_object(item) ||
            read_options(&scheduler->options, json_object_get(item, "options")))
            return -1;
    }
    return 0;
}

bool scheduler_holds(const struct scheduler *scheduler, const struct sbatch_asks *asks,
                     const struct class_row *row, bool any_length, char *why, size_t room)
{
    char want[DURATION_TEXT + SIZE_TEXT], have[DURATION_TEXT + SIZE_TEXT];
    int32_t cpus = sbatch_asks_cpus(asks);
    cleanup_free char *who = scheduler && scheduler->name
                                 ? xasprintf("scheduler %s asks", scheduler->name)
                                 : xstrdup("the options for sbatch ask");
    if (row->nodes > 1 && asks->nodes && asks->nodes != row->nodes)
        snprintf(why, room, "it needs %d nodes, and %s for %d", row->nodes, who, asks->nodes);
    else if (cpus && row->cpus > cpus)
        snprintf(why, room, "it needs %d CPUs, and %s for %d", row->cpus, who, cpus);
    else if (asks->memory_bytes > 0 && row->enforced && row->memory_bytes > asks->memory_bytes)
        snprintf(why, room, "it needs %s of memory, and %s for %s",
                 size_format(row->memory_bytes, want, sizeof want), who,
                 size_format(asks->memory_bytes, have, sizeof have));
    else if (asks->gpus >= 0 && (row->gpus_milli + 999) / 1000 > asks->gpus)
        snprintf(why, room, "it needs %g GPUs, and %s for %d", row->gpus_milli / 1000.0, who,
                 asks->gpus);
    else if (asks->walltime_usec && row->enforced && !any_length &&
             row->runtime_usec > asks->walltime_usec)
        snprintf(why, room, "its runtime is %s, and %s for %s",
                 duration_format(row->runtime_usec, want, sizeof want), who,
                 duration_format(asks->walltime_usec, have, sizeof have));
    else
        return true;
    return false;
}
