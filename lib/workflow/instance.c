// SPDX-License-Identifier: GPL-2.0-or-later
#include "lib/workflow/instance.h"

#include <stdlib.h>

#include "lib/base/arena.h"
#include "lib/base/mem.h"

void instance_init(struct instance *instance)
{
    *instance = (struct instance){.text = arena_create(), .makespan_s = -1};
    names_init(&instance->task_ids);
    names_init(&instance->file_ids);
}

uint32_t instance_add_file(struct instance *in, const char *id)
{
    int64_t known = names_find(&in->file_ids, id);
    if (known != NAMES_NONE)
        return (uint32_t)known;
    const char *own = arena_strdup(in->text, id);
    in->files = array_grow(in->files, in->files_count, &in->files_space, sizeof *in->files);
    in->files[in->files_count] = (struct instance_file){.id = own, .size = -1, .producer = -1};
    names_add(&in->file_ids, own);
    return (uint32_t)in->files_count++;
}

void instance_list_add(struct instance_list *list, uint32_t item)
{
    list->items = array_grow(list->items, list->count, &list->space, sizeof *list->items);
    list->items[list->count++] = item;
}

static int compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static void settle(struct instance_list *list)
{
    size_t kept = 0;
    if (list->count)
        qsort(list->items, list->count, sizeof *list->items, compare);
    for (size_t i = 0; i < list->count; i++)
        if (!kept || list->items[kept - 1] != list->items[i])
            list->items[kept++] = list->items[i];
    list->count = kept;
}

void instance_settle(struct instance *instance)
{
    for (size_t i = 0; i < instance->tasks_count; i++) {
        settle(&instance->tasks[i].parents);
        settle(&instance->tasks[i].inputs);
        settle(&instance->tasks[i].outputs);
    }
}

void instance_fini(struct instance *instance)
{
    for (size_t i = 0; i < instance->tasks_count; i++) {
        free(instance->tasks[i].parents.items);
        free(instance->tasks[i].inputs.items);
        free(instance->tasks[i].outputs.items);
    }
    free(instance->tasks);
    free(instance->files);
    names_fini(&instance->task_ids);
    names_fini(&instance->file_ids);
    arena_destroy(instance->text);
    *instance = (struct instance){0};
}
