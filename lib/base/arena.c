// SPDX-License-Identifier: GPL-2.0-or-later
// A chain of blocks; a string is packed behind the one before.
#include "lib/base/arena.h"

#include <stdalign.h>
#include <string.h>

#include "lib/base/mem.h"

struct block {
    struct block *next;
    size_t used, size;
    alignas(max_align_t) char data[];
};

struct arena {
    struct block *top;
};

enum { BLOCK_SIZE = 64 * 1024 };

struct arena *arena_create(void)
{
    return xcalloc(1, sizeof(struct arena));
}

void arena_destroy(struct arena *arena)
{
    if (!arena)
        return;
    for (struct block *b = arena->top, *next; b; b = next) {
        next = b->next;
        free(b);
    }
    free(arena);
}

static void *take(struct arena *arena, size_t size, size_t align)
{
    struct block *b = arena->top;
    size_t at = b ? (b->used + align - 1) & ~(align - 1) : 0;
    if (!b || at + size > b->size) {
        size_t room = size > BLOCK_SIZE ? size : BLOCK_SIZE;
        b = xmalloc(sizeof *b + room);
        b->size = room;
        b->next = arena->top;
        arena->top = b;
        at = 0;
    }
    b->used = at + size;
    return b->data + at;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    return take(arena, size, alignof(max_align_t));
}

char *arena_strndup(struct arena *arena, const char *text, size_t length)
{
    char *copy = take(arena, length + 1, 1);
    memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

char *arena_strdup(struct arena *arena, const char *text)
{
    return text ? arena_strndup(arena, text, strlen(text)) : NULL;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    cleanup_free char *text = xvasprintf(format, ap);
    va_end(ap);
    return arena_strdup(arena, text);
}
