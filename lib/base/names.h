// SPDX-License-Identifier: GPL-2.0-or-later
// From names to their places in a list: an open-addressing table beside the list itself. Keys are
// borrowed.
#ifndef LIB_BASE_NAMES_H
#define LIB_BASE_NAMES_H

#include <stddef.h>
#include <stdint.h>

enum { NAMES_NONE = -1 };

struct names_slot {
    uint32_t hash, place; // place in list + 1; 0: free
};

struct names {
    const char **list; // in the order added; entries may be NULL
    struct names_slot *slots;
    size_t count, space, slots_count;
};

void names_init(struct names *names);
void names_fini(struct names *names);

// Appends text (NULL takes a place that nobody finds). Returns the place of the first entry of that
// name: the new one's, names->count - 1, unless there was one already.
size_t names_add(struct names *names, const char *text);

// The place of the first entry of that name, or NAMES_NONE.
int64_t names_find(const struct names *names, const char *text);

#endif
