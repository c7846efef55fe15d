// SPDX-License-Identifier: GPL-2.0-or-later
// A table of names: linear probing, at most half full, FNV-1a.
#include "lib/names.h"

#include <string.h>

#include "lib/mem.h"

void names_init(struct names *names)
{
    *names = (struct names){0};
}

void names_fini(struct names *names)
{
    free(names->list);
    free(names->slots);
    *names = (struct names){0};
}

static uint64_t hash(const char *text)
{
    uint64_t h = 14695981039346656037u;
    for (; *text; text++)
        h = (h ^ (unsigned char)*text) * 1099511628211u;
    return h ^ h >> 32;
}

/* The slot that holds text, or the free one where it belongs. */
static uint32_t *find_slot(const struct names *names, const char *text)
{
    size_t at = hash(text) & (names->slots_count - 1);
    while (names->slots[at] && strcmp(names->list[names->slots[at] - 1], text) != 0)
        at = (at + 1) & (names->slots_count - 1);
    return &names->slots[at];
}

static void grow(struct names *names)
{
    free(names->slots);
    names->slots_count = names->slots_count ? names->slots_count * 2 : 64;
    names->slots = xcalloc(names->slots_count, sizeof *names->slots);
    for (size_t i = 0; i < names->count; i++) {
        uint32_t *slot = names->list[i] ? find_slot(names, names->list[i]) : NULL;
        if (slot && !*slot)
            *slot = (uint32_t)i + 1;
    }
}

size_t names_add(struct names *names, const char *text)
{
    if ((names->count + 1) * 2 > names->slots_count)
        grow(names);
    names->list = array_grow(names->list, names->count, &names->space, sizeof *names->list);
    names->list[names->count++] = text;
    if (!text)
        return names->count - 1;
    uint32_t *slot = find_slot(names, text);
    if (!*slot)
        *slot = (uint32_t)names->count;
    return *slot - 1;
}

int64_t names_find(const struct names *names, const char *text)
{
    if (!names->slots_count || !text)
        return NAMES_NONE;
    return (int64_t)*find_slot(names, text) - 1;
}
