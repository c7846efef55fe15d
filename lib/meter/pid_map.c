// SPDX-License-Identifier: GPL-2.0-or-later
// Lists and maps of processes: open addressing, without tombstones, for a few hundred entries that
// change all the time.
#include "lib/meter/pid_map.h"

#include "lib/base/mem.h"

void pid_list_add(struct pid_list *list, pid_t pid)
{
    list->pids = array_grow(list->pids, list->count, &list->space, sizeof *list->pids);
    list->pids[list->count++] = pid;
}

bool pid_list_has(const struct pid_list *list, pid_t pid)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->pids[i] == pid)
            return true;
    return false;
}

void pid_list_fini(struct pid_list *list)
{
    free(list->pids);
    *list = (struct pid_list){0};
}

static size_t home_of(const struct pid_map *map, pid_t pid)
{
    return (size_t)pid * 2654435761u & (map->size - 1);
}

// The slot of pid, or the free one where it would go.
static size_t find(const struct pid_map *map, pid_t pid)
{
    size_t i = home_of(map, pid);
    while (map->slots[i].pid && map->slots[i].pid != pid)
        i = (i + 1) & (map->size - 1);
    return i;
}

static void grow(struct pid_map *map)
{
    struct pid_map old = *map;
    map->size = old.size ? old.size * 2 : 64;
    map->slots = xcalloc(map->size, sizeof *map->slots);
    for (size_t i = 0; i < old.size; i++)
        if (old.slots[i].pid)
            map->slots[find(map, old.slots[i].pid)] = old.slots[i];
    free(old.slots);
}

void pid_map_set(struct pid_map *map, pid_t pid, void *owner)
{
    if (2 * (map->count + 1) > map->size)
        grow(map);
    size_t i = find(map, pid);
    map->count += !map->slots[i].pid;
    map->slots[i] = (struct pid_owner){.pid = pid, .owner = owner};
}

void *pid_map_get(const struct pid_map *map, pid_t pid)
{
    return map->size ? map->slots[find(map, pid)].owner : NULL;
}

void pid_map_remove(struct pid_map *map, pid_t pid)
{
    if (!map->size)
        return;
    size_t hole = find(map, pid), mask = map->size - 1;
    if (!map->slots[hole].pid)
        return;
    map->count--;
    for (size_t i = (hole + 1) & mask; map->slots[i].pid; i = (i + 1) & mask) {
        size_t home = home_of(map, map->slots[i].pid);
        if (((i - home) & mask) >= ((i - hole) & mask)) { // its way from home leads over the hole
            map->slots[hole] = map->slots[i];
            hole = i;
        }
    }
    map->slots[hole] = (struct pid_owner){0};
}

void pid_map_remove_owner(struct pid_map *map, const void *owner)
{
    for (size_t i = 0; i < map->size;)
        if (map->slots[i].pid && map->slots[i].owner == owner)
            pid_map_remove(map, map->slots[i].pid); // another may have moved here: look again
        else
            i++;
}

void pid_map_fini(struct pid_map *map)
{
    free(map->slots);
    *map = (struct pid_map){0};
}
