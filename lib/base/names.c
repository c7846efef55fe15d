// SPDX-License-Identifier: GPL-2.0-or-later
// A table of names: linear probing, at most half full, FNV-1a.
#include "lib/base/names.h"

#include <string.h>

#include "lib/base/mem.h"

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

static uint32_t hash(const char *text)
{
    uint64_t h = 14695981039346656037u;
    for (; *text; text++)
        h = (h ^ (unsigned char)*text) * 1099511628211u;
    return (uint32_t)(h ^ h >> 32);
}

// The slot that holds text, or the free one where it belongs.
static struct names_slot *find_slot(const struct names *names, const char *text, uint32_t h)
{
    size_t mask = names->slots_count - 1, at = h & mask;
    for (;; at = (at + 1) & mask) {
        struct names_slot *slot = &names->slots[at];
        if (!slot->place || (slot->hash == h && !strcmp(names->list[slot->place - 1], text)))
            return slot;
    }
}

static void grow(struct names *names)
{
    struct names_slot *old = names->slots;
    size_t old_count = names->slots_count, mask;
    names->slots_count = old_count ? old_count * 2 : 64;
    names->slots = xcalloc(names->slots_count, sizeof *names->slots);
    mask = names->slots_count - 1;
    for (size_t i = 0; i < old_count; i++) {
        size_t at = old[i].hash & mask;
        while (old[i].place && names->slots[at].place)
            at = (at + 1) & mask;
        if (old[i].place)
            names->slots[at] = old[i];
    }
    free(old);
}

size_t names_add(struct names *names, const char *text)
{
    if ((names->count + 1) * 2 > names->slots_count)
        grow(names);
    names->list = array_grow(names->list, names->count, &names->space, sizeof *names->list);
    names->list[names->count++] = text;
    if (!text)
        return names->count - 1;
    uint32_t h = hash(text);
    struct names_slot *slot = find_slot(names, text, h);
    if (!slot->place)
        *slot = (struct names_slot){.hash = h, .place = (uint32_t)names->count};
    return slot->place - 1;
}

int64_t names_find(const struct names *names, const char *text)
{
    if (!names->slots_count || !text)
        return NAMES_NONE;
    return (int64_t)find_slot(names, text, hash(text))->place - 1;
}
