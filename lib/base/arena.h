// SPDX-License-Identifier: GPL-2.0-or-later
// Many small strings with one owner: allocated one after another, freed together.
#ifndef LIB_BASE_ARENA_H
#define LIB_BASE_ARENA_H

#include <stddef.h>

struct arena;

struct arena *arena_create(void);
void arena_destroy(struct arena *arena);                   // NULL is fine
void *arena_alloc(struct arena *arena, size_t size);       // aligned for any type, not cleared
char *arena_strdup(struct arena *arena, const char *text); // NULL gives NULL
char *arena_strndup(struct arena *arena, const char *text, size_t length);
char *arena_printf(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
