// SPDX-License-Identifier: GPL-2.0-or-later
// Lists of processes, and a map from a process to whom it belongs.
#ifndef LIB_METER_PID_MAP_H
#define LIB_METER_PID_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct pid_list {
    pid_t *pids;
    size_t count, space;
};

void pid_list_add(struct pid_list *list, pid_t pid);
bool pid_list_has(const struct pid_list *list, pid_t pid);
void pid_list_fini(struct pid_list *list); // an all-zero list is empty and valid

struct pid_map {
    struct pid_owner {
        pid_t pid; // 0: free
        void *owner;
    } * slots;
    size_t count, size; // size: 0 or a power of two
};

void pid_map_set(struct pid_map *map, pid_t pid, void *owner); // owner is not NULL
void *pid_map_get(const struct pid_map *map, pid_t pid);       // NULL: not there
void pid_map_remove(struct pid_map *map, pid_t pid);
void pid_map_remove_owner(struct pid_map *map, const void *owner);
void pid_map_fini(struct pid_map *map);

#endif
